package org.starbeam.pipelines.export;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;
import org.starbeam.camera.LeapSeconds;
import org.starbeam.hats.CountMap;
import org.starbeam.hats.HatsProperties;
import org.starbeam.hats.Partition;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.schema.DatasetRef;
import org.starbeam.sky.Healpix;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.TableWriter;
import org.starbeam.transforms.step6.ReleaseTable;
import org.starbeam.transforms.step6.ReleaseTablesTask;
import org.starbeam.transforms.window.EventTime;

/**
 * Writes release tables of a run, or objects with their light curves, as HATS collections, a
 * directory each, which LSDB, DuckDB and pandas read (specs/07 section 9.2). A collection under its
 * own name is whole: it is written beside, then renamed. Equal tables and settings are equal bytes,
 * whatever the number of threads.
 */
public final class HatsExport {
  /** What users call all release tables together. */
  public static final String ALL = "tables";

  /** Property that tells which datasets and settings a catalogue was made of. */
  static final String CONTENT_KEY = "starbeam_content";

  private static final DateTimeFormatter MINUTE =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm'UTC'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final RunCatalog catalog;
  private final Settings settings;
  private final int threads;
  private final String version;

  /**
   * How tables are cut.
   *
   * @param limits of a partition
   * @param marginArcsec rows so near to a partition are in its margin
   */
  public record Settings(CountMap.Limits limits, double marginArcsec) {
    /** A million rows or 300 MB, 10 arcsec (specs/07 sections 9.2 and 15). */
    public static final Settings DEFAULT = new Settings(CountMap.Limits.DEFAULT, 10);
  }

  /**
   * What was done.
   *
   * @param name of the collection
   * @param written false when it was there already
   * @param rows of the table
   * @param partitions files that it is cut into
   * @param marginRows rows of all margins
   * @param bytes size of the collection
   */
  public record Result(
      String name,
      Path directory,
      boolean written,
      long rows,
      int partitions,
      long marginRows,
      long bytes) {}

  /**
   * @param threads that work at a time
   * @param version of this program
   */
  public HatsExport(RunCatalog catalog, Settings settings, int threads, String version) {
    this.catalog = catalog;
    this.settings = settings;
    this.threads = threads;
    this.version = version;
  }

  /**
   * A collection that can be made.
   *
   * @param curves the table whose rows are gathered by object; null for a table as it is
   */
  public record Product(ReleaseTable table, @Nullable ReleaseTable curves) {
    /** Name of the collection: {@code forced_source} for ForcedSource, {@code object_lc}. */
    public String name() {
      String plain = table.tableName().replaceAll("(?<=[a-z])(?=[A-Z])", "_");
      return plain.toLowerCase(Locale.ROOT) + (curves == null ? "" : "_lc");
    }

    private List<ReleaseTable> tables() {
      return curves == null ? List.of(table) : List.of(table, curves);
    }
  }

  /** Objects with their light curves. */
  private static final List<Product> CURVES =
      List.of(
          new Product(ReleaseTable.OBJECT, ReleaseTable.FORCED_SOURCE),
          new Product(ReleaseTable.DIA_OBJECT, ReleaseTable.FORCED_SOURCE_ON_DIA_OBJECT));

  /**
   * The collections that are meant.
   *
   * @param what name or alias of a release table, name of a collection, or {@value #ALL} for those
   *     of all release tables that the run has
   * @throws UserException when the run has not what it takes
   */
  public List<Product> products(String what) {
    List<Product> tables =
        Stream.of(ReleaseTable.values()).map(table -> new Product(table, null)).toList();
    List<Product> have =
        Stream.concat(tables.stream(), CURVES.stream())
            .filter(product -> product.tables().stream().noneMatch(t -> parts(t).isEmpty()))
            .toList();
    List<Product> named =
        have.stream()
            .filter(
                p ->
                    what.equalsIgnoreCase(ALL)
                        ? p.curves == null
                        : what.equalsIgnoreCase(p.name())
                            || p.curves == null
                                && p.table.tableName().equals(ReleaseTable.nameOf(what)))
            .toList();
    if (named.isEmpty()) {
      throw new UserException(
          ExitCode.INPUTS,
          "run %s has no release table '%s'; HATS catalogues may be: %s"
              .formatted(
                  catalog.run(),
                  what,
                  have.stream().map(Product::name).collect(Collectors.joining(", "))));
    }
    return named;
  }

  private List<DatasetRef> parts(ReleaseTable table) {
    return catalog.tableDatasets(table.tableName()).stream()
        .filter(ref -> ref.getDatasetType().equals(DatasetTypes.RELEASE_TABLE.name()))
        .toList();
  }

