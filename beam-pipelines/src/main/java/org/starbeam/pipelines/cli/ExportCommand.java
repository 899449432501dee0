package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.report.FitsExport;
import org.starbeam.pipelines.report.RunDatabase;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Copies a table of a run out of the repository. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    description = "Writes a table of a run as a FITS table, CSV or Parquet file.")
final class ExportCommand implements Callable<Integer> {
  /** File formats. */
  enum Format {
    FITS,
    CSV,
    PARQUET
  }

  @Mixin RepositoryOption repository = new RepositoryOption();

  @Parameters(paramLabel = "RUN", description = "Name of the run.")
  String run = "";

  @Option(
      names = "--what",
      required = true,
      paramLabel = "TABLE",
      description =
          "Object, Source, ForcedSource, DiaSource, Visit, CcdVisit ...; not case sensitive.")
  String what = "";

  @Option(
      names = "--format",
      description = "${COMPLETION-CANDIDATES} (default: by the ending of --out).")
  @Nullable Format format;

  @Option(names = "--where", paramLabel = "CONDITION", description = "SQL condition on the rows.")
  String where = "";

  @Option(
      names = "--columns",
      paramLabel = "LIST",
      description = "Columns, separated by commas (default: all).")
  String columns = "";

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "File to write; replaced when it exists.")
  Path out = Path.of("");

  @Mixin Answer answer = new Answer();

  @Override
  public Integer call() throws IOException {
    RunCatalog catalog = RunCatalog.open(repository.root(), run);
    String table = catalog.table(what);
    String query =
        "select "
            + (columns.isBlank() ? "*" : columns)
            + " from \""
            + table
            + "\""
            + (where.isBlank() ? "" : " where " + where);
    Path target = out.toAbsolutePath().normalize();
    Path parent = Objects.requireNonNull(target.getParent(), "--out is a file");
    Files.createDirectories(parent);
    Path temporary = target.resolveSibling("." + target.getFileName() + ".tmp");
    try (RunDatabase database = new RunDatabase(catalog.tablesFor(query))) {
      database.confine(List.of(catalog.root(), parent));
      switch (chosenFormat()) {
        case CSV ->
            database.execute(
                "copy (" + query + ") to '" + escaped(temporary) + "' (format csv, header)");
        case PARQUET ->
            database.execute(
                "copy ("
                    + query
                    + ") to '"
                    + escaped(temporary)
                    + "' (format parquet, compression zstd)");
        default ->
            FitsExport.write(database, query, table, catalog.columnMetadata(table), temporary);
      }
      Files.move(temporary, target, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
    ObjectNode made = Answer.object().put("run", catalog.run()).put("table", table);
    answer.print(target.toString(), made.put("file", target.toString()));
    return 0;
  }

  private static String escaped(Path path) {
    return path.toString().replace("'", "''");
  }

  private Format chosenFormat() {
    if (format != null) {
      return format;
    }
    String name = out.toString().toLowerCase(java.util.Locale.ROOT);
    if (name.endsWith(".csv")) {
      return Format.CSV;
    }
    if (name.endsWith(".parquet")) {
      return Format.PARQUET;
    }
    if (name.endsWith(".fits")) {
      return Format.FITS;
    }
    throw new UserException(
        ExitCode.USAGE,
        "--out "
            + out
            + ": no format can be told from the ending; give --format fits, csv or parquet");
  }
}
