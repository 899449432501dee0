package org.starbeam.transforms.quantum;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.avro.file.DataFileReader;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.transforms.dataset.QuantumRecordReader;

/**
 * Reads one segment of a ledger, an Avro container file that its writer may still append to or may
 * have left with a torn last block.
 */
final class LedgerSegment {
  private static final Logger LOG = LoggerFactory.getLogger(LedgerSegment.class);

  private LedgerSegment() {}

  /**
   * What was read.
   *
   * @param end position after the last whole block
   */
  record Extent(long end, long records) {}

  /** Segments of a ledger directory, compacted ones first, then oldest first. */
  static List<Path> list(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.getFileName().toString().matches("(compact|seg)-.*\\.avro"))
          .sorted()
          .toList();
    }
  }

  /**
   * Hands whole records to a consumer.
   *
   * @param from 0 or the end of an earlier extent
   * @param most number of records after which to stop
   * @param warn true to log a torn block: the writer is known to have ended
   */
  static Extent read(
      Path segment, long from, long most, boolean warn, Consumer<QuantumRecord> consumer) {
    return read(segment, from, most, warn, QuantumRecordReader.whole(), consumer);
  }

  /** Like the other, with a reader that may leave fields out or choose records. */
  static Extent read(
      Path segment,
      long from,
      long most,
      boolean warn,
      QuantumRecordReader datum,
      Consumer<QuantumRecord> consumer) {
    File file = segment.toFile();
    long count = 0;
    try (DataFileReader<QuantumRecord> reader = new DataFileReader<>(file, datum)) {
      if (from > 0) {
        reader.seek(from);
      }
      QuantumRecord record = count < most ? next(reader) : null;
      while (record != null) {
        count++;
        if (datum.chosen()) {
          consumer.accept(record);
        }
        record = count < most ? next(reader) : null;
      }
      long end = reader.previousSync();
      if (warn && count < most && end < file.length()) {
        LOG.warn("{}: its last block, from byte {} on, is torn and ignored", segment, end);
      }
      return new Extent(end, count);
    } catch (IOException e) {
      // A segment whose header is not complete yet has no records.
      return new Extent(from, count);
    }
  }

  private static @Nullable QuantumRecord next(DataFileReader<QuantumRecord> reader) {
    try {
      return reader.hasNext() ? reader.next() : null;
    } catch (RuntimeException e) {
      // Avro throws several kinds when a block ends early; what came before it is good.
      return null;
    }
  }
}
