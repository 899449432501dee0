package org.starbeam.pipelines.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.LauncherScript;
import org.starbeam.pipelines.PipelineLauncher;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.Campaign;
import org.starbeam.pipelines.campaign.CampaignRunner;
import org.starbeam.pipelines.campaign.CampaignSettings;
import org.starbeam.pipelines.campaign.FrozenCampaign;
import org.starbeam.pipelines.campaign.RescueReport;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.campaign.RunEnvironment;
import org.starbeam.pipelines.campaign.TaskGraph;
import org.starbeam.pipelines.campaign.Template;
import org.starbeam.pipelines.mock.MockPlan;
import org.starbeam.pipelines.repository.Completion;
import org.starbeam.pipelines.repository.RepositoryFile;
import org.starbeam.transforms.dataset.Chains;
import org.starbeam.transforms.dataset.Collection;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.log.Redaction;
import org.starbeam.transforms.store.StoreOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs a campaign. */
@Command(
    name = "launch",
    mixinStandardHelpOptions = true,
    description =
        "Runs a campaign from a template. With the --name of a run that exists it continues that"
            + " run; nothing that is done is done again.")
final class LaunchCommand implements Callable<Integer> {
  private static final Path NO_FILE = Path.of("");

  /** When the launch began; in the name of a run that is given none. */
  private final String stamp = stamp();

