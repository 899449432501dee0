package org.starbeam.pipelines.campaign;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.apache.beam.sdk.Pipeline;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.LaunchSettings;
import org.starbeam.pipelines.LauncherScript;
import org.starbeam.pipelines.PipelineFailedException;
import org.starbeam.pipelines.PipelineLauncher;
import org.starbeam.pipelines.RunnerResult;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.CampaignGraph.GraphTask;
import org.starbeam.pipelines.mock.MockGraph;
import org.starbeam.pipelines.mock.MockPlan;
import org.starbeam.pipelines.repository.RepositoryFile;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.InputFolder;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.ingest.RawInputs;
import org.starbeam.transforms.quantum.AdoptionSettings;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.CampaignServices;
import org.starbeam.transforms.quantum.QuantumLimits;
import org.starbeam.transforms.quantum.RunActiveException;
import org.starbeam.transforms.quantum.RunLease;
import org.starbeam.transforms.quantum.RunStop;
import org.starbeam.transforms.quantum.Slice;
import org.starbeam.transforms.quantum.Withdrawn;
import org.starbeam.transforms.store.StoreUnavailableException;
import org.starbeam.transforms.window.CampaignWindows;

/** Freezes a campaign, runs its graph and says how it ended. */
public final class CampaignRunner {
  /**
   * How a launch ended.
   *
   * @param continued true when the run existed before
   * @param summary the state of all quanta of the run
   * @param stop why it was stopped before its end, or null
   */
  public record Result(
      boolean continued, RunnerResult runner, RunSummary summary, @Nullable RunStop stop) {
    /** The exit code of the launch (specs/05 section 10.3). */
    public ExitCode exitCode() {
      return stop == null ? summary.exitCode() : LaunchSignals.exitCode(stop);
    }
  }

  private final String version;
  private Retry retry = Retry.none();
  private List<String> rescue = List.of();
  private RunLease.Timing timing = RunLease.Timing.defaults();
  private UnaryOperator<QuantumLimits.TimeLimit> disk = UnaryOperator.identity();
  private @Nullable MockPlan mock;
  private @Nullable RunStop stop;

  public CampaignRunner(String version) {
    this.version = version;
  }

  /** With failures of earlier launches that are attempted again. */
  public CampaignRunner retrying(Retry which) {
    retry = which;
    return this;
  }

  /** With runs whose finished quanta are adopted where their inputs are the same. */
  public CampaignRunner rescuing(List<String> runs) {
    rescue = List.copyOf(runs);
    return this;
  }

  /** With a mock of the graph: the campaign gives name and failure policy only. */
  public CampaignRunner mocking(MockPlan plan) {
    mock = plan;
    return this;
  }

  /**
   * With another patience with a full disk.
   *
   * @param probeSeconds pause between two looks whether there is room again
   * @param patienceSeconds how long the run waits for it
   */
  public CampaignRunner withDisk(double probeSeconds, double patienceSeconds) {
    disk = limit -> limit.withDisk(probeSeconds, patienceSeconds);
    return this;
  }

  /** With another pace of the lease. */
  public CampaignRunner withLease(RunLease.Timing pace) {
    timing = pace;
    return this;
  }

  /**
   * Runs a campaign to its end.
   *
   * @throws UserException before anything is written when settings or inputs are at fault
   */
  public Result run(CampaignSettings given) {
    CampaignSettings settings = withOwnCalibs(given);
    return run(settings, context(settings));
  }

  private CampaignSettings withOwnCalibs(CampaignSettings settings) {
    return mock != null ? settings : settings.with(OwnCalibs.of(settings, () -> context(settings)));
  }

