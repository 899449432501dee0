package org.starbeam.pipelines.campaign;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.LaunchSettings;
import org.starbeam.pipelines.LauncherScript;
import org.starbeam.pipelines.PipelineFailedException;
import org.starbeam.pipelines.PipelineLauncher;
import org.starbeam.pipelines.RunnerResult;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.CampaignGraph.GraphTask;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.quantum.AdoptionSettings;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.CampaignServices;
import org.starbeam.transforms.quantum.Slice;
import org.starbeam.transforms.window.CampaignWindows;

/** Freezes a campaign, runs its graph and says how it ended. */
public final class CampaignRunner {
  /**
   * How a launch ended.
   *
   * @param continued true when the run existed before
   * @param summary the state of all quanta of the run
   */
  public record Result(boolean continued, RunnerResult runner, RunSummary summary) {}

  private final String version;

  public CampaignRunner(String version) {
    this.version = version;
  }

  /**
   * Runs a campaign to its end.
   *
   * @throws UserException before anything is written when settings or inputs are at fault
   */
  public Result run(CampaignSettings settings) {
    return run(settings, context(settings));
  }

  /**
   * Runs some quanta of another run again, under the settings' run, and adopts everything else.
   *
   * @param source run with the same campaign
   * @param quanta ids of the quanta that run
   */
  public Result replay(CampaignSettings settings, String source, Set<String> quanta)
      throws IOException {
    Path directory = RepositoryPaths.run(settings.repository(), settings.run());
    Path list = Files.createDirectories(directory).resolve("replay.list");
    Files.write(list, quanta);
    List<String> adopt = new ArrayList<>(List.of(source));
    adopt.addAll(settings.base());
    String relative = settings.repository().relativize(list).toString();
    return run(
        settings,
        context(settings).adoptingFrom(adopt).rerunning(new AdoptionSettings(relative, true)));
  }

  private Result run(CampaignSettings settings, CampaignContext context) {
    checkInput(settings);
    SortedMap<String, GraphTask> tasks = CampaignGraph.tasks(settings, context);
    requireLock(settings, tasks);
    VisitSelection.requireAny(settings, context);
    PipelineLauncher launcher = PipelineLauncher.named(settings.runner());
    LaunchSettings launch =
        settings.launch().withJob(settings.run() + " in " + settings.repository());
    if (settings.watched()) {
      launch = launch.withStreaming();
    }
    LaunchSettings how = launch;
    launcher.check(how);
    boolean continued = FrozenCampaign.freeze(settings, tasks, version);
    requireRecorded(settings, context.slice());
    LauncherScript.begun();
    RunnerResult ended;
    try {
      ended = Regeneration.run(context, one -> pass(launcher, how, settings, one));
    } catch (PipelineFailedException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE,
          String.valueOf(e.getMessage()),
          "the same command again continues the run");
    }
    RunCatalog catalog = RunCatalog.open(settings.repository(), settings.run());
    NightlyCalibs.certify(settings, catalog);
    return new Result(
        continued, ended, RunSummary.of(catalog, settings.campaign().failurePolicy()));
  }

  private static RunnerResult pass(
      PipelineLauncher launcher,
      LaunchSettings launch,
      CampaignSettings settings,
      CampaignContext context) {
    try {
      return launcher.run(pipeline -> CampaignGraph.build(pipeline, settings, context), launch);
    } finally {
      close(context);
    }
  }

  /** A release runs under a lock only, and a lock holds for whatever names it. */
  private void requireLock(CampaignSettings settings, SortedMap<String, GraphTask> tasks) {
    Path lock = settings.lock();
    if (lock != null) {
      FreezeLock.read(lock).require(lock, FreezeLock.actual(settings, tasks, version));
    } else if (settings.campaign().windows().kind() == CampaignWindows.Kind.RELEASE) {
      String name = settings.campaign().name();
      throw new UserException(
          ExitCode.LOCK,
          "campaign " + name + " makes a release, which runs under a lock only: --locked FILE",
          "starbeam freeze --name NAME --out NAME.lock.yaml " + name + " with the same --set");
    }
  }

  private static void close(CampaignContext context) {
    try {
      CampaignServices.close(context);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private CampaignContext context(CampaignSettings settings) {
    CampaignContext context =
        CampaignContext.of(settings.repository(), settings.run())
            .withBands(settings.bands())
            .withRelease(settings.campaign().outputs().release())
            .adoptingFrom(settings.base())
            .basedOn(settings.base())
            .withCodeVersion(version)
            .selecting(VisitSelection.text(settings))
            .computing(
                TaskGraph.slice(
                    settings.choice(), settings.ownSteps(), settings.launch().shard()))
            .withArrivals(settings.arrivals());
    for (Map.Entry<String, ObjectNode> task : settings.tasks().entrySet()) {
      context = context.withConfig(task.getKey(), task.getValue().toString());
    }
    return context;
  }

  /** What the launch does not compute must have ended. */
  private static void requireRecorded(CampaignSettings settings, Slice slice) {
    if (slice.recorded().isEmpty()) {
      return;
    }
    Map<String, Long> ended = new HashMap<>();
    Map<String, Long> running = new HashMap<>();
    for (QuantumRecord record : RunCatalog.open(settings.repository(), settings.run()).quanta()) {
      boolean open = record.getStatus() == QuantumStatus.RUNNING;
      (open ? running : ended).merge(record.getTask(), 1L, Long::sum);
    }
    for (String stage : TaskGraph.needed(slice)) {
      boolean none = !ended.containsKey(stage);
      if (none || running.containsKey(stage)) {
        throw new UserException(
            ExitCode.INPUTS,
            "--steps "
                + String.join(",", settings.steps())
                + ": run "
                + settings.run()
                + (none
                    ? " has no results of task " + stage
                    : " has " + running.get(stage) + " quanta of task " + stage + " without an end")
                + ", which is read and not computed here",
            "the same launch with --steps .." + TaskGraph.stage(stage).step());
      }
    }
  }

  private static void checkInput(CampaignSettings settings) {
    if (!Files.isDirectory(settings.input())) {
      throw new UserException(
          ExitCode.INPUTS,
          "input directory " + settings.input() + " does not exist",
          "starbeam simulate --out DIR --preset demo makes one");
    }
    boolean any =
        Files.isDirectory(settings.input().resolve("raw"))
            || Files.isDirectory(settings.input().resolve("calibrated"));
    if (!any) {
      throw new UserException(
          ExitCode.INPUTS,
          "input directory " + settings.input() + " has neither raw/ nor calibrated/");
    }
  }
}
