package org.starbeam.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.export.ExportedRun;

/** Queries of a session are answered one by one, and answers become files. */
class SqlSessionTest {
  @TempDir static Path repository;
  @TempDir Path out;

  @BeforeAll
  static void makeRun() throws IOException {
    ExportedRun.make(repository);
  }

  private record Ended(int code, String out, String err) {}

  private static Ended sql(String input, String... options) {
    List<String> words = new ArrayList<>(List.of("sql", "--repo", repository.toString()));
    words.addAll(List.of(options));
    InputStream inBefore = System.in;
    PrintStream outBefore = System.out;
    PrintStream errBefore = System.err;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    ByteArrayOutputStream told = new ByteArrayOutputStream();
    System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(told, true, StandardCharsets.UTF_8));
    try {
      int code = Main.execute(words.toArray(String[]::new));
      return new Ended(
          code, printed.toString(StandardCharsets.UTF_8), told.toString(StandardCharsets.UTF_8));
    } finally {
      System.setIn(inBefore);
      System.setOut(outBefore);
      System.setErr(errBefore);
    }
  }

  @Test
  void semicolonsEndQueriesExceptInQuotesAndComments() {
    QueryReader reader = new QueryReader();
    assertThat(reader.line("select 1; select ';'")).containsExactly("select 1");
    assertThat(reader.line("-- no; end")).isEmpty();
    assertThat(reader.isBlank()).isFalse();
    assertThat(reader.line("as \"a;b\" /* ; */; select 'it''s;'; ;"))
        .containsExactly("select ';'\n-- no; end\nas \"a;b\" /* ; */", "select 'it''s;'");
    assertThat(reader.isBlank()).isTrue();
    assertThat(reader.line("/* begins")).isEmpty();
    assertThat(reader.isBlank()).as("a comment is no query").isTrue();
    assertThat(reader.line("; ends */ select 2")).isEmpty();
    assertThat(reader.rest()).endsWith("select 2");
  }

  @Test
  void queriesOfTheInputAreAnsweredInTheirOrderWithoutAPrompt() {
    Ended ended =
        sql(
            """
            .tables
            select count(*) as n
              from object;
            .quit
            select 5
            """,
            "--format",
            "csv");
    assertThat(ended.code()).isZero();
    assertThat(ended.out()).contains("CcdVisit\nObject\nSource\n", "visits").endsWith("n\n3\n");
    assertThat(ended.err()).isEmpty();
  }

  @Test
  void schemaOfATableHasUnitsAndDescriptions() {
    assertThat(sql(".schema ccdvisit\n").out())
        .containsPattern("(?m)^llcra +DOUBLE +deg +Right ascension of the lower-left corner$");
    assertThat(sql(".schema Datasets\n").out()).containsPattern("(?m)^data_id +VARCHAR$");
    assertThat(sql(".schema nosuch\n").code()).isEqualTo(ExitCode.USAGE.code());
  }

  @Test
  void faultEndsAnInputThatNobodyTypes() {
    Ended ended =
        sql("select 1 as one;\nselect nosuch from Object;\nselect 2;\n", "--format", "csv");
    assertThat(ended.code()).isEqualTo(ExitCode.USAGE.code());
    assertThat(ended.out()).isEqualTo("one\n1\n");
    assertThat(ended.err()).contains("nosuch", "tables of run r: CcdVisit, Object, Source");
    assertThat(sql("create table t as select 1;").err()).contains("one query that only reads");
  }

  @Test
  void answersBecomeWholeFiles() throws Exception {
    Path parquet = out.resolve("deep/answer.parquet");
    Ended ended = sql("", "--out", parquet.toString(), "--json", "select objectId from Object");
    JsonNode document = new ObjectMapper().readTree(ended.out());
    assertThat(document.path("rows").asInt()).isEqualTo(3);
    try (var connection = DriverManager.getConnection("jdbc:duckdb:");
        ResultSet row =
            connection
                .createStatement()
                .executeQuery("select string_agg(objectId, ' ') from '" + parquet + "'")) {
      row.next();
      assertThat(row.getString(1)).isEqualTo("4758498612931985409 2 3");
    }
    Path csv = out.resolve("a.csv");
    assertThat(sql("", "--out", csv.toString(), "select 1 as a").code()).isZero();
    assertThat(csv).hasContent("a\n1\n");
    assertThat(sql("", "--out", csv.toString(), "select nosuch").code()).isNotZero();
    assertThat(csv).as("as before").hasContent("a\n1\n");
    assertThat(sql("", "--format", "parquet", "select 1").err()).contains("--out FILE");
    assertThat(Files.list(out).map(Path::toString)).noneMatch(name -> name.endsWith(".tmp"));
  }
}
