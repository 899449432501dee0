package org.starbeam.transforms.quantum;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileWriter;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.QuantumRecordWriter;
import org.starbeam.transforms.store.FileTrees;

/**
 * Merges the segments of a ledger into one file sorted by quantum (specs/05 section 3.9). Kept are
 * the record of each quantum that counts and every execution that ended well or failed; beginnings
 * that have an end, and adoptions that were superseded, go. The segments are distributed over
 * buckets by quantum id first, so memory is bounded. A crash leaves either the segments or both;
 * the next compaction takes out what is there twice.
 */
public final class LedgerCompaction {
  private static final long BUCKET_BYTES = 32L << 20;
  private static final int MOST_BUCKETS = 256;
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssSSS'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final Path directory;

  public LedgerCompaction(Path ledgerDirectory) {
    this.directory = ledgerDirectory;
  }

  /**
   * What a compaction did.
   *
   * @param files number of files before
   * @param bytesBefore size of all files before
   * @param bytesAfter size of the one file after
   */
  public record Result(
      int files, long recordsBefore, long recordsAfter, long bytesBefore, long bytesAfter) {}

  /** Time of the last write to the ledger in milliseconds since 1970; 0 when there is none. */
  public long lastWrite() throws IOException {
    long last = 0;
    for (Path segment : LedgerSegment.list(directory)) {
      last = Math.max(last, Files.getLastModifiedTime(segment).toMillis());
    }
    return last;
  }

  /** Compacts; nobody may write to the ledger meanwhile. */
  public Result run() throws IOException {
    List<Path> segments = LedgerSegment.list(directory);
    long bytes = 0;
    for (Path segment : segments) {
      bytes += Files.size(segment);
    }
    Path work = directory.resolve(".compact-" + UUID.randomUUID() + ".tmp");
    Files.createDirectories(work);
    try {
      int buckets = (int) Math.max(1, Math.min(MOST_BUCKETS, bytes / BUCKET_BYTES));
      long before = distribute(segments, work, buckets);
      Path sorted = work.resolve("sorted.avro");
      long after = sort(work, buckets, sorted);
      Path target = directory.resolve("compact-" + STAMP.format(HostClock.now()) + ".avro");
      Files.move(sorted, target, StandardCopyOption.ATOMIC_MOVE);
      for (Path segment : segments) {
        Files.deleteIfExists(segment);
      }
      return new Result(segments.size(), before, after, bytes, Files.size(target));
    } finally {
      FileTrees.delete(work);
    }
  }

  private static Path bucket(Path work, int number) {
    return work.resolve("bucket-" + number + ".avro");
  }

  private static long distribute(List<Path> segments, Path work, int buckets) throws IOException {
    List<Output> outputs = new ArrayList<>();
    try {
      for (int i = 0; i < buckets; i++) {
        outputs.add(new Output(bucket(work, i)));
      }
      long[] count = new long[1];
      for (Path segment : segments) {
        LedgerSegment.read(
            segment,
            0,
            Long.MAX_VALUE,
            true,
            record -> {
              outputs.get(bucketOf(record, buckets)).append(record);
              count[0]++;
            });
      }
      return count[0];
    } finally {
      for (Output output : outputs) {
        output.close();
      }
    }
  }

  /** Buckets in the order of ids, so that one after the other is sorted. */
  private static int bucketOf(QuantumRecord record, int buckets) {
    int prefix = Integer.parseInt(record.getQuantumId().substring(0, 4), 16);
    return (int) ((long) prefix * buckets >> 16);
  }

  private static long sort(Path work, int buckets, Path target) throws IOException {
    long count = 0;
    try (Output output = new Output(target)) {
      for (int i = 0; i < buckets; i++) {
        LinkedHashSet<QuantumRecord> records = new LinkedHashSet<>();
        LedgerSegment.read(bucket(work, i), 0, Long.MAX_VALUE, false, records::add);
        List<QuantumRecord> sorted =
            records.stream().sorted(Comparator.comparing(QuantumRecord::getQuantumId)).toList();
        count += keep(sorted, output);
      }
      output.sync();
    }
    return count;
  }

  /** Writes what is kept of records that are together by quantum; returns how many. */
  private static long keep(List<QuantumRecord> sorted, Output output) {
    long count = 0;
    int from = 0;
    while (from < sorted.size()) {
      int to = from + 1;
      String id = sorted.get(from).getQuantumId();
      while (to < sorted.size() && sorted.get(to).getQuantumId().equals(id)) {
        to++;
      }
      List<QuantumRecord> quantum = sorted.subList(from, to);
      QuantumRecord counting = counting(quantum);
      for (QuantumRecord record : quantum) {
        boolean execution =
            record.getStatus() == QuantumStatus.DONE || record.getStatus() == QuantumStatus.FAILED;
        if (execution || record == counting) {
          output.append(record);
          count++;
        }
      }
      from = to;
    }
    return count;
  }

  /** The record that counts, by the rule of {@link LastRecords}. */
  private static QuantumRecord counting(List<QuantumRecord> records) {
    QuantumRecord best = records.get(0);
    for (QuantumRecord record : records) {
      boolean later = record.getFence() > best.getFence();
      boolean same = record.getFence() == best.getFence();
      if (later || (same && (!isOpen(record) || isOpen(best)))) {
        best = record;
      }
    }
    return best;
  }

  private static boolean isOpen(QuantumRecord record) {
    return record.getStatus() == QuantumStatus.RUNNING
        || record.getStatus() == QuantumStatus.ABORTED;
  }

  /** An Avro container file of records. */
  private static final class Output implements Closeable {
    private final DataFileWriter<QuantumRecord> writer =
        new DataFileWriter<>(QuantumRecordWriter.whole());

    Output(Path file) throws IOException {
      writer.setCodec(CodecFactory.zstandardCodec(3));
      writer.create(QuantumRecord.getClassSchema(), file.toFile());
    }

    void append(QuantumRecord record) {
      try {
        writer.append(record);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    void sync() throws IOException {
      writer.fSync();
    }

    @Override
    public void close() throws IOException {
      writer.close();
    }
  }
}
