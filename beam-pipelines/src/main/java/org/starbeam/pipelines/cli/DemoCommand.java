package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.LaunchSettings;
import org.starbeam.pipelines.PipelineLauncher;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.CampaignRunner;
import org.starbeam.pipelines.campaign.CampaignSettings;
import org.starbeam.pipelines.campaign.Template;
import org.starbeam.pipelines.observe.RunMonitor;
import org.starbeam.pipelines.observe.StatusServer;
import org.starbeam.pipelines.report.ReportWriter;
import org.starbeam.pipelines.repository.Completion;
import org.starbeam.pipelines.repository.Pruning;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.store.LocalData;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Simulates a small survey and reduces it. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description =
        "Simulates a small survey, reduces it from raw frames to a report and prints the report's"
            + " path.")
final class DemoCommand implements Callable<Integer> {
  private static final String RUN = "demo";

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "./demo",
      description = "Where survey and repository go (default: ${DEFAULT-VALUE}).")
  Path out = Path.of("./demo");

  /** Surveys, by what they cost. */
  enum Size {
    TINY("tiny"),
    SMALL("demo"),
    MEDIUM("ci");

    private final String preset;

    Size(String preset) {
      this.preset = preset;
    }
  }

  @Option(
      names = "--size",
      defaultValue = "small",
      description =
          "${COMPLETION-CANDIDATES}: presets tiny (4 visits), demo (9), ci (30) (default:"
              + " ${DEFAULT-VALUE}).")
  Size size = Size.SMALL;

  @Option(
      names = "--keep",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description =
          "Keep the frames of the survey and the intermediate datasets (default: yes); images,"
              + " tables and report stay in any case.")
  boolean keep = true;

  @Option(names = "--serve", description = "Serve report and status page until interrupted.")
  boolean serve;

  @Mixin StatusPageOptions page = new StatusPageOptions();

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "Seed of the survey (default: ${DEFAULT-VALUE}).")
  long seed = 1;

  @Option(
      names = "--runner",
      description = "direct or flink (default: STARBEAM_RUNNER, else direct).")
  String runner = PipelineLauncher.usual();

  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin Answer answer = new Answer();

  @Override
  public Integer call() throws IOException, InterruptedException {
    GlobalOptions global = GlobalOptions.of(spec);
    Path input = out.toAbsolutePath().normalize().resolve("survey");
    Path repository = out.toAbsolutePath().normalize().resolve("repo");
    if (Files.exists(input.resolve("raw"))) {
      requireSame(input);
    } else {
      SimulateCommand.make(input, SimulateCommand.named(size.preset), seed);
    }
    CampaignSettings campaign =
        new CampaignSettings(
            Template.load("ci"),
            Map.of("input", input.toString()),
            Template.ALL_STEPS,
            repository,
            RUN,
            runner,
            LaunchSettings.ofParallelism(global.threads()));
    CampaignRunner.Result result;
    try (Progress progress = new Progress(repository, RUN, global.quiet)) {
      result = new CampaignRunner(BuildInfo.version()).run(campaign);
    }
    Path report = ReportWriter.write(repository, RUN);
    ExitCode code =
        result.stop() != null
            ? result.exitCode()
            : new Completion(repository, RUN, campaign.campaign())
                .finish(result.exitCode(), true, false)
                .code();
    System.err.printf(
        "%s in %d s%n%n", result.summary().line(), result.runner().wallTime().toSeconds());
    List<String> hints =
        List.of(
            "starbeam sql --repo %s \"select band, count(*) from Source group by band\""
                .formatted(repository),
            "starbeam export demo --repo %s --what Object --out Object.fits".formatted(repository),
            "starbeam status demo --repo %s".formatted(repository));
    System.err.println("look at the report in a browser; then for example:");
    hints.forEach(h -> System.err.println("  " + h));
    ObjectNode document = Answer.object().put("run", RUN).put("repository", repository.toString());
    document.put("report", report.toString()).put("exitCode", code.code());
    if (!keep && code == ExitCode.SUCCESS) {
      tidy(input, repository);
    }
    if (serve) {
      System.err.println("the report is " + report);
      RunPages.serve(RunMonitor.open(repository, RUN), page, StatusServer.REPORT, answer);
    } else {
      answer.print(report.toString(), document);
    }
    return code.code();
  }

  /** A survey that is there is reduced again if it is whole and the one that is asked for. */
  private void requireSame(Path survey) throws IOException {
    Path made = survey.resolve("truth/config.json");
    String what = "what a simulation that was broken off has left";
    if (Files.exists(made)) {
      JsonNode config = new ObjectMapper().readTree(made.toFile());
      String preset = config.path("preset").asText();
      long madeWith = config.path("seed").asLong();
      if (preset.equals(size.preset) && madeWith == seed) {
        return;
      }
      what = "preset %s, seed %d".formatted(preset, madeWith);
    }
    throw new UserException(
        ExitCode.CONFLICT,
        "%s holds %s, not preset %s, seed %d".formatted(survey, what, size.preset, seed),
        "another --out, or remove " + out);
  }

  private static void tidy(Path survey, Path repository) throws IOException {
    Pruning pruning = new Pruning(repository, RUN);
    List<DatasetRef> found = pruning.find(EnumSet.of(DatasetType.Retention.INTERMEDIATE), Set.of());
    pruning.delete(found, "demo --no-keep");
    LocalData.remove(survey, survey);
    System.err.printf(
        "removed the survey and %,d intermediate datasets, %,.0f MB%n",
        found.size(), found.stream().mapToLong(DatasetRef::getBytes).sum() / 1e6);
  }
}
