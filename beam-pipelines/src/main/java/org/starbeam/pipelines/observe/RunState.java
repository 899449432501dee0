package org.starbeam.pipelines.observe;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.campaign.Template;
import org.starbeam.schema.QuantumStatus;

/**
 * How a run stands at one moment; what progress, {@code status}, the status page, REST and metrics
 * show. The names of the components are the names in JSON.
 *
 * @param state {@code waiting}, {@code running}, {@code stopped} (quanta were begun and nobody
 *     works on them) or {@code ended}
 * @param planned true when the totals are those of a plan
 * @param step the step that is worked on most, or was last
 * @param elapsedSeconds from the first to the last record, without pauses between launches
 * @param slotEfficiency CPU seconds over elapsed seconds times slots; null when the slots are not
 *     known
 * @param failures kinds of failures, most frequent first
 * @param caveats kinds of degraded quanta, likewise; their error code is the caveat
 * @param slowest the quanta that took longest
 */
public record RunState(
    String run,
    String state,
    int launchExitCode,
    boolean planned,
    @Nullable String step,
    @Nullable Instant startedAt,
    @Nullable Instant changedAt,
    double elapsedSeconds,
    int slots,
    @Nullable Double slotEfficiency,
    double coreSeconds,
    Counts totals,
    Forecast forecast,
    List<StepState> steps,
    List<TaskState> tasks,
    List<ProblemKind> failures,
    List<ProblemKind> caveats,
    List<QuantumView> slowest,
    List<WindowState> windows,
    long ledgerRecords) {

  private static final int RATE_MINUTES = 5;

  /** One step: its tasks together. */
  public record StepState(
      String step,
      @JsonUnwrapped Counts counts,
      double perMinute,
      @Nullable Double secondsLeft,
      double coreSeconds) {}

  /**
   * One task.
   *
   * @param p50Seconds, p95Seconds percentiles of the run time
   * @param p95PeakBytes of the memory; null when it was not measured
   */
  public record TaskState(
      String step,
      String task,
      @JsonUnwrapped Counts counts,
      double perMinute,
      double coreSeconds,
      @Nullable Double p50Seconds,
      @Nullable Double p95Seconds,
      @Nullable Double p95PeakBytes) {}

  /** Quanta that ended badly, or less well, in the same way. */
  public record ProblemKind(
      String task,
      String errorClass,
      String errorCode,
      String signature,
      long count,
      String exampleId,
      String example,
      String message) {}

  /** Quanta of a step in a window. */
  public record WindowState(String step, String window, @JsonUnwrapped Counts counts) {}

  static RunState of(RunMonitor monitor, MonitorState learned, RunLife life) {
    PlanTotals plan = PlanTotals.of(monitor.root(), monitor.run());
    List<TaskTally> tallies = sorted(learned.tasks);
    List<TaskState> tasks = new ArrayList<>();
    for (TaskTally tally : tallies) {
      tasks.add(task(tally, plan, life));
    }
    for (PlanTotals.TaskPlan planned : plan.tasks()) {
      if (tallies.stream().noneMatch(t -> t.task.equals(planned.task()))) {
        tasks.add(task(new TaskTally(planned.step(), planned.task()), plan, life));
      }
    }
    tasks.sort(Comparator.comparingInt(t -> Template.ALL_STEPS.indexOf(t.step())));
    Counts totals = tasks.stream().map(TaskState::counts).reduce(Counts.none(), Counts::plus);
    double cores = tallies.stream().mapToDouble(t -> t.coreSeconds).sum();
    double first = tallies.stream().mapToDouble(t -> t.firstStart).min().orElse(Double.NaN);
    double last = tallies.stream().mapToDouble(t -> t.lastEnd).max().orElse(Double.NaN);
    boolean working = life.alive() && (life.leased() || totals.running() > 0);
    double elapsed = learned.activity.seconds(working ? life.nowMjd() : Double.NaN);
    return new RunState(
        monitor.run(),
        life.paused() ? "paused" : phase(totals, working),
        life.exitCode(),
        !plan.isEmpty(),
        busiest(tallies),
        instant(first),
        instant(last),
        elapsed,
        life.slots(),
        life.slots() > 0 && elapsed > 0 ? cores / (elapsed * life.slots()) : null,
        cores,
        totals,
        working ? Forecast.of(tallies, plan, life) : new Forecast(0, null, null),
        steps(tasks, tallies, plan, life, working),
        tasks,
        problems(learned, true),
        problems(learned, false),
        learned.slowestViews(),
        windows(learned, tallies),
        learned.records);
  }

  private static String phase(Counts totals, boolean working) {
    if (working) {
      return totals.total() == 0 ? "waiting" : "running";
    }
    return totals.total() == 0 ? "waiting" : totals.running() > 0 ? "stopped" : "ended";
  }

  /** The step with most quanta running, else the latest that has begun. */
  private static @Nullable String busiest(List<TaskTally> tallies) {
    String step = null;
    long most = 0;
    for (TaskTally tally : tallies) {
      long running = tally.count(QuantumStatus.RUNNING);
      if (running > most || most == 0) {
        step = tally.step;
        most = running;
      }
    }
    return step;
  }

  private static @Nullable Instant instant(double mjd) {
    return Double.isFinite(mjd) ? Instant.ofEpochMilli(RunLife.unixMillis(mjd)) : null;
  }

  private static List<TaskTally> sorted(List<TaskTally> tallies) {
    return tallies.stream()
        .sorted(
            Comparator.comparingInt((TaskTally t) -> Template.ALL_STEPS.indexOf(t.step))
                .thenComparingDouble(t -> t.firstStart))
        .toList();
  }

  private static TaskState task(TaskTally tally, PlanTotals plan, RunLife life) {
    return new TaskState(
        tally.step,
        tally.task,
        Counts.of(tally.byStatus, tally.degraded, plan.quanta(tally.task)),
        tally.perMinute(life.nowMjd(), RATE_MINUTES),
        tally.coreSeconds,
        finite(tally.seconds.quantile(0.5)),
        finite(tally.seconds.quantile(0.95)),
        finite(tally.peak.quantile(0.95)));
  }

  private static @Nullable Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }

  private static List<StepState> steps(
      List<TaskState> tasks,
      List<TaskTally> tallies,
      PlanTotals plan,
      RunLife life,
      boolean working) {
    Map<String, List<TaskState>> byStep = new LinkedHashMap<>();
    tasks.forEach(t -> byStep.computeIfAbsent(t.step(), s -> new ArrayList<>()).add(t));
    List<StepState> out = new ArrayList<>();
    byStep.forEach(
        (step, all) -> {
          List<TaskTally> own = tallies.stream().filter(t -> t.step.equals(step)).toList();
          Forecast forecast =
              working ? Forecast.of(own, plan.of(step), life) : new Forecast(0, null, null);
          out.add(
              new StepState(
                  step,
                  all.stream().map(TaskState::counts).reduce(Counts.none(), Counts::plus),
                  all.stream().mapToDouble(TaskState::perMinute).sum(),
                  forecast.seconds(),
                  all.stream().mapToDouble(TaskState::coreSeconds).sum()));
        });
    return out;
  }

  private static List<ProblemKind> problems(MonitorState learned, boolean failed) {
    return learned.signatures.stream()
        .filter(s -> s.count > 0 && s.failure() == failed)
        .sorted(
            Comparator.comparingLong((MonitorState.Signature s) -> -s.count)
                .thenComparing(s -> s.key))
        .map(
            s ->
                new ProblemKind(
                    s.task,
                    s.errorClass,
                    s.errorCode,
                    s.name,
                    s.count,
                    s.exampleId,
                    s.example,
                    s.message))
        .toList();
  }

  private static List<WindowState> windows(MonitorState learned, List<TaskTally> tallies) {
    List<WindowState> out = new ArrayList<>();
    tallies.stream()
        .map(t -> t.step)
        .distinct()
        .forEach(
            step ->
                learned
                    .windowsOf(step)
                    .forEach(
                        (window, counts) -> {
                          if (Arrays.stream(counts).anyMatch(c -> c > 0)) {
                            out.add(new WindowState(step, window, Counts.of(counts, 0, 0)));
                          }
                        }));
    return out;
  }
}
