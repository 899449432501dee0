package org.starbeam.pipelines.export;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.avro.generic.GenericRecord;
import org.jspecify.annotations.Nullable;
import org.starbeam.hats.CountMap;
import org.starbeam.hats.HatsProperties;
import org.starbeam.hats.Partition;
import org.starbeam.hats.PixelMargin;
import org.starbeam.sky.Healpix;
import org.starbeam.transforms.dataset.PartitionWriter;
import org.starbeam.transforms.dataset.TableSchemas;

/**
 * Writes a table as a HATS collection (specs/07 section 9.2): the catalogue, the rows just outside
 * of each partition as its margin, and an index from the first column of the key to partitions.
 * Cost O(rows) in reading and writing, and O(log) for each row near a border; a partition and its
 * margin are one piece of work, in which rows pass one by one.
 */
final class HatsCollection {
  /** Order of the sky map, and that of a table with fewer rows than {@link #MANY_ROWS}. */
  private static final int MAP_ORDER = CountMap.ORDER;

  private static final int SMALL_MAP_ORDER = 7;
  private static final long MANY_ROWS = 100_000;

  private final HatsRows table;
  private final String name;
  private final HatsExport.Settings settings;
  private final ParallelMap parallel;
  private final HatsProperties.Origin origin;
  private final HatsCatalog primary;
  private final HatsCatalog margin;
  private final Path root;

  /**
   * @param root directory to fill
   * @param name of the collection
   * @param metadata entries of the metadata of all Parquet files
   */
  HatsCollection(
      Path root,
      String name,
      HatsRows table,
      Map<String, String> metadata,
      HatsProperties.Origin origin,
      HatsExport.Settings settings,
      ParallelMap parallel)
      throws IOException {
    this.root = root;
    this.name = name;
    this.table = table;
    this.origin = origin;
    this.settings = settings;
    this.parallel = parallel;
    this.primary = new HatsCatalog(root.resolve(name), table.schema(), metadata);
    String marginName = name + "_margin_" + Math.round(settings.marginArcsec()) + "arcs";
    this.margin = new HatsCatalog(root.resolve(marginName), table.schema(), metadata);
  }

  /** What a partition came to; its first row for the thumbnail. */
  private record Made(
      Partition partition, long rows, long marginRows, @Nullable GenericRecord first) {}

  /** What was written. */
  record Written(long rows, int partitions, long marginRows) {}

  /**
   * Writes everything.
   *
   * @param content what the primary catalogue is said to be made of, see {@link HatsExport}
   */
  Written write(String content) throws IOException {
    CountMap counts = table.count(parallel);
    double bytesPerRow = table.bytes() / (double) Math.max(1, counts.rows());
    List<Partition> partitions = counts.partitions(settings.limits(), bytesPerRow);
    List<Made> made = parallel.map(partitions, partition -> write(partition, counts));
    finishPrimary(counts, partitions, made, content);
    long marginRows = finishMargin(made);
    String key = table.table().key().get(0);
    HatsIndex index = new HatsIndex(root.resolve(name + "_id_index"), key);
    index.write(partitions, primary, parallel, origin);
    Files.write(
        root.resolve("collection.properties"),
        HatsProperties.collection(name, margin.name(), key, index.name())
            .from(origin, HatsCatalog.bytes(root))
            .text());
    return new Written(counts.rows(), partitions.size(), marginRows);
  }

  private Made write(Partition partition, CountMap counts) throws IOException {
    GenericRecord first = null;
    long rows;
    try (PartitionWriter writer = primary.write(partition.path());
        RowCursor cursor = table.open(List.of(partition.rows()))) {
      for (GenericRecord row = cursor.next(); row != null; row = cursor.next()) {
        first = first == null ? row : first;
        writer.write(row);
      }
      rows = writer.rows();
    }
    return new Made(partition, rows, writeMargin(partition, counts), first);
  }

  private long writeMargin(Partition partition, CountMap counts) throws IOException {
    PixelMargin border = new PixelMargin(partition, settings.marginArcsec());
    List<Healpix.Range> near =
        border.candidates().stream().filter(range -> counts.rows(range) > 0).toList();
    if (near.isEmpty()) {
      return 0;
    }
    long rows;
    try (PartitionWriter writer = margin.write(partition.path());
        RowCursor cursor = table.open(near)) {
      for (GenericRecord row = cursor.next(); row != null; row = cursor.next()) {
        double[] place = table.place(row);
        if (border.holds(place[0], place[1])) {
          writer.write(row);
        }
      }
      rows = writer.rows();
    }
    if (rows == 0) {
      Files.delete(margin.file(partition));
    }
    return rows;
  }

  private void finishPrimary(
      CountMap counts, List<Partition> partitions, List<Made> made, String content)
      throws IOException {
    primary.describePartitions(partitions);
    try (PartitionWriter thumbnail = primary.write("../data_thumbnail.parquet")) {
      for (Made one : made) {
        if (one.first != null) {
          thumbnail.write(one.first);
        }
      }
    }
    int order = counts.rows() < MANY_ROWS ? SMALL_MAP_ORDER : MAP_ORDER;
    Path map = root.resolve(name).resolve("skymap.fits");
    counts.write(map, order);
    Files.copy(map, map.resolveSibling("point_map.fits"));
    HatsProperties.Kind kind =
        table.table().isOfObjects() ? HatsProperties.Kind.OBJECT : HatsProperties.Kind.SOURCE;
    HatsProperties properties =
        positions(HatsProperties.catalog(name, kind, counts.rows()))
            .with("hats_skymap_order", order)
            .with("hats_max_rows", settings.limits().maxRows())
            .with("hats_max_bytes", settings.limits().maxBytes())
            .with("hats_order", highestOrder(partitions))
            .with("moc_sky_fraction", String.format(Locale.ROOT, "%.3e", counts.skyFraction(order)))
            .with(HatsExport.CONTENT_KEY, content);
    primary.finish(properties, origin);
  }

  private long finishMargin(List<Made> made) throws IOException {
    List<Partition> partitions =
        made.stream().filter(one -> one.marginRows > 0).map(Made::partition).toList();
    margin.describePartitions(partitions);
    long rows = made.stream().mapToLong(Made::marginRows).sum();
    HatsProperties properties =
        positions(HatsProperties.catalog(margin.name(), HatsProperties.Kind.MARGIN, rows))
            .with("hats_primary_table_url", "../" + name)
            .with("hats_margin_threshold", settings.marginArcsec())
            .with("hats_order", highestOrder(partitions));
    margin.finish(properties, origin);
    return rows;
  }

  private HatsProperties positions(HatsProperties properties) {
    List<String> place = table.table().position();
    return properties
        .withPositions(place.get(0), place.get(1), TableSchemas.HEALPIX_COLUMN)
        .with("hats_cols_default", String.join(" ", table.defaultColumns()))
        .withFiles();
  }

  private static int highestOrder(List<Partition> partitions) {
    return partitions.stream().mapToInt(Partition::order).max().orElse(0);
  }
}
