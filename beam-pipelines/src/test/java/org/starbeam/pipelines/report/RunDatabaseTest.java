package org.starbeam.pipelines.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.UserException;

/** Queries of users over the tables of a run. */
class RunDatabaseTest {
  @TempDir Path directory;
  private Path repository;
  private Path outside;
  private Path table;

  @BeforeEach
  void writeTables() throws Exception {
    repository =
        Files.createDirectories(directory.resolve("it's a repo/Norder=0/Dir=0")).toRealPath();
    table = repository.resolve("Npix=3.parquet");
    outside = directory.toRealPath().resolve("outside.csv");
    Files.writeString(outside, "secret\n1\n");
    try (Connection c = DriverManager.getConnection("jdbc:duckdb:")) {
      c.createStatement()
          .execute(
              "copy (select 7 as objectId, 2.5 as flux) to '"
                  + table.toString().replace("'", "''")
                  + "' (format parquet)");
    }
  }

  private RunDatabase confined() {
    RunDatabase database = new RunDatabase(Map.of("Object", List.of(table)));
    database.confine(List.of(repository));
    return database;
  }

  @Test
  void tablesHaveTheirOwnColumnsAndNoneOfTheirFolders() {
    try (RunDatabase database = confined()) {
      assertThat(database.texts("select column_name from (describe Object)"))
          .containsExactly("objectId", "flux");
      assertThat(database.numbers("select flux from Object")[0]).containsExactly(2.5);
    }
  }

  @Test
  void aQueryReadsAndWritesNothingOutsideTheRepository() {
    try (RunDatabase database = confined()) {
      for (String sql :
          List.of(
              "select * from read_csv('" + outside + "')",
              "select * from read_text('/etc/hostname')",
              "select * from '" + repository + "/../../../../outside.csv'")) {
        assertThatThrownBy(() -> database.query(sql)).as(sql).isInstanceOf(UserException.class);
      }
      for (String sql :
          List.of(
              "copy Object to '" + directory + "/stolen.csv'",
              "attach '" + directory + "/new.db'",
              "install httpfs",
              "set enable_external_access = true",
              "set allowed_directories = ['/']",
              "reset allowed_directories")) {
        assertThatThrownBy(() -> database.execute(sql)).as(sql).isInstanceOf(UserException.class);
      }
    }
    assertThat(directory.resolve("stolen.csv")).doesNotExist();
    assertThat(directory.resolve("new.db")).doesNotExist();
  }

  @Test
  void anErrorOfAQueryBeginsWithWhatIsWrong() {
    try (RunDatabase database = confined()) {
      assertThatThrownBy(() -> database.query("select fluks from Object"))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith("Binder Error: Referenced column \"fluks\" not found")
          .hasMessageContaining("flux");
    }
  }
}
