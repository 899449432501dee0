package org.starbeam.pipelines.plan;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.plan.CostModel.TaskCost;

/**
 * The list of all quanta of a plan as a Parquet file: task, data id, n, predicted CPU seconds. The
 * quanta go to disk as they come; none is kept in memory.
 */
final class QuantaFile {
  private QuantaFile() {}

  /** Writes the file; returns the number of quanta. */
  static long write(Path file, Planner planner, CostModel costs) {
    Path scratch = file.toAbsolutePath().resolveSibling("." + file.getFileName() + ".duckdb");
    long[] count = new long[1];
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + scratch);
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE quanta (task VARCHAR, data_id VARCHAR, n INTEGER, cpu_seconds DOUBLE)");
      try (DuckDBAppender rows =
          connection.unwrap(DuckDBConnection.class).createAppender("main", "quanta")) {
        planner.quanta(
            (task, id, n) -> {
              TaskCost cost = costs.of(task);
              count[0]++;
              try {
                rows.beginRow();
                rows.append(task);
                rows.append(id.get());
                rows.append(n);
                rows.append(cost.cpuSeconds().at(n));
                rows.endRow();
              } catch (SQLException e) {
                throw new IllegalStateException(e);
              }
            });
      }
      statement.execute(
          "COPY quanta TO '"
              + file.toAbsolutePath().toString().replace("'", "''")
              + "' (FORMAT parquet, COMPRESSION zstd)");
    } catch (SQLException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE, "cannot write " + file + ": " + e.getMessage());
    } finally {
      delete(scratch);
    }
    return count[0];
  }

  private static void delete(Path scratch) {
    try {
      Files.deleteIfExists(scratch);
      Files.deleteIfExists(scratch.resolveSibling(scratch.getFileName() + ".wal"));
    } catch (IOException e) {
      // A scratch file that stays behind harms nobody.
    }
  }
}