  /**
   * Runs some quanta of another run again, under the settings' run, and adopts everything else.
   *
   * @param source run with the same campaign
   * @param quanta ids of the quanta that run
   */
  public Result replay(CampaignSettings given, String source, Set<String> quanta)
      throws IOException {
    CampaignSettings settings = withOwnCalibs(given);
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

  private Result run(CampaignSettings settings, CampaignContext real) {
    MockPlan plan = mock;
    CampaignContext context = plan == null ? real : mocked(real, plan);
    SortedMap<String, GraphTask> tasks = new TreeMap<>();
    if (plan == null) {
      checkInput(settings);
      tasks.putAll(CampaignGraph.tasks(settings, context));
      requireLock(settings, tasks);
      VisitSelection.requireAny(settings, context);
    }
    PipelineLauncher launcher = PipelineLauncher.named(settings.runner());
    String shard = settings.launch().shard();
    String part = settings.run() + (shard.isEmpty() ? "" : " " + shard);
    LaunchSettings launch = settings.launch().withJob(part + " in " + settings.repository());
    if (settings.watched()) {
      launch = launch.withStreaming();
    }
    LaunchSettings how = launch;
    launcher.check(how);
    RepositoryFile.requireStore(settings.repository());
    RepositoryFile.init(settings.repository());
    boolean continued = FrozenCampaign.freeze(settings, tasks, version);
    if (plan != null) {
      MockRuns.keep(settings, plan);
    }
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
    RunSummary summary = RunSummary.of(catalog, context.limits().failures());
    return new Result(continued, ended, summary, stop);
  }

  /** One pass through the graph, with the run's lease in hand. */
  private RunnerResult pass(
      PipelineLauncher launcher,
      LaunchSettings launch,
      CampaignSettings settings,
      CampaignContext context) {
    try (RunLease lease = lease(context);
        LaunchSignals signals = new LaunchSignals(context)) {
      stop = null;
      RunnerResult ended = pass(launcher, launch, settings, context, lease);
      RunStop how = stop;
      if (how != null) {
        requireStorage(how);
        lease.end(LaunchSignals.exitCode(how).code());
      } else if (isWhole(settings, context)) {
        Withdrawn.record(context, lease.fence());
      }
      return ended;
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE,
          "the repository " + settings.repository() + " cannot be written: " + e.getMessage(),
          "starbeam doctor --repo " + settings.repository());
    }
  }

  private RunnerResult pass(
      PipelineLauncher launcher,
      LaunchSettings launch,
      CampaignSettings settings,
      CampaignContext context,
      RunLease lease)
      throws IOException {
    long start = System.nanoTime();
    RunnerResult ended;
    if (launcher.runsHere(launch)) {
      CampaignServices.openAhead(context);
    }
    try {
      ended = launcher.run(pipeline -> build(pipeline, settings, context), launch);
      stop = stopped(context, lease);
    } catch (RuntimeException e) {
      stop = e instanceof PipelineFailedException ? stopped(context, lease) : null;
      if (stop == null) {
        abandon(context, lease, e);
        throw e;
      }
      Duration wall = Duration.ofNanos(System.nanoTime() - start);
      ended = new RunnerResult(launcher.name(), "STOPPED", wall);
    }
    CampaignServices.end(context);
    return ended;
  }

  /** Closes what a failed pass has left, which may fail for the same reason. */
  private static void abandon(CampaignContext context, RunLease lease, RuntimeException why) {
    try {
      CampaignServices.end(context);
      boolean gaveUp = why instanceof PipelineFailedException;
      lease.end((gaveUp ? ExitCode.INFRASTRUCTURE : ExitCode.INTERNAL).code());
    } catch (IOException e) {
      why.addSuppressed(e);
    }
  }

  /** True when every quantum of the run is in the graph of this launch. */
  private static boolean isWhole(CampaignSettings settings, CampaignContext context) {
    return settings.steps().equals(settings.campaign().steps())
        && settings.launch().shard().isEmpty()
        && !settings.watched()
        && !context.adoption().force();
  }

