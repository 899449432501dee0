package org.starbeam.pipelines.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;

/**
 * An in-memory DuckDB over the Parquet files of one run: each table of the run is a view by its
 * name (not case sensitive). Extensions are never fetched. For queries that somebody typed there is
 * {@link #confine} and {@link #ask}.
 */
public final class RunDatabase implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Connection connection;
  private final List<Path> files;

  /**
   * @param tables files by table name
   */
  public RunDatabase(Map<String, List<Path>> tables) {
    files = tables.values().stream().flatMap(List::stream).toList();
    try {
      Properties settings = new Properties();
      settings.setProperty("autoinstall_known_extensions", "false");
      settings.setProperty("threads", "2");
      connection = DriverManager.getConnection("jdbc:duckdb:", settings);
      try (Statement statement = connection.createStatement()) {
        statement.execute("set preserve_insertion_order = true");
        for (Map.Entry<String, List<Path>> table : tables.entrySet()) {
          statement.execute(
              "create view "
                  + quote(table.getKey())
                  + " as select * from "
                  + parquet(table.getValue()));
        }
      }
    } catch (SQLException e) {
      throw new IllegalStateException("cannot open the tables of the run: " + e.getMessage(), e);
    }
  }

  private static String parquet(List<Path> files) {
    return "read_parquet(" + list(files) + ", union_by_name = true, hive_partitioning = false)";
  }

  /** A name of a table or column as SQL has it. */
  public static String quote(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  /** Adds a view that stands for a query. */
  public void createView(String name, String query) {
    execute("create view " + quote(name) + " as " + query);
  }

  /**
   * From now on only the tables and files below these directories can be read or written, and no
   * setting can be changed: for queries that somebody else has written.
   */
  public void confine(List<Path> directories) {
    execute("set allowed_paths = " + list(files));
    execute("set allowed_directories = " + list(directories));
    execute("set enable_external_access = false");
    execute("set lock_configuration = true");
  }

  private static String list(List<Path> paths) {
    return paths.stream()
        .map(d -> "'" + d.toString().replace("'", "''") + "'")
        .collect(Collectors.joining(",", "[", "]"));
  }

  /** What DuckDB says of a query, without what it says of itself. */
  private static UserException refused(SQLException e) {
    return new UserException(
        ExitCode.USAGE,
        String.valueOf(e.getMessage()).replaceFirst("^Invalid Input Error: .*\nError: ", ""));
  }

  /**
   * Runs a query of a user, which must be one that only reads; DuckDB's own parser says whether it
   * is.
   *
   * @throws UserException when it is none, or wrong
   */
  public ResultSet ask(String sql) {
    requireQuery(sql);
    return query(sql);
  }

  /** How a query of a user would be answered, as two columns of text. */
  public ResultSet explain(String sql) {
    requireQuery(sql);
    return query("explain " + sql);
  }

  /**
   * Writes the answer to a query of a user as a file of DuckDB's.
   *
   * @param options of {@code copy}, as {@code format csv, header}
   * @return number of rows
   */
  public long copy(String sql, Path file, String options) {
    requireQuery(sql);
    String name = file.toString().replace("'", "''");
    try (Statement statement = connection.createStatement()) {
      return statement.executeUpdate("copy (\n" + sql + "\n) to '" + name + "' (" + options + ")");
    } catch (SQLException e) {
      throw refused(e);
    }
  }

  private void requireQuery(String sql) {
    try (PreparedStatement statement =
        connection.prepareStatement("select json_serialize_sql(?::varchar)")) {
      statement.setString(1, sql);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        JsonNode parsed = JSON.readTree(row.getString(1));
        if (parsed.path("error_type").asText().equals("parser")) {
          connection.prepareStatement(sql).close();
        }
        if (parsed.path("statements").size() != 1) {
          throw new UserException(
              ExitCode.USAGE, "expected one query that only reads, such as select or describe");
        }
      }
    } catch (SQLException e) {
      throw refused(e);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Runs a query; an error of the query becomes a message for the user. */
  public ResultSet query(String sql) {
    try {
      return connection.createStatement().executeQuery(sql);
    } catch (SQLException e) {
      throw refused(e);
    }
  }

  /** Runs a statement without a result, such as {@code copy}. */
  public void execute(String sql) {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw refused(e);
    }
  }

  /** Receives the rows of a query one by one. */
  @FunctionalInterface
  public interface RowConsumer {
    void accept(ResultSet row) throws SQLException;
  }

  /** Hands over the rows of a query; nothing is kept. */
  public void each(String sql, RowConsumer consumer) {
    try (ResultSet rows = query(sql)) {
      while (rows.next()) {
        consumer.accept(rows);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A number of a row, or null. */
  public static @Nullable Double number(ResultSet row, int column) throws SQLException {
    double value = row.getDouble(column);
    return row.wasNull() ? null : Double.valueOf(value);
  }

  /** A whole number of a row, or null. */
  public static @Nullable Long whole(ResultSet row, int column) throws SQLException {
    long value = row.getLong(column);
    return row.wasNull() ? null : Long.valueOf(value);
  }

  /** Numbers of the columns of a query, one array per column, null as NaN. */
  public double[][] numbers(String sql) {
    try (ResultSet rows = query(sql)) {
      int width = rows.getMetaData().getColumnCount();
      List<double[]> all = new ArrayList<>();
      while (rows.next()) {
        double[] row = new double[width];
        for (int i = 0; i < width; i++) {
          double value = rows.getDouble(i + 1);
          row[i] = rows.wasNull() ? Double.NaN : value;
        }
        all.add(row);
      }
      double[][] columns = new double[width][all.size()];
      for (int r = 0; r < all.size(); r++) {
        for (int c = 0; c < width; c++) {
          columns[c][r] = all.get(r)[c];
        }
      }
      return columns;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Texts of the first column of a query. */
  public List<String> texts(String sql) {
    List<String> out = new ArrayList<>();
    each(sql, row -> out.add(row.getString(1)));
    return out;
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
