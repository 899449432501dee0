package org.starbeam.pipelines.export;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.starbeam.hats.HatsProperties;
import org.starbeam.hats.Partition;
import org.starbeam.transforms.dataset.ParquetFooter;
import org.starbeam.transforms.dataset.PartitionWriter;

/**
 * Directory of one catalogue: files of partitions below {@code dataset}, then what describes them.
 */
final class HatsCatalog {
  private final Path root;
  private final Schema schema;
  private final Map<String, String> metadata;

  /**
   * @param metadata entries of the metadata of all Parquet files
   */
  HatsCatalog(Path root, Schema schema, Map<String, String> metadata) throws IOException {
    this.root = root;
    this.schema = schema;
    this.metadata = metadata;
    Files.createDirectories(dataset());
  }

  String name() {
    return root.getFileName().toString();
  }

  private Path dataset() {
    return root.resolve("dataset");
  }

  /** Path of the file of a partition. */
  Path file(Partition partition) {
    return dataset().resolve(partition.path());
  }

  /** Opens a file below {@code dataset}. */
  PartitionWriter write(String name) throws IOException {
    Path file = dataset().resolve(name);
    Files.createDirectories(Objects.requireNonNull(file.getParent()));
    return new PartitionWriter(file, schema, metadata);
  }

  /** Writes a file beside {@code dataset}. */
  void put(String name, byte[] content) throws IOException {
    Files.write(root.resolve(name), content);
  }

  /**
   * Writes the files that describe those of the dataset.
   *
   * @param files paths below {@code dataset}
   */
  void describe(List<String> files) throws IOException {
    Path empty = root.resolve(".empty");
    new PartitionWriter(empty, schema, metadata).close();
    ParquetFooter.gather(dataset(), empty, files);
    Files.delete(empty);
  }

  /** Like {@link #describe}, for partitions along the sky, with the list of them. */
  void describePartitions(List<Partition> partitions) throws IOException {
    describe(partitions.stream().map(Partition::path).toList());
    List<String> lines = new ArrayList<>(List.of("Norder,Npix"));
    partitions.forEach(p -> lines.add(p.order() + "," + p.pixel()));
    Files.writeString(root.resolve("partition_info.csv"), String.join("\n", lines) + "\n");
  }

  /** Writes the properties under both of their names. */
  void finish(HatsProperties properties, HatsProperties.Origin origin) throws IOException {
    byte[] text = properties.from(origin, bytes()).text();
    put("hats.properties", text);
    put("properties", text);
  }

  /** Size of all files so far. */
  long bytes() throws IOException {
    return bytes(root);
  }

  static long bytes(Path root) throws IOException {
    long sum = 0;
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        sum += Files.size(file);
      }
    }
    return sum;
  }
}
