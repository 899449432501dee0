package org.starbeam.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starbeam.pipelines.export.ExportedRun;

/** Who reads the first line of an answer and closes the pipe, as {@code head -1}, sees no stack. */
class ClosedOutputTest {
  private static final long ROWS = 200_000;

  @TempDir static Path repository;
  @TempDir static Path out;

  @BeforeAll
  static void makeRun() throws IOException {
    ExportedRun.make(repository);
  }

  /** A pipe whose reader goes away after the first line. */
  private static final class Pipe extends OutputStream {
    private boolean closed;

    @Override
    public void write(int octet) throws IOException {
      if (closed) {
        throw new IOException("Broken pipe");
      }
      closed = octet == '\n';
    }
  }

  private record Ended(int code, String err) {}

  private static Ended run(Callable<Integer> command) throws Exception {
    PrintStream outBefore = System.out;
    PrintStream errBefore = System.err;
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    System.setOut(new PrintStream(new Pipe(), true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    try {
      int code = command.call();
      return new Ended(code, err.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(outBefore);
      System.setErr(errBefore);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sql --run r --format table",
        "sql --run r --format csv --limit 0",
        "sql --run r --format json",
        "logs r",
        "logs r --json",
        "logs r --json-lines",
        "export r --what Object --out OUT/objects.csv",
        "export r --what visit_image --out OUT/images",
        "export r --what visit_image --out OUT/images --json",
        "status r",
        "status r --json",
        "report r --costs",
        "gates eval r --json",
        "provenance visit_image(instrument=SimCam,visit=2021090700012,detector=0) --run r",
        "repo types",
        "repo verify r",
      })
  void aCommandWhoseOutputIsClosedEndsWithoutAStack(String command) throws Exception {
    List<String> words = new ArrayList<>(List.of(command.replace("OUT", out + "").split(" ")));
    words.addAll(List.of("--repo", repository.toString()));
    if (words.get(0).equals("sql")) {
      words.add("select range as n from range(" + ROWS + ")");
    }
    Ended ended = run(() -> Main.execute(words.toArray(String[]::new)));
    assertThat(ended.err).doesNotContain("Exception", "\tat ");
    assertThat(ended.code).as(ended.err).isIn(0, 5);
  }

  @Test
  void rowsThatNobodyReadsAreNotFetched() throws Exception {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("select range from range(" + ROWS + ")")) {
      run(
          () -> {
            new RowPrinter(0).csv(rows);
            return 0;
          });
      assertThat(rows.next()).isTrue();
      assertThat(rows.getLong(1)).isLessThan(ROWS / 2);
    }
  }
}
