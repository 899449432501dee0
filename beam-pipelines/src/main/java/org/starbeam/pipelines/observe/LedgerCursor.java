package org.starbeam.pipelines.observe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.file.DataFileReader;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.transforms.dataset.QuantumRecordReader;

/**
 * Follows the ledger of a run: each poll hands over the records that were appended to the segments
 * since the last one, block by block, and remembers where it stopped. Of a record only {@link
 * #FIELDS} are decoded, everything else is skipped. A block that is not whole yet is read by a
 * later poll.
 */
final class LedgerCursor {
  /** What the monitor looks at beside numbers. */
  private static final List<String> FIELDS =
      List.of(
          "quantumId",
          "task",
          "step",
          "dataId",
          "window",
          "caveats",
          "errorClass",
          "errorCode",
          "message",
          "stackHash",
          "signature",
          "worker");

  /** Takes a record with its place; the next one overwrites it. */
  interface Sink {
    void accept(QuantumRecord record, int segment, long block, int index);
  }

  private final Path directory;
  private final List<String> segments = new ArrayList<>();
  private final List<Long> positions = new ArrayList<>();

  /**
   * @param read where an earlier cursor stopped: position by name of the segment, in the order of
   *     the segments' numbers
   */
  LedgerCursor(Path directory, Map<String, Long> read) {
    this.directory = directory;
    read.forEach(
        (name, position) -> {
          segments.add(name);
          positions.add(position);
        });
  }

  /** Names of the segments; a segment's number is its place in this list. */
  List<String> segments() {
    return segments;
  }

  /** Where each segment has been read to, in the order of the segments' numbers. */
  List<Long> positions() {
    return positions;
  }

  /** True when some segment is longer than what has been read of it. */
  boolean behind() throws IOException {
    for (Map.Entry<String, Long> file : sizes().entrySet()) {
      int number = segments.indexOf(file.getKey());
      if (number < 0 ? file.getValue() > 0 : file.getValue() > positions.get(number)) {
        return true;
      }
    }
    return false;
  }

  /** Hands over what is new; returns the number of records. */
  long poll(Sink sink) throws IOException {
    long count = 0;
    for (Map.Entry<String, Long> file : sizes().entrySet()) {
      int number = segments.indexOf(file.getKey());
      if (number < 0) {
        number = segments.size();
        segments.add(file.getKey());
        positions.add(0L);
      }
      if (file.getValue() > positions.get(number)) {
        count += read(number, sink);
      }
    }
    return count;
  }

  private Map<String, Long> sizes() throws IOException {
    Map<String, Long> sizes = new TreeMap<>();
    if (Files.isDirectory(directory)) {
      try (Stream<Path> files = Files.list(directory)) {
        for (Path file : files.toList()) {
          String name = file.getFileName().toString();
          if (name.matches("seg-.*\\.avro")) {
            sizes.put(name, Files.size(file));
          }
        }
      }
    }
    return sizes;
  }

  private long read(int number, Sink sink) {
    long count = 0;
    try (DataFileReader<QuantumRecord> reader =
        new DataFileReader<>(
            directory.resolve(segments.get(number)).toFile(), QuantumRecordReader.of(FIELDS))) {
      if (positions.get(number) > 0) {
        reader.seek(positions.get(number));
      }
      long block = reader.previousSync();
      int index = 0;
      QuantumRecord record = null;
      while (reader.hasNext()) {
        if (reader.previousSync() != block) {
          positions.set(number, reader.previousSync());
          block = reader.previousSync();
          index = 0;
        }
        record = reader.next(record);
        sink.accept(record, number, block, index++);
        count++;
      }
      positions.set(number, reader.previousSync());
    } catch (AvroRuntimeException | IOException e) {
      // The header or the last block is not whole yet.
    }
    return count;
  }

  /** Where a record is: number of its segment, start of its block, number inside the block. */
  record Place(int segment, long block, int index) {}

  /** The whole records at places, in their order; those that cannot be read are left out. */
  static List<QuantumRecord> records(Path directory, List<String> segments, List<Place> places) {
    Map<Place, QuantumRecord> found = new HashMap<>();
    List<Place> sorted =
        places.stream()
            .sorted(
                Comparator.comparingInt(Place::segment)
                    .thenComparingLong(Place::block)
                    .thenComparingInt(Place::index))
            .toList();
    int from = 0;
    while (from < sorted.size()) {
      int segment = sorted.get(from).segment();
      int to = from;
      while (to < sorted.size() && sorted.get(to).segment() == segment) {
        to++;
      }
      read(directory.resolve(segments.get(segment)), sorted.subList(from, to), found);
      from = to;
    }
    return places.stream().map(found::get).filter(Objects::nonNull).toList();
  }

  /** Reads records of one segment; each block is decoded once. */
  private static void read(Path segment, List<Place> sorted, Map<Place, QuantumRecord> found) {
    try (DataFileReader<QuantumRecord> reader =
        new DataFileReader<>(segment.toFile(), QuantumRecordReader.whole())) {
      long block = -1;
      int next = 0;
      for (Place place : sorted) {
        if (place.block() != block || place.index() < next) {
          block = place.block();
          reader.seek(block);
          next = 0;
        }
        QuantumRecord record = null;
        while (next <= place.index() && reader.hasNext()) {
          record = reader.next();
          next++;
        }
        if (record != null) {
          found.put(place, record);
        }
      }
    } catch (AvroRuntimeException | IOException e) {
      // A segment that has been removed since.
    }
  }
}
