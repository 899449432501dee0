package org.starbeam.pipelines.repository;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.duckdb.DuckDBConnection;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.quantum.Ledger;
import org.starbeam.transforms.store.DatasetFiles;
import org.starbeam.transforms.store.FileTrees;

/**
 * Derives the registry of a run from its ledger (specs/05 section 3.9): a stream of records goes
 * through a DuckDB database on disk, of each quantum the record that counts is kept, and the parts
 * are written sorted, so that a look-up reads a few row groups. Memory is bounded whatever the size
 * of the run.
 */
final class RegistryWriter {
  private static final String DIMENSIONS = String.join(", ", LedgerTables.DIMENSIONS.keySet());
  private static final String MEMORY = "2GB";

  /**
   * What of the ledger counts: of each quantum the last record, of those the ones with outputs, of
   * each dataset of these one place among the outputs; and outputs of all other records, which are
   * superseded unless one that counts has published them too. Groups and joins are of numbers where
   * there may be as many as datasets: DuckDB moves those to disk when memory is short.
   */
  private static final List<String> CHOICES =
      List.of(
          "last as select max(rank) as rank from record group by quantum_id",
          "good as select rank, quantum_id, task, status from record join last using (rank)"
              + " where status in ('DONE', 'ADOPTED')",
          "kept as select max(o.rowid) as place from output o semi join good using (rank)"
              + " group by md5_number(concat_ws(chr(31), type, data_id, path))",
          "old as select distinct type, data_id, run, path, hash, bytes"
              + " from output o anti join good using (rank)",
          "published as select distinct path from output o semi join good using (rank)"
              + " semi join old using (path)");

  /** Every part with the query that makes it. */
  private static final Map<String, String> PARTS = parts();

  private final Path root;
  private final String run;
  private final String memory;

  RegistryWriter(Path root, String run) {
    this(root, run, MEMORY);
  }

  /**
   * @param memory that DuckDB may take before it goes to disk, in its words
   */
  RegistryWriter(Path root, String run, String memory) {
    this.root = root;
    this.run = run;
    this.memory = memory;
  }

  private static Map<String, String> parts() {
    Map<String, String> parts = new TreeMap<>();
    parts.put(
        "quanta",
        "select r.quantum_id, task, step, data_id, window_name, status, caveats, attempt, fence,"
            + " error_class, error_code, message, stack_hash, signature, root_causes, input_hash,"
            + " task_version, code_version, start_tai_mjd, end_tai_mjd, cpu_seconds, wall_seconds,"
            + " alloc_bytes, bytes_read, bytes_written, host, worker, "
            + " t.executions, t.total_cpu_seconds, t.total_wall_seconds, "
            + DIMENSIONS
            + " from record r join last using (rank) join spent t on t.quantum_id = r.quantum_id"
            + " order by step, task, data_id");
    parts.put(
        "datasets",
        "select o.type, o.data_id, o.run, o.path, o.hash, o.bytes, g.quantum_id, g.task,"
            + " g.status = 'ADOPTED' as adopted, "
            + LedgerTables.DIMENSIONS.keySet().stream()
                .map(d -> "o." + d)
                .collect(Collectors.joining(", "))
            + " from output o join kept k on o.rowid = k.place join good g using (rank)"
            + " order by o.type, o.data_id, o.path");
    parts.put(
        "superseded",
        "select type, data_id, run, path, hash, bytes from old anti join published using (path)"
            + " order by type, data_id, path");
    parts.put(
        "inputs",
        "select r.quantum_id, r.task, i.type, i.data_id, i.run, i.hash"
            + " from input i join last using (rank) join record r using (rank)"
            + " order by i.type, i.data_id, r.quantum_id");
    parts.put(
        "raws",
        "select p.* exclude (rank), o.path, o.hash, o.bytes from raw_info p join last using (rank)"
            + " join output o using (rank) where o.type = 'raw'"
            + " order by day_obs, exposure_id, p.detector");
    parts.put(
        "summaries",
        "select r.task, p.* exclude (rank) from summary p join last using (rank)"
            + " join record r using (rank) order by visit, p.detector, task");
    parts.put(
        "calibs",
        "select c.dataset_type as type, o.data_id, c.valid_begin_tai_mjd, c.valid_end_tai_mjd,"
            + " o.run, o.path, o.hash, r.task, o.instrument, o.detector, o.physical_filter"
            + " from certification c join last using (rank) join record r using (rank)"
            + " join output o on o.rank = c.rank and o.type = c.dataset_type"
            + " order by type, data_id, valid_begin_tai_mjd, task");
    return parts;
  }

