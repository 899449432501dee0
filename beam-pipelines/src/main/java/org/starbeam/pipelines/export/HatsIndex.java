package org.starbeam.pipelines.export;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.stream.LongStream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.starbeam.hats.HatsProperties;
import org.starbeam.hats.Partition;
import org.starbeam.transforms.dataset.PartitionWriter;
import org.starbeam.transforms.dataset.TableReader;

/**
 * An index from a column of whole numbers to the partitions that have rows with a value: columns
 * value, {@code Norder}, {@code Dir}, {@code Npix}, sorted by value, in files of at most {@value
 * #FILE_ROWS} rows. Needs 8 bytes of memory for each distinct value of a partition.
 */
final class HatsIndex {
  private static final int FILE_ROWS = 1 << 24;

  private final String column;
  private final Schema schema;
  private final HatsCatalog catalog;

  /** Values of a partition that are not yet written. */
  private static final class Open {
    private final Partition partition;
    private final long[] values;
    private int next;

    Open(Partition partition, long[] values) {
      this.partition = partition;
      this.values = values;
    }

    long value() {
      return values[next];
    }
  }

  HatsIndex(Path root, String column) throws IOException {
    this.column = column;
    this.schema =
        SchemaBuilder.record("Index")
            .namespace("org.starbeam.table")
            .fields()
            .requiredLong(column)
            .requiredInt("Norder")
            .requiredLong("Dir")
            .requiredLong("Npix")
            .endRecord();
    this.catalog = new HatsCatalog(root, schema, Map.of());
  }

  String name() {
    return catalog.name();
  }

  /** Writes the index of a catalogue. */
  void write(
      List<Partition> partitions,
      HatsCatalog primary,
      ParallelMap parallel,
      HatsProperties.Origin origin)
      throws IOException {
    List<Open> all = parallel.map(partitions, p -> new Open(p, values(primary.file(p))));
    PriorityQueue<Open> queue =
        new PriorityQueue<>(
            Comparator.comparingLong(Open::value)
                .thenComparing(o -> o.partition, Partition.ALONG_THE_SKY));
    all.stream().filter(o -> o.values.length > 0).forEach(queue::add);
    List<String> files = new ArrayList<>();
    long rows = 0;
    while (!queue.isEmpty()) {
      String file = "index/part." + files.size() + ".parquet";
      files.add(file);
      try (PartitionWriter writer = catalog.write(file)) {
        while (!queue.isEmpty() && writer.rows() < FILE_ROWS) {
          Open first = queue.remove();
          writer.write(row(first));
          if (++first.next < first.values.length) {
            queue.add(first);
          }
        }
        rows += writer.rows();
      }
    }
    catalog.describe(files);
    catalog.finish(
        HatsProperties.catalog(name(), HatsProperties.Kind.INDEX, rows)
            .with("hats_primary_table_url", "../" + primary.name())
            .with("hats_index_column", column)
            .withFiles(),
        origin);
  }

  private GenericRecord row(Open of) {
    GenericRecord row = new GenericData.Record(schema);
    row.put(0, of.value());
    row.put(1, of.partition.order());
    row.put(2, of.partition.directory());
    row.put(3, of.partition.pixel());
    return row;
  }

  private long[] values(Path file) throws IOException {
    LongStream.Builder out = LongStream.builder();
    TableReader.longs(file, column, out);
    long[] sorted = out.build().toArray();
    Arrays.sort(sorted);
    return Arrays.stream(sorted).distinct().toArray();
  }
}
