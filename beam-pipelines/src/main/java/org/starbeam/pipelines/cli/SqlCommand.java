package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.pipelines.repository.Registry;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Asks the tables of a run in SQL (DuckDB). */
@Command(
    name = "sql",
    mixinStandardHelpOptions = true,
    description =
        "Runs a DuckDB query over the tables of a run; table names are not case sensitive.")
final class SqlCommand implements Callable<Integer> {
  /** Forms of the answer. */
  enum Format {
    TABLE,
    CSV,
    JSON
  }

  @Mixin RepositoryOption repository = new RepositoryOption();

  @Option(names = "--run", paramLabel = "RUN", description = "Run to ask (default: the newest).")
  String run = "";

  @Option(names = "--format", description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  Format format = Format.TABLE;

  @Option(
      names = "--limit",
      defaultValue = "1000",
      description = "Rows to print at most (default: ${DEFAULT-VALUE}); 0 = all.")
  int limit;

  @Parameters(
      arity = "0..1",
      paramLabel = "QUERY",
      description = "For example: select count(*) from Object where detect_isPrimary")
  String given = "";

  @Option(
      names = "--file",
      paramLabel = "FILE",
      description = "Reads the query from a file, - for stdin.")
  @Nullable String file;

  @Option(names = "--explain", description = "Shows how the query would be answered instead.")
  boolean explain;

  @Mixin Answer answer = new Answer();

  private String query() {
    if (given.isEmpty() == (file == null)) {
      throw new UserException(
          ExitCode.USAGE,
          "sql needs a QUERY or --file FILE",
          "starbeam sql \"select * from visits limit 10\"");
    }
    String text = given;
    if (file != null) {
      try {
        text =
            file.equals("-")
                ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8)
                : Files.readString(Path.of(file));
      } catch (IOException e) {
        throw new UserException(ExitCode.USAGE, "--file " + file + ": cannot be read: " + e);
      }
    }
    return text;
  }

  @Override
  public Integer call() throws SQLException {
    String query = query();
    RunCatalog catalog = RunCatalog.open(repository.root(), run);
    Registry registry = Registry.of(catalog.root(), catalog.run());
    try (RunDatabase database = registry.open(catalog.tablesFor(query))) {
      database.confine(List.of(catalog.root()));
      try (ResultSet rows = explain ? database.explain(query) : database.ask(query)) {
        switch (answer.isJson() ? Format.JSON : format) {
          case JSON -> json(rows);
          case CSV -> csv(rows);
          default -> table(rows);
        }
      }
    } catch (UserException e) {
      throw new UserException(
          ExitCode.USAGE,
          e.getMessage()
              + "\ntables of run "
              + catalog.run()
              + ": "
              + String.join(", ", catalog.tableNames())
              + "; of its registry: "
              + String.join(", ", registry.views().keySet()));
    }
    return 0;
  }

  private static List<String> names(ResultSet rows) throws SQLException {
    ResultSetMetaData meta = rows.getMetaData();
    List<String> names = new ArrayList<>();
    for (int i = 1; i <= meta.getColumnCount(); i++) {
      names.add(meta.getColumnLabel(i));
    }
    return names;
  }

  private boolean more(ResultSet rows, int printed) throws SQLException {
    if (!rows.next()) {
      return false;
    }
    if (limit > 0 && printed >= limit) {
      System.err.println("more rows not shown; --limit 0 prints all");
      return false;
    }
    return true;
  }

  private void table(ResultSet rows) throws SQLException {
    List<String> names = names(rows);
    List<List<String>> lines = new ArrayList<>();
    int[] width = names.stream().mapToInt(String::length).toArray();
    while (more(rows, lines.size())) {
      List<String> line = new ArrayList<>();
      for (int i = 0; i < width.length; i++) {
        String text = Objects.toString(rows.getObject(i + 1), "");
        width[i] = Math.max(width[i], text.length());
        line.add(text);
      }
      lines.add(line);
    }
    StringBuilder out = new StringBuilder();
    append(out, names, width);
    lines.forEach(line -> append(out, line, width));
    System.out.print(out);
  }

  private static void append(StringBuilder out, List<String> line, int[] width) {
    StringBuilder row = new StringBuilder();
    for (int i = 0; i < width.length; i++) {
      row.append(line.get(i)).append(" ".repeat(width[i] - line.get(i).length() + 2));
    }
    out.append(row.toString().stripTrailing()).append('\n');
  }

  private void csv(ResultSet rows) throws SQLException {
    List<String> names = names(rows);
    StringBuilder out = new StringBuilder(String.join(",", names)).append('\n');
    int printed = 0;
    while (more(rows, printed++)) {
      for (int i = 0; i < names.size(); i++) {
        String text = Objects.toString(rows.getObject(i + 1), "");
        boolean quote = text.contains(",") || text.contains("\"") || text.contains("\n");
        out.append(i == 0 ? "" : ",").append(quote ? '"' + text.replace("\"", "\"\"") + '"' : text);
      }
      out.append('\n');
    }
    System.out.write(
        out.toString().getBytes(StandardCharsets.UTF_8),
        0,
        out.toString().getBytes(StandardCharsets.UTF_8).length);
    System.out.flush();
  }

  private void json(ResultSet rows) throws SQLException {
    ObjectMapper mapper = new ObjectMapper();
    List<String> names = names(rows);
    var array = mapper.createArrayNode();
    while (more(rows, array.size())) {
      ObjectNode node = array.addObject();
      for (int i = 0; i < names.size(); i++) {
        Object value = rows.getObject(i + 1);
        node.set(
            names.get(i),
            value instanceof Number || value instanceof Boolean || value == null
                ? mapper.valueToTree(value)
                : mapper.valueToTree(value.toString()));
      }
    }
    System.out.println(array.toPrettyString());
  }
}
