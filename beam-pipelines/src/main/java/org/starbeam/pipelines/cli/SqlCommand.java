package org.starbeam.pipelines.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.export.WholeFile;
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
        "Runs a DuckDB query over the tables of a run; table names are not case sensitive. Without a"
            + " QUERY it reads queries from stdin, each ended by a semicolon; .help tells more.")
final class SqlCommand implements Callable<Integer> {
  /** Forms of the answer. */
  enum Format {
    TABLE,
    CSV,
    JSON,
    PARQUET
  }

  @Mixin RepositoryOption repository = new RepositoryOption();

  @Option(names = "--run", paramLabel = "RUN", description = "Run to ask (default: the newest).")
  String run = "";

  @Option(
      names = "--format",
      description =
          "${COMPLETION-CANDIDATES} (default: table; with --out by the ending of the file).")
  @Nullable Format format;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Writes all rows to a file, as csv, json or parquet.")
  @Nullable Path out;

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

  @Override
  public Integer call() throws SQLException, IOException {
    if (!given.isEmpty() && file != null) {
      throw new UserException(ExitCode.USAGE, "a QUERY and --file FILE: give one of them");
    }
    if (format == Format.PARQUET && out == null) {
      throw new UserException(ExitCode.USAGE, "--format parquet needs --out FILE");
    }
    RunCatalog catalog = RunCatalog.open(repository.root(), run);
    SqlSession session =
        new SqlSession(catalog, Registry.of(catalog.root(), catalog.run()), this::answer);
    if (!given.isEmpty() || file != null) {
      session.ask(given.isEmpty() ? text() : given);
      return 0;
    }
    if (out != null) {
      throw new UserException(
          ExitCode.USAGE,
          "--out needs a QUERY or --file FILE",
          "starbeam sql --out FILE \"select * from visits\"");
    }
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    session.read(in, System.console() != null);
    return 0;
  }

  private String text() {
    try {
      return "-".equals(file)
          ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8)
          : Files.readString(Path.of(String.valueOf(file)));
    } catch (IOException e) {
      throw new UserException(ExitCode.USAGE, "--file " + file + ": cannot be read: " + e);
    }
  }

  private void answer(RunDatabase database, List<Path> readable, String query)
      throws SQLException, IOException {
    if (out != null) {
      write(database, readable, query, out.toAbsolutePath().normalize());
      return;
    }
    database.confine(readable);
    RowPrinter printer = new RowPrinter(limit);
    try (ResultSet rows = explain ? database.explain(query) : database.ask(query)) {
      if (answer.isJson() || format == Format.JSON) {
        printer.json(rows);
      } else if (format == Format.CSV) {
        printer.csv(rows);
      } else {
        printer.table(rows);
      }
    }
  }

  private void write(RunDatabase database, List<Path> readable, String query, Path target)
      throws IOException {
    String options =
        switch (fileFormat(target)) {
          case CSV -> "format csv, header";
          case JSON -> "format json, array true";
          case PARQUET -> "format parquet, compression zstd";
          default ->
              throw new UserException(
                  ExitCode.USAGE, "--out " + target + ": give --format csv, json or parquet");
        };
    Path directory = WholeFile.directory(target);
    database.confine(Stream.concat(readable.stream(), Stream.of(directory)).toList());
    long[] rows = new long[1];
    WholeFile.write(target, hidden -> rows[0] = database.copy(query, hidden, options));
    answer.print(
        target.toString(), Answer.object().put("file", target.toString()).put("rows", rows[0]));
  }

  private Format fileFormat(Path target) {
    if (format != null) {
      return format;
    }
    String name = target.toString();
    String ending = name.substring(name.lastIndexOf('.') + 1).toUpperCase(Locale.ROOT);
    return Arrays.stream(Format.values())
        .filter(f -> f.name().equals(ending))
        .findFirst()
        .orElse(Format.TABLE);
  }
}