  /** Writes all parts beside the old ones, then puts them in their place. */
  void write(Path directory) throws IOException {
    Path work = directory.resolve("." + UUID.randomUUID() + ".tmp");
    Files.createDirectories(work);
    try {
      build(work);
      try (Stream<Path> files = Files.list(work)) {
        for (Path file : files.filter(f -> f.toString().endsWith(".parquet")).sorted().toList()) {
          Files.move(
              file,
              directory.resolve(file.getFileName()),
              StandardCopyOption.ATOMIC_MOVE,
              StandardCopyOption.REPLACE_EXISTING);
        }
      }
    } catch (SQLException e) {
      throw new IOException("registry of run " + run + ": " + e.getMessage(), e);
    } finally {
      FileTrees.delete(work);
    }
  }

  private void build(Path work) throws IOException, SQLException {
    Properties settings = new Properties();
    settings.setProperty("autoinstall_known_extensions", "false");
    settings.setProperty("threads", "2");
    settings.setProperty("memory_limit", memory);
    settings.setProperty("preserve_insertion_order", "false");
    settings.setProperty("temp_directory", work.resolve("spill").toString());
    String url = "jdbc:duckdb:" + work.resolve("registry.db");
    try (DuckDBConnection connection =
            (DuckDBConnection) DriverManager.getConnection(url, settings);
        Statement statement = connection.createStatement()) {
      load(connection);
      for (String table : CHOICES) {
        statement.execute("create table " + table);
      }
      statement.execute(
          "create table spent as select quantum_id,"
              + " count(*) filter (status in ('DONE', 'FAILED')) as executions,"
              + " sum(cpu_seconds) filter (status != 'RUNNING') as total_cpu_seconds,"
              + " sum(wall_seconds) filter (status != 'RUNNING') as total_wall_seconds"
              + " from record group by quantum_id");
      for (Map.Entry<String, String> part : PARTS.entrySet()) {
        copy(statement, part.getValue(), work, part.getKey());
      }
      copy(statement, metrics(statement), work, "metrics");
    }
  }

  private void load(DuckDBConnection connection) throws IOException, SQLException {
    try (LedgerTables tables = new LedgerTables(connection)) {
      Ledger.read(
          RepositoryPaths.ledger(root, run),
          record -> {
            try {
              tables.add(record);
            } catch (SQLException e) {
              throw new IllegalStateException("registry of run " + run, e);
            }
          });
    }
  }

  private static void copy(Statement statement, String query, Path work, String part)
      throws SQLException {
    String file = work.resolve("part-" + part + ".parquet").toString().replace("'", "''");
    statement.execute(
        "copy ("
            + query
            + ") to '"
            + file
            + "' (format parquet, compression zstd, row_group_size 50000)");
  }

