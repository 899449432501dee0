package org.starbeam.transforms.quantum;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.QuantumRecordReader;

/**
 * The one record of each quantum that says how it stands: of the latest launch (fence) that has any
 * of it, a terminal record before one that only says that an attempt began or was aborted, and of
 * these the last. Two passes over the ledger, no record kept: memory is some 50 bytes a quantum.
 *
 * <p>What others append after the first pass is not seen, so a view is consistent in itself.
 */
public final class LastRecords {
  private static final int FENCE_BITS = 22;
  private static final int ORDINAL_BITS = 40;

  private static final List<String> KEYS = List.of("fence", "quantumId", "status");

  /**
   * @param first place of its first record in the whole ledger
   */
  private record Segment(Path file, long first, long records) {}

  private final List<Segment> segments = new ArrayList<>();
  private final IdTable last = new IdTable();

  private LastRecords() {}

  /** Reads which record of each quantum counts. */
  public static LastRecords of(Path ledgerDirectory) throws IOException {
    LastRecords out = new LastRecords();
    long[] ordinal = new long[1];
    for (Path file : LedgerSegment.list(ledgerDirectory)) {
      long first = ordinal[0];
      LedgerSegment.Extent read =
          LedgerSegment.read(
              file,
              0,
              Long.MAX_VALUE,
              false,
              QuantumRecordReader.of(KEYS),
              record -> out.saw(record, ordinal[0]++));
      out.segments.add(new Segment(file, first, read.records()));
    }
    return out;
  }

  private void saw(QuantumRecord record, long ordinal) {
    String id = record.getQuantumId();
    long rank = rank(record.getFence(), record.getStatus(), ordinal);
    long high = IdTable.high(id);
    long low = IdTable.low(id);
    if (rank > last.get(high, low)) {
      last.put(high, low, rank);
    }
  }

  /** Larger for records that count more. */
  private static long rank(long fence, QuantumStatus status, long ordinal) {
    boolean open = status == QuantumStatus.RUNNING || status == QuantumStatus.ABORTED;
    long launch = Math.min(fence, (1L << FENCE_BITS) - 1);
    return launch << ORDINAL_BITS + 1 | (open ? 0L : 1L << ORDINAL_BITS) | ordinal;
  }

  /** Number of quanta that have any record. */
  public int count() {
    return last.size();
  }

  /** Hands over the record of every quantum, in the order of the ledger. */
  public void forEach(Consumer<QuantumRecord> consumer) {
    forEach(QuantumRecordReader::whole, consumer);
  }

  /** Like the other, in less time, with records that have no inputs. */
  public void forEachWithoutInputs(Consumer<QuantumRecord> consumer) {
    forEach(() -> QuantumRecordReader.without(List.of("inputs")), consumer);
  }

  private void forEach(Supplier<QuantumRecordReader> reader, Consumer<QuantumRecord> consumer) {
    BitSet counting = new BitSet();
    last.forEachValue(rank -> counting.set(segmentOf(rank & (1L << ORDINAL_BITS) - 1)));
    for (int i = counting.nextSetBit(0); i >= 0; i = counting.nextSetBit(i + 1)) {
      Segment segment = segments.get(i);
      long[] ordinal = {segment.first};
      LedgerSegment.read(
          segment.file,
          0,
          segment.records,
          false,
          reader.get().choosing(record -> counts(record, ordinal[0]++)),
          consumer);
    }
  }

  /** The segment that has a place of the ledger. */
  private int segmentOf(long ordinal) {
    int low = 0;
    int high = segments.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (segments.get(middle).first <= ordinal) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  private boolean counts(QuantumRecord record, long ordinal) {
    String id = record.getQuantumId();
    long rank = rank(record.getFence(), record.getStatus(), ordinal);
    return last.get(IdTable.high(id), IdTable.low(id)) == rank;
  }
}
