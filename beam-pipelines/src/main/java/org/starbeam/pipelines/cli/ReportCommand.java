package org.starbeam.pipelines.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.report.ReportWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes the report of a run. */
@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    description =
        "Makes the quality report of a run, also of a failed or partial one, and prints its path.")
final class ReportCommand implements Callable<Integer> {
  @Mixin RepositoryOption repository = new RepositoryOption();

  @Parameters(
      paramLabel = "RUN",
      arity = "0..1",
      description = "Name of the run (default: the newest).")
  String run = "";

  @Option(names = "--out", paramLabel = "FILE", description = "Copy the report to this HTML file.")
  @Nullable Path out;

  @Override
  public Integer call() throws IOException {
    RunCatalog catalog = RunCatalog.open(repository.root(), run);
    Path report = ReportWriter.write(repository.root(), catalog.run(), 0);
    if (out != null) {
      Files.copy(report, out, StandardCopyOption.REPLACE_EXISTING);
      report = out.toAbsolutePath();
    }
    System.out.println(report);
    return 0;
  }
}