  /**
   * Metric records of the run, what the quanta recorded as numbers, and the numbers of the detector
   * summaries (the last characterization that there is of each). Level {@code quantum} are numbers
   * of quanta of something else, such as a block of the sky or a partition of a table.
   */
  private String metrics(Statement statement) throws SQLException {
    List<String> selects = new ArrayList<>();
    String units = "visit, detector, tract, patch, band";
    String level =
        "case when detector is not null then 'detector' when visit is not null then 'visit'"
            + " when patch is not null then 'patch' when tract is not null then 'tract'"
            + " when band is not null then 'band'"
            + " when regexp_full_match(r.data_id, '(instrument=[^,]*|name=run)?') then 'run'"
            + " else 'quantum' end";
    selects.add(
        "select "
            + level
                .replace("detector is", "m.detector is")
                .replace("visit is", "m.visit is")
                .replace("patch is", "m.patch is")
                .replace("tract is", "m.tract is")
                .replace("band is", "m.band is")
            + " as level, m.name, m.value, m.unit, 1::bigint as n, null::double as err,"
            + " case when m.value is null then 'failed' else 'ok' end as status, 'all' as subset,"
            + " 1 as definition_version, null::double as threshold, r.task, "
            + "m."
            + units.replace(", ", ", m.")
            + " from quantum_metric m join last using (rank) join record r using (rank)"
            + " where r.status in ('DONE', 'ADOPTED')");
    List<String> columns = numbersOfSummaries(statement);
    if (!columns.isEmpty()) {
      selects.add(
          "select 'detector' as level, u.name, u.value, '' as unit, 1::bigint as n,"
              + " null::double as err, 'ok' as status, 'all' as subset, 1 as definition_version,"
              + " null::double as threshold, u.task, u.visit, u.detector, null::bigint as tract,"
              + " null::bigint as patch, u.band from (unpivot (select r.task, p.visit, p.detector,"
              + " p.band, "
              + columns.stream()
                  .map(c -> "p." + c + "::double as \"" + camel(c) + '"')
                  .collect(Collectors.joining(", "))
              + " from summary p join last using (rank) join record r using (rank)"
              + " where r.task in ('finalVisit', 'singleFrame') qualify row_number() over"
              + " (partition by p.visit, p.detector order by r.task) = 1) on "
              + columns.stream().map(c -> '"' + camel(c) + '"').collect(Collectors.joining(", "))
              + " into name name value value) u");
    }
    List<String> files = metricFiles(statement);
    if (!files.isEmpty()) {
      String list =
          files.stream()
              .map(f -> "'" + f.replace("'", "''") + "'")
              .collect(Collectors.joining(",", "[", "]"));
      selects.add(
          "select level, name, value, unit, n, err, status, subset,"
              + " definitionVersion::integer as definition_version, threshold, 'metrics' as task,"
              + " visit, detector::bigint as detector, tract, null::bigint as patch, band"
              + " from read_parquet("
              + list
              + ", union_by_name = true)");
    }
    return String.join(" union all by name ", selects)
        + " order by level, name, band, visit, detector, tract, patch, task";
  }

  private static List<String> numbersOfSummaries(Statement statement) throws SQLException {
    List<String> columns = new ArrayList<>();
    try (ResultSet rows =
        statement.executeQuery(
            "select column_name from duckdb_columns() where table_name = 'summary' and data_type in"
                + " ('DOUBLE', 'BIGINT') and column_name not in ('rank', 'visit', 'detector',"
                + " 'day_obs', 'seq_num', 'width', 'height') order by column_index")) {
      while (rows.next()) {
        columns.add(rows.getString(1));
      }
    }
    return columns;
  }

  /** {@code psf_sigma} as {@code psfSigma}, the name that the record has. */
  private static String camel(String snake) {
    StringBuilder out = new StringBuilder();
    boolean upper = false;
    for (char c : snake.toCharArray()) {
      if (c == '_') {
        upper = true;
      } else {
        out.append(upper ? Character.toUpperCase(c) : c);
        upper = false;
      }
    }
    return out.toString();
  }

  private List<String> metricFiles(Statement statement) throws SQLException {
    List<String> files = new ArrayList<>();
    DatasetFiles datasets = DatasetFiles.of(root);
    try (ResultSet rows =
        statement.executeQuery(
            "select distinct o.path, o.data_id, o.run, o.hash, o.bytes from output o join last using (rank) join record r using (rank)"
                + " where o.type = 'metric' and r.status in ('DONE', 'ADOPTED') order by 1")) {
      while (rows.next()) {
        DatasetRef ref =
            new DatasetRef(
                "metric",
                rows.getString(2),
                rows.getString(3),
                rows.getString(1),
                rows.getString(4),
                rows.getLong(5));
        if (datasets.exists(ref)) {
          files.add(datasets.keep(ref).toString());
        }
      }
    }
    return files;
  }
}