  private static String stamp() {
    String scripted = LauncherScript.stamp();
    return scripted != null
        ? scripted
        : DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC)
            .format(Instant.now());
  }

  @Mixin RepositoryOption repository = new RepositoryOption();

  @Mixin CampaignOptions options = new CampaignOptions();

  @Mixin RunOptions how = new RunOptions();

  @Mixin Answer answer = new Answer();

  @Parameters(
      paramLabel = "TEMPLATE",
      description = "Name of a template, or a template or campaign file.")
  String template = "";

  @Option(
      names = "--name",
      paramLabel = "RUN",
      description = "Name of the run (default: CAMPAIGN/WINDOW/TIME).")
  String name = "";

  @Option(
      names = "--steps",
      split = ",",
      paramLabel = "STEP",
      description =
          "Steps to run: STEP, STEP:TASK, or FIRST..LAST of these with either end left open"
              + " (default: those of the template). What earlier steps made is read from the run.")
  List<String> steps = new ArrayList<>();

  @Option(
      names = "--tasks",
      split = ",",
      paramLabel = "TASK",
      description =
          "Tasks to run, and no others. What they read must be there from earlier launches of the"
              + " run.")
  List<String> tasks = new ArrayList<>();

  @Option(
      names = "--detach",
      description =
          "Go on in the background of this machine; returns when the launch works on the run, with"
              + " its error when it never does. What it prints is in launch.log of the run.")
  boolean detach;

  @Option(
      names = "--locked",
      paramLabel = "FILE",
      description =
          "A lock of 'starbeam freeze'; anything that differs from it ends the launch with exit"
              + " code 7.")
  Path locked = NO_FILE;

  @Option(
      names = "--data",
      paramLabel = "URI",
      description =
          "For a new repository: place in an object store for the datasets, as s3://bucket/prefix.")
  String data = "";

  @Option(
      names = "--runner-option",
      paramLabel = "KEY=VALUE",
      description = "Option of Beam that is passed on and recorded; may be repeated.")
  List<String> runnerOptions = new ArrayList<>();

  @Option(
      names = "--dry-run",
      description = "Runs nothing and says what would be done, as plan does.")
  boolean dryRun;

  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--rescue",
      paramLabel = "RUN",
      description =
          "Adopt what this run, or one of the window's chain, has done with the same inputs,"
              + " configuration and code; says at the end how much that was, and why the rest was"
              + " not adopted.")
  String rescue = "";

  @Option(
      names = "--mock",
      paramLabel = "FILE",
      description =
          "A trial of everything except science: a graph of the campaign's shape whose tasks only"
              + " take time and fail by a seed. The file says how many of them there are.")
  Path mock = NO_FILE;

  @Option(
      names = "--mock-speed",
      paramLabel = "X",
      description = "Run times of mock tasks are divided by X.")
  @Nullable Double mockSpeed;

  @Option(
      names = "--fail-rate",
      paramLabel = "X",
      description = "Share of the mock quanta that fail.")
  @Nullable Double failRate;

  @Override
  public Integer call() {
    LauncherScript.requireRepository(repository.root());
    if (!steps.isEmpty() && !tasks.isEmpty()) {
      throw new UserException(
          ExitCode.USAGE, "--steps and --tasks say the same in two ways; give one of them");
    }
    if (!tasks.isEmpty()) {
      steps = TaskGraph.choiceOf(tasks);
    }
    if (!mock.equals(NO_FILE) && options.settings.stream().noneMatch(s -> s.startsWith("input="))) {
      options.settings.add("input=" + noInput());
    }
    if (dryRun) {
      PlanCommand plan = PlanCommand.ofLaunch(template, options, repository, name);
      plan.answer = answer;
      return plan.call();
    }
    StoreOptions.give(runnerOptions());
    if (!data.isEmpty()) {
      RepositoryFile.init(repository.root(), data);
    }
    CampaignSettings campaign = campaign();
    Redaction.learn(campaign.campaign().body());
    campaign
        .campaign()
        .resolution()
        .values()
        .forEach((name, value) -> Redaction.learn(name, value.json().asText()));
    if (FrozenCampaign.exists(campaign.repository(), campaign.run())) {
      RunEnvironment.of(campaign.repository(), campaign.run())
          .require(campaign.run(), BuildInfo.version(), false);
    }
    if (detach && !LauncherScript.isDetached()) {
      List<String> arguments = spec.root().commandLine().getParseResult().originalArgs();
      return DetachedLaunch.start(campaign, arguments, stamp, answer);
    }
    int code =
        LaunchEnd.run(
            campaign,
            runner -> special(runner, campaign),
            how.view(spec, campaign.campaign(), steps.isEmpty()));
    if (!rescue.isEmpty()) {
      String source = RunCatalog.open(repository.root(), rescue).run();
      RescueReport.of(repository.root(), campaign.run(), source)
          .lines()
          .forEach(System.err::println);
    }
    return code;
  }

  /** A mock campaign has an input directory with nothing in it. */
  private Path noInput() {
    Path directory = repository.root().resolve("cache/mock-input");
    try {
      return Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE, "cannot write " + directory + ": " + e.getMessage());
    }
  }

  private CampaignRunner special(CampaignRunner runner, CampaignSettings campaign) {
    CampaignRunner out = rescue.isEmpty() ? runner : runner.rescuing(rescued(campaign));
    return mock.equals(NO_FILE) ? out : out.mocking(MockPlan.read(mock).with(mockSpeed, failRate));
  }

  /** The run that was named, then those of the window's chain. */
  private List<String> rescued(CampaignSettings settings) {
    Set<String> runs = new LinkedHashSet<>();
    runs.add(RunCatalog.open(repository.root(), rescue).run());
    Campaign campaign = settings.campaign();
    String chain = campaign.name() + "/" + Completion.window(campaign);
    Chains chains = new Chains(repository.root());
    try {
      if (chains.exists(chain)) {
        runs.addAll(chains.runs(Collection.chain(chain)));
      }
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE, "cannot read chain:" + chain + ": " + e.getMessage());
    }
    runs.remove(settings.run());
    return List.copyOf(runs);
  }

  private CampaignSettings campaign() {
    String on = how.runner.isEmpty() ? PipelineLauncher.usual() : how.runner;
    if (!List.of("direct", "flink").contains(on)) {
      throw new UserException(ExitCode.USAGE, "--runner " + on + ": expected direct or flink");
    }
    if (!how.master.isEmpty() && !on.equals("flink")) {
      throw new UserException(ExitCode.USAGE, "--master " + how.master + " needs --runner flink");
    }
    if (how.parallelism < 0) {
      throw new UserException(
          ExitCode.USAGE, "--parallelism " + how.parallelism + ": expected 1 or more");
    }
    Campaign resolved = resolved();
    return new CampaignSettings(
        resolved,
        steps.isEmpty() ? resolved.steps() : steps,
        repository.root(),
        runName(resolved),
        on,
        how.settings(spec, resolved).withRunnerOptions(runnerOptions()),
        locked.equals(NO_FILE) ? null : locked);
  }

  /** The name that was given, else {@code CAMPAIGN/WINDOW/TIME}. */
  private String runName(Campaign resolved) {
    String run =
        name.isEmpty() ? resolved.name() + "/" + resolved.windowName() + "/" + stamp : name;
    try {
      return RepositoryPaths.checkRun(run);
    } catch (BadInputException e) {
      throw new UserException(ExitCode.USAGE, e.code() + ": " + e.getMessage(), "give a --name");
    }
  }

  private List<String> runnerOptions() {
    for (String option : runnerOptions) {
      if (!option.matches("[A-Za-z][A-Za-z0-9]*=.*")) {
        throw new UserException(
            ExitCode.USAGE, "--runner-option " + option + ": expected KEY=VALUE");
      }
    }
    return runnerOptions;
  }

  /** The campaign; one without input takes the survey of its preset, simulated when need be. */
  private Campaign resolved() {
    Template chosen = Template.load(template);
    Campaign resolved = options.resolve(chosen);
    resolved.resolution().warnings().forEach(System.err::println);
    String preset = resolved.inputs().preset();
    if (resolved.inputs().path() != null || preset == null) {
      return resolved;
    }
    Path survey = repository.root().resolve("cache").resolve("survey-" + preset);
    if (!Files.isDirectory(survey)) {
      Path unfinished = survey.resolveSibling(survey.getFileName() + "." + UUID.randomUUID());
      SimulateCommand.make(unfinished, SimulateCommand.named(preset), 1);
      try {
        Files.move(unfinished, survey, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        throw new UserException(
            ExitCode.INFRASTRUCTURE, "cannot write " + survey + ": " + e.getMessage());
      }
    }
    options.settings.add("inputs.path=" + survey);
    return options.resolve(chosen);
  }
}