  /**
   * Writes a collection.
   *
   * @param out directory of the collections
   * @param resume true to leave a collection alone that was made of the same rows
   */
  public Result write(Product product, Path out, boolean resume) throws IOException {
    String name = product.name();
    Path target = out.toAbsolutePath().normalize().resolve(name);
    List<DatasetRef> refs =
        product.tables().stream().flatMap(table -> parts(table).stream()).toList();
    String content = content(refs);
    if (resume && content.equals(contentOf(target.resolve(name)))) {
      return new Result(name, target, false, 0, 0, 0, HatsCatalog.bytes(target));
    }
    HatsCollection.Written[] written = new HatsCollection.Written[1];
    try (ParallelMap parallel = new ParallelMap(threads)) {
      WholeDirectory.write(
          target,
          directory -> {
            HatsRows rows = rows(product);
            written[0] =
                new HatsCollection(
                        directory,
                        name,
                        rows,
                        metadata(product, rows.schema()),
                        origin(product, refs),
                        settings,
                        parallel)
                    .write(content);
          });
    }
    return new Result(
        name,
        target,
        true,
        written[0].rows(),
        written[0].partitions(),
        written[0].marginRows(),
        HatsCatalog.bytes(target));
  }

  private HatsRows rows(Product product) throws IOException {
    HatsTable table = source(product.table);
    if (product.curves == null) {
      return table;
    }
    Set<String> core = new HashSet<>();
    for (JsonNode column : catalog.columnMetadata(product.table.tableName())) {
      if (column.path("tier").asText().equals("core")) {
        core.add(column.path("name").asText());
      }
    }
    return new LightCurves(table, source(product.curves), core);
  }

  private HatsTable source(ReleaseTable table) throws IOException {
    List<HatsTable.Part> parts = new ArrayList<>();
    for (DatasetRef ref : parts(table)) {
      long pixel = DataId.parse(ref.getDataId()).getLong("healpix3");
      Healpix.Range rows =
          Healpix.range(pixel, ReleaseTablesTask.PARTITION_ORDER, Partition.ROW_ORDER);
      parts.add(new HatsTable.Part(rows, catalog.path(ref)));
    }
    return new HatsTable(table, parts, catalog.columnMetadata(table.tableName()));
  }

  /** What a collection is made of: equal texts stand for equal bytes. */
  private String content(List<DatasetRef> refs) {
    String hashes =
        refs.stream()
            .map(ref -> ref.getDataId() + " " + ref.getContentHash())
            .sorted()
            .collect(Collectors.joining("\n"));
    return ContentHash.ofText(settings + "\n" + version + "\n" + hashes);
  }

  private static @Nullable String contentOf(Path primary) throws IOException {
    Path properties = primary.resolve("hats.properties");
    if (!Files.isRegularFile(properties)) {
      return null;
    }
    String start = CONTENT_KEY + "=";
    return Files.readAllLines(properties, StandardCharsets.UTF_8).stream()
        .filter(line -> line.startsWith(start))
        .map(line -> line.substring(start.length()))
        .findFirst()
        .orElse(null);
  }

  /** Metadata of every Parquet file: what its columns mean, for programs of either kind. */
  private Map<String, String> metadata(Product product, Schema schema) {
    String table = product.table.tableName();
    ArrayNode described = JsonNodeFactory.instance.arrayNode();
    for (JsonNode column : catalog.columnMetadata(table)) {
      if (schema.getField(column.path("name").asText()) != null) {
        described.add(column);
      }
    }
    if (product.curves != null) {
      String within = LightCurves.column(product.curves);
      for (JsonNode column : catalog.columnMetadata(product.curves.tableName())) {
        String name = within + "." + column.path("name").asText();
        described.add(((ObjectNode) column.deepCopy()).put("name", name));
      }
    }
    Map<String, String> out = new LinkedHashMap<>();
    String columns = described.toString();
    out.put(TableWriter.TABLE_KEY, table);
    out.put(TableWriter.COLUMNS_KEY, columns);
    out.put("starbeam.schema_hash", ContentHash.ofText(columns));
    out.put("starbeam.run", catalog.run());
    out.put("IVOA.VOTable-Parquet.version", "1.0");
    out.put(
        "IVOA.VOTable-Parquet.content",
        new VoTableHead(table, product.table.position())
            .alone(columns(schema, table, described), Map.of("run", catalog.run())));
    return out;
  }

  /** Columns that a VOTable can have. */
  private List<TableColumn> columns(Schema schema, String table, JsonNode described) {
    Map<String, TableColumn> known;
    try (RunDatabase database = new RunDatabase(catalog.tablesFor(table));
        ResultSet none = database.ask("select * from \"" + table + "\" limit 0")) {
      known =
          TableColumn.of(none.getMetaData(), described).stream()
              .collect(Collectors.toMap(TableColumn::name, c -> c));
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return schema.getFields().stream()
        .map(field -> known.get(field.name()))
        .filter(Objects::nonNull)
        .toList();
  }

  private HatsProperties.Origin origin(Product product, List<DatasetRef> refs) {
    Set<DatasetRef> parts = new HashSet<>(refs);
    double[] last = {0};
    catalog.forEachLastWithoutInputs(
        record -> {
          if (record.getOutputs().stream().anyMatch(parts::contains)) {
            last[0] = Math.max(last[0], record.getEndTaiMjd());
          }
        });
    double utc = last[0] - LeapSeconds.taiMinusUtc(last[0]) / 86_400.0;
    Instant made = Instant.ofEpochMilli(EventTime.ofMjd(utc));
    String what = (product.curves == null ? "" : "Light curves of ") + product.table.tableName();
    return new HatsProperties.Origin(
        "Starbeam " + version, MINUTE.format(made), what + " of run " + catalog.run());
  }
}
