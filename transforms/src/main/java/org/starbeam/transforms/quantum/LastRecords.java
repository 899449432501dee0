package org.starbeam.transforms.quantum;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;

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

  private static final Schema KEYS =
      SchemaBuilder.record("QuantumRecord")
          .namespace("org.starbeam.schema")
          .fields()
          .requiredLong("fence")
          .requiredString("quantumId")
          .name("status")
          .type(QuantumStatus.getClassSchema())
          .noDefault()
          .endRecord();

  private record Segment(Path file, long records) {}

  private final List<Segment> segments = new ArrayList<>();
  private final IdTable last = new IdTable();

  private LastRecords() {}

  /** Reads which record of each quantum counts. */
  public static LastRecords of(Path ledgerDirectory) throws IOException {
    LastRecords out = new LastRecords();
    long[] ordinal = new long[1];
    for (Path file : LedgerSegment.list(ledgerDirectory)) {
      GenericDatumReader<GenericRecord> keys = new GenericDatumReader<>(null, KEYS);
      LedgerSegment.Extent read =
          LedgerSegment.read(file, 0, Long.MAX_VALUE, false, keys, r -> out.saw(r, ordinal[0]++));
      out.segments.add(new Segment(file, read.records()));
    }
    return out;
  }

  private void saw(GenericRecord record, long ordinal) {
    String id = record.get("quantumId").toString();
    QuantumStatus status = QuantumStatus.valueOf(record.get("status").toString());
    long rank = rank((Long) record.get("fence"), status, ordinal);
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
    long[] ordinal = new long[1];
    for (Segment segment : segments) {
      LedgerSegment.read(
          segment.file,
          0,
          segment.records,
          false,
          record -> {
            if (counts(record, ordinal[0]++)) {
              consumer.accept(record);
            }
          });
    }
  }

  private boolean counts(QuantumRecord record, long ordinal) {
    String id = record.getQuantumId();
    long rank = rank(record.getFence(), record.getStatus(), ordinal);
    return last.get(IdTable.high(id), IdTable.low(id)) == rank;
  }
}
