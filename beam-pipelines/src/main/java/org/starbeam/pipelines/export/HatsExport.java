package org.starbeam.pipelines.export;

import com.fasterxml.jackson.databind.JsonNode;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;
import org.starbeam.camera.LeapSeconds;
import org.starbeam.hats.CountMap;
import org.starbeam.hats.HatsProperties;
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
 * Writes release tables of a run as HATS collections, a directory each, which LSDB, DuckDB and
 * pandas read (specs/07 section 9.2). A collection under its own name is whole: it is written
 * beside, then renamed. Equal tables and settings are equal bytes, whatever the number of threads.
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
   * @param written false when it was there already
   * @param rows of the table
   * @param partitions files that it is cut into
   * @param marginRows rows of all margins
   * @param bytes size of the collection
   */
  public record Result(
      String table,
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
   * The release tables that are meant, as the run has them.
   *
   * @param what a table's name or alias, or {@value #ALL}
   * @throws UserException when the run has no such table, or it is none of a release
   */
  public List<ReleaseTable> tables(String what) {
    List<ReleaseTable> have = new ArrayList<>();
    for (ReleaseTable table : ReleaseTable.values()) {
      if (!parts(table).isEmpty()) {
        have.add(table);
      }
    }
    if (what.equalsIgnoreCase(ALL) && !have.isEmpty()) {
      return have;
    }
    List<ReleaseTable> named =
        have.stream().filter(t -> t.tableName().equals(ReleaseTable.nameOf(what))).toList();
    if (named.isEmpty()) {
      throw new UserException(
          ExitCode.INPUTS,
          "run %s has no release table '%s'; those that can be HATS catalogues: %s"
              .formatted(
                  catalog.run(),
                  what,
                  have.stream().map(ReleaseTable::tableName).collect(Collectors.joining(", "))));
    }
    return named;
  }

  private List<DatasetRef> parts(ReleaseTable table) {
    return catalog.tableDatasets(table.tableName()).stream()
        .filter(ref -> ref.getDatasetType().equals(DatasetTypes.RELEASE_TABLE.name()))
        .toList();
  }

  /** Name of the collection of a table: {@code forced_source} for ForcedSource. */
  public static String name(ReleaseTable table) {
    return table.tableName().replaceAll("(?<=[a-z])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
  }

  /**
   * Writes the collection of a table.
   *
   * @param out directory of the collections
   * @param resume true to leave a collection alone that was made of the same rows
   */
  public Result write(ReleaseTable table, Path out, boolean resume) throws IOException {
    String name = name(table);
    Path target = out.toAbsolutePath().normalize().resolve(name);
    List<DatasetRef> refs = parts(table);
    String content = content(refs);
    if (resume && content.equals(contentOf(target.resolve(name)))) {
      return new Result(table.tableName(), target, false, 0, 0, 0, HatsCatalog.bytes(target));
    }
    HatsCollection.Written[] written = new HatsCollection.Written[1];
    try (Workers workers = new Workers(threads)) {
      WholeDirectory.write(
          target,
          directory -> {
            HatsTable source = source(table, refs);
            written[0] =
                new HatsCollection(
                        directory,
                        name,
                        source,
                        metadata(source),
                        origin(table, refs),
                        settings,
                        workers)
                    .write(content);
          });
    }
    return new Result(
        table.tableName(),
        target,
        true,
        written[0].rows(),
        written[0].partitions(),
        written[0].marginRows(),
        HatsCatalog.bytes(target));
  }

  private HatsTable source(ReleaseTable table, List<DatasetRef> refs) throws IOException {
    List<HatsTable.Part> parts = new ArrayList<>();
    for (DatasetRef ref : refs) {
      long pixel = DataId.parse(ref.getDataId()).getLong("healpix3");
      Healpix.Range rows = Healpix.range(pixel, ReleaseTablesTask.PARTITION_ORDER, 29);
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
  private Map<String, String> metadata(HatsTable source) {
    String table = source.table().tableName();
    JsonNode described = catalog.columnMetadata(table);
    Map<String, String> out = new LinkedHashMap<>();
    String columns = described.toString();
    out.put(TableWriter.TABLE_KEY, table);
    out.put(TableWriter.COLUMNS_KEY, columns);
    out.put("starbeam.schema_hash", ContentHash.ofText(columns));
    out.put("starbeam.run", catalog.run());
    out.put("IVOA.VOTable-Parquet.version", "1.0");
    out.put(
        "IVOA.VOTable-Parquet.content",
        new VoTableHead(table, source.table().position())
            .alone(columns(source.schema(), table, described), Map.of("run", catalog.run())));
    return out;
  }

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
        .map(field -> Objects.requireNonNull(known.get(field.name())))
        .toList();
  }

  private HatsProperties.Origin origin(ReleaseTable table, List<DatasetRef> refs) {
    double[] last = {0};
    catalog.forEachLastWithoutInputs(
        record -> {
          if (record.getOutputs().stream().anyMatch(refs::contains)) {
            last[0] = Math.max(last[0], record.getEndTaiMjd());
          }
        });
    double utc = last[0] - LeapSeconds.taiMinusUtc(last[0]) / 86_400.0;
    Instant made = Instant.ofEpochMilli(EventTime.ofMjd(utc));
    return new HatsProperties.Origin(
        "Starbeam " + version, MINUTE.format(made), table.tableName() + " of run " + catalog.run());
  }
}
