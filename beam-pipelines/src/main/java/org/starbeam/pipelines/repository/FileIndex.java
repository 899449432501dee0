package org.starbeam.pipelines.repository;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.transforms.store.DatasetFiles;

/**
 * The files below {@code data/} beside what all ledgers say of them, in a DuckDB database, so that
 * a repository of any size can be compared. A dataset that is a directory counts as one file.
 */
final class FileIndex implements AutoCloseable {
  private static final String TEMPORARY = "\\..*\\.tmp";

  private final Path root;
  private final DuckDBConnection connection;

  private FileIndex(Path root, DuckDBConnection connection) {
    this.root = root;
    this.connection = connection;
  }

  /** Lists the files and brings the registries of all runs up to date. */
  static FileIndex of(Path root) {
    try {
      Properties settings = new Properties();
      settings.setProperty("autoinstall_known_extensions", "false");
      settings.setProperty("memory_limit", "512MB");
      DuckDBConnection connection =
          (DuckDBConnection) DriverManager.getConnection("jdbc:duckdb:", settings);
      FileIndex index = new FileIndex(root, connection);
      index.list();
      index.known(RunCatalog.runs(root));
      return index;
    } catch (SQLException | IOException e) {
      throw new IllegalStateException("cannot list the files of " + root, e);
    }
  }

  private void list() throws SQLException, IOException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "create table file (path varchar, bytes bigint, modified bigint, staging boolean)");
    }
    try (DuckDBAppender appender = connection.createAppender("main", "file")) {
      DatasetFiles.of(root).list(DatasetFiles.DATA, file -> append(appender, file));
    }
  }

  private static void append(DuckDBAppender appender, DatasetFiles.Stored file) throws IOException {
    String name = file.path().substring(file.path().lastIndexOf('/') + 1);
    try {
      appender.beginRow();
      appender.append(file.path());
      appender.append(file.bytes()).append(file.modifiedMs());
      appender.append(name.matches(TEMPORARY));
      appender.endRow();
    } catch (SQLException e) {
      throw new IOException(e);
    }
  }

  private void known(List<String> runs) throws SQLException {
    List<String> selects = new ArrayList<>();
    for (String run : runs) {
      Registry registry = Registry.of(root, run);
      for (String part : List.of("datasets", "superseded")) {
        selects.add(
            "select '%s' as in_run, type, data_id, run, path, hash, bytes, %b as last from read_parquet('%s')"
                .formatted(
                    run,
                    part.equals("datasets"),
                    registry.part(part).toString().replace("'", "''")));
      }
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "create view known as "
              + (selects.isEmpty()
                  ? "select '' as in_run, '' as type, '' as data_id, '' as run, '' as path,"
                      + " '' as hash, 0::bigint as bytes, true as last where false"
                  : String.join(" union all ", selects)));
    }
  }

  /** Receives rows. */
  @FunctionalInterface
  interface RowConsumer {
    void accept(ResultSet rows) throws SQLException, IOException;
  }

  void each(String sql, RowConsumer consumer) throws IOException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        consumer.accept(rows);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