  /** Storage that is gone ends a launch with what is wrong, not with a summary of what is there. */
  private static void requireStorage(RunStop stop) {
    if (stop.cause() == RunStop.Cause.STORAGE) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE,
          stop.text(),
          "when it is back, the same command goes on with the run; nothing has failed for it");
    }
  }

  private void build(Pipeline pipeline, CampaignSettings settings, CampaignContext context) {
    if (mock == null) {
      CampaignGraph.build(pipeline, settings, context);
    } else {
      MockGraph.build(pipeline, mock, context);
    }
  }

  /** Mock storage that does not answer is asked again soon; nobody waits for mock datasets. */
  private static CampaignContext mocked(CampaignContext context, MockPlan plan) {
    QuantumLimits.TimeLimit time = context.limits().time();
    double seconds = plan.timeLimitSeconds();
    return context
        .computing(Slice.WHOLE)
        .withRetryDelaysMillis(List.of(1L, 2L, 4L))
        .withLimits(
            context
                .limits()
                .withTime(time.withSeconds(seconds, time.graceSeconds()))
                .isolating(plan.isolate())
                .withoutFileSync());
  }

  private RunLease lease(CampaignContext context) throws IOException {
    try {
      return RunLease.take(context, timing);
    } catch (RunActiveException e) {
      throw new UserException(
          ExitCode.CONFLICT,
          String.valueOf(e.getMessage()),
          "starbeam status " + context.run() + " --repo " + context.root());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UserException(ExitCode.INTERRUPTED, "interrupted");
    }
  }

  private static @Nullable RunStop stopped(CampaignContext context, RunLease lease)
      throws IOException {
    RunStop here = CampaignServices.stopped(context);
    RunStop asked = here == null ? lease.requestedStop() : here;
    return asked == null ? lease.lost() : asked;
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

  private CampaignContext context(CampaignSettings settings) {
    List<String> adopted = new ArrayList<>(rescue);
    adopted.addAll(settings.base());
    CampaignContext context =
        CampaignContext.of(settings.repository(), settings.run())
            .withBands(settings.bands())
            .withRelease(settings.campaign().outputs().release())
            .adoptingFrom(adopted)
            .retrying(retry.classes())
            .withLimits(limits(settings))
            .basedOn(settings.base())
            .withCodeVersion(version)
            .selecting(VisitSelection.text(settings))
            .computing(
                TaskGraph.slice(
                        settings.choice(),
                        settings.ownSteps(),
                        settings.launch().shard(),
                        TaskGraph.absent(settings.campaign()))
                    .onTracts(settings.campaign().select().tracts()))
            .withArrivals(settings.arrivals());
    for (Map.Entry<String, ObjectNode> task : settings.tasks().entrySet()) {
      context = context.withConfig(task.getKey(), task.getValue().toString());
    }
    return context;
  }

  private QuantumLimits limits(CampaignSettings settings) {
    try {
      QuantumLimits limits = LaunchRules.limits(settings.campaign(), settings.repository(), retry);
      return limits.withTime(disk.apply(limits.time()));
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INPUTS, "cannot read errors.yaml of " + settings.repository() + ": " + e);
    }
  }

  /** What the launch does not compute must have ended. */
  private static void requireRecorded(CampaignSettings settings, Slice slice) {
    if (slice.recorded().isEmpty()) {
      return;
    }
    Map<String, Long> ended = new HashMap<>();
    Map<String, Long> running = new HashMap<>();
    RunCatalog.open(settings.repository(), settings.run())
        .forEachLastWithoutInputs(
            record -> {
              boolean open =
                  record.getStatus() == QuantumStatus.RUNNING
                      || record.getStatus() == QuantumStatus.ABORTED;
              (open ? running : ended).merge(record.getTask(), 1L, Long::sum);
            });
    for (String stage : TaskGraph.needed(slice)) {
      String task = TaskGraph.taskOf(stage);
      boolean none = !ended.containsKey(task);
      if (none || running.containsKey(task)) {
        throw new UserException(
            ExitCode.INPUTS,
            "--steps "
                + String.join(",", settings.steps())
                + ": run "
                + settings.run()
                + (none
                    ? " has no results of task " + task
                    : " has " + running.get(task) + " quanta of task " + task + " without an end")
                + ", which is read and not computed here",
            "the same launch with --steps .." + TaskGraph.stage(stage).step());
      }
    }
  }

  private static void checkInput(CampaignSettings settings) {
    InputFolder input = settings.input();
    try {
      if (!input.exists()) {
        throw new UserException(
            ExitCode.INPUTS,
            input.directory() == null
                ? "no files below " + input + "/raw/ or /calibrated/"
                : "input directory " + input + " does not exist",
            "starbeam simulate --out DIR --preset demo makes one");
      }
      if (!input.has(RawInputs.RAW) && !input.has(RawInputs.CALIBRATED)) {
        throw new UserException(
            ExitCode.INPUTS, "input directory " + input + " has neither raw/ nor calibrated/");
      }
    } catch (StoreUnavailableException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE, "the input cannot be read: " + e.getMessage());
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INPUTS, "cannot read the input directory " + input + ": " + e);
    }
  }
}
