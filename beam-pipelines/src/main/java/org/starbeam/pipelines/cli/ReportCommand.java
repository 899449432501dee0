package org.starbeam.pipelines.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
import org.starbeam.pipelines.report.ReportCopy;
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
    HTML(ReportWriter.PAGE),
    JSON(ReportWriter.NUMBERS);

    /** Name in the directory of a report. */
    private final String inReport;

    Format(String inReport) {
      this.inReport = inReport;
    }

    static boolean hasEnding(Path file) {
      return String.valueOf(file.getFileName()).lastIndexOf('.') > 0;
    }

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
      paramLabel = "PATH",
      description =
          "Copy the report: with all its pages into a directory (a name without ending), or its"
              + " first page alone to a file, of several forms each to one of this name with its"
              + " ending.")
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
    List<Path> files = files(Objects.requireNonNull(report.getParent()));
    if (serve) {
      RunMonitor monitor = RunMonitor.open(repository.root(), catalog.run());
      RunPages.serve(monitor, page, StatusServer.REPORT, answer);
      return 0;
    }
    if (answer.isJson()) {
      System.out.println(Files.readString(report.resolveSibling(ReportWriter.NUMBERS)).strip());
    } else {
      files.forEach(System.out::println);
    }
    return 0;
  }

  /** Where the report is in each form; when it was copied, the copies. */
  private List<Path> files(Path directory) throws IOException {
    if (out == null) {
      return inForms(directory);
    }
    ReportCopy copy = new ReportCopy(directory);
    Path target = out.toAbsolutePath().normalize();
    if (Files.isDirectory(target) || !Format.hasEnding(target)) {
      copy.all(target);
      return inForms(target);
    }
    List<Path> files = new ArrayList<>();
    for (Format format : new TreeSet<>(formats)) {
      Path file = formats.size() == 1 ? target : format.beside(target);
      copy.one(format.inReport, file);
      files.add(file);
    }
    return files;
  }

  private List<Path> inForms(Path directory) {
    return new TreeSet<>(formats)
        .stream().map(format -> directory.resolve(format.inReport)).toList();
  }
}
