package org.starbeam.pipelines.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.observe.RunCosts;
import org.starbeam.pipelines.observe.RunMonitor;
import org.starbeam.pipelines.observe.RunStateJson;
import org.starbeam.pipelines.observe.StatusServer;
import org.starbeam.pipelines.plan.CostFit;
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

  /** Forms of the report. */
  enum Format {
    HTML,
    JSON;

    /** Name of a file like another one, with the ending of this form. */
    Path beside(Path file) {
      String name = String.valueOf(file.getFileName());
      int dot = name.lastIndexOf('.');
      String ending = "." + name().toLowerCase(Locale.ROOT);
      return file.resolveSibling((dot < 1 ? name : name.substring(0, dot)) + ending);
    }
  }

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description =
          "Copy the report to this file; of several forms each to one of this name with its ending.")
  @Nullable Path out;

  @Option(
      names = "--format",
      split = ",",
      paramLabel = "FORM",
      description = "${COMPLETION-CANDIDATES} (default: html, a page that needs nothing else).")
  List<Format> formats = new ArrayList<>(List.of(Format.HTML));

  @Option(
      names = "--serve",
      description = "Serve the report and the status page until interrupted.")
  boolean serve;

  @Mixin StatusPageOptions page = new StatusPageOptions();

  @Option(
      names = "--costs",
      description = "Print what the run has cost by task, step and quantum, instead of the report.")
  boolean costs;

  @Option(
      names = "--price",
      paramLabel = "core_hour=PRICE",
      description = "Price of a core hour, for --costs.")
  Map<String, Double> price = new LinkedHashMap<>();

  @Mixin Answer answer = new Answer();

  @Option(
      names = "--fit-costs",
      description =
          "Instead of the report: prints the cost model of the run's executed quanta, for plan"
              + " --costs.")
  boolean fitCosts;

  @Override
  public Integer call() throws IOException, InterruptedException {
    for (String unit : price.keySet()) {
      if (!unit.equals("core_hour")) {
        throw new UserException(ExitCode.USAGE, "--price " + unit + ": expected core_hour=PRICE");
      }
    }
    RunCatalog catalog = RunCatalog.open(repository.root(), run);
    if (costs) {
      RunCosts made =
          ReportWriter.costs(
              repository.root(),
              catalog.run(),
              catalog.tables(),
              price.getOrDefault("core_hour", 0.0));
      if (answer.isJson()) {
        System.out.println(RunStateJson.mapper().valueToTree(made).toPrettyString());
      } else {
        made.lines().forEach(System.out::println);
      }
      return 0;
    }
    if (fitCosts) {
      System.out.println(
          new CostFit().add(repository.root(), catalog.run()).fit("run " + catalog.run()).json());
      return 0;
    }
    Path report = ReportWriter.write(repository.root(), catalog.run());
    List<Path> files = new ArrayList<>();
    for (Format format : new TreeSet<>(formats)) {
      files.add(
          copied(format == Format.HTML ? report : report.resolveSibling("report.json"), format));
    }
    if (serve) {
      RunMonitor monitor = RunMonitor.open(repository.root(), catalog.run());
      RunPages.serve(monitor, page, StatusServer.REPORT, answer);
      return 0;
    }
    if (answer.isJson()) {
      System.out.println(Files.readString(report.resolveSibling("report.json")).strip());
    } else {
      files.forEach(System.out::println);
    }
    return 0;
  }

  /** Where the report is in a form, when it was copied the copy. */
  private Path copied(Path made, Format format) throws IOException {
    Path target = out;
    if (target == null) {
      return made;
    }
    Path copy = (formats.size() == 1 ? target : format.beside(target)).toAbsolutePath().normalize();
    Files.createDirectories(Objects.requireNonNull(copy.getParent()));
    return Files.copy(made, copy, StandardCopyOption.REPLACE_EXISTING);
  }
}
