package org.starbeam.pipelines.observe;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.campaign.Template;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.Tract;

/**
 * What a run has cost (specs/05 section 7.5), of all attempts in its ledger; made for failed and
 * partial runs too. Names of the components are names in JSON.
 *
 * @param slotEfficiency CPU time over slots times time worked: the share of the allocated cores
 *     that did something; null when the slots are not known
 * @param price money for the core hours in the unit of the given price; null without one
 */
public record RunCosts(
    String run,
    String state,
    @Nullable Double slotEfficiency,
    int slots,
    double elapsedSeconds,
    Cost total,
    List<Cost> steps,
    List<Cost> tasks,
    List<QuantumView> top,
    Units units,
    @Nullable Double price) {

  private static final int TOP = 20;
  private static final double PIXEL_DEGREES = 0.2 / 3600;

  /**
   * Cost of a task, a step or the whole.
   *
   * @param executed quanta that ran, with those that failed
   * @param memoryWeightedCoreHours core hours times max(1, peak / 4 GB), as clusters charge them
   *     (RTN-109); equal to the core hours where peaks were not measured
   * @param failedCoreHours of quanta that failed
   * @param retriedCoreHours of earlier attempts of quanta that succeeded, by equal shares
   * @param repeatedCoreHours of quanta that were done before and had to be done again
   * @param savedCoreHours that adopted quanta had cost when they ran
   * @param predictedCoreHours of the plan; null without one
   */
  public record Cost(
      String step,
      String task,
      long executed,
      double coreHours,
      double memoryWeightedCoreHours,
      double wallHours,
      double waitHours,
      @Nullable Double p50CoreSeconds,
      @Nullable Double p95CoreSeconds,
      @Nullable Double p99CoreSeconds,
      @Nullable Double p95PeakBytes,
      double bytesRead,
      double bytesWritten,
      double failedCoreHours,
      double retriedCoreHours,
      double repeatedCoreHours,
      double savedCoreHours,
      @Nullable Double predictedCoreHours) {

    /** Core hours that made no product. */
    public double wastedCoreHours() {
      return failedCoreHours + retriedCoreHours;
    }

    private Cost plus(Cost other, String ofStep) {
      return new Cost(
          ofStep,
          "",
          executed + other.executed,
          coreHours + other.coreHours,
          memoryWeightedCoreHours + other.memoryWeightedCoreHours,
          wallHours + other.wallHours,
          waitHours + other.waitHours,
          null,
          null,
          null,
          null,
          bytesRead + other.bytesRead,
          bytesWritten + other.bytesWritten,
          failedCoreHours + other.failedCoreHours,
          retriedCoreHours + other.retriedCoreHours,
          repeatedCoreHours + other.repeatedCoreHours,
          savedCoreHours + other.savedCoreHours,
          predictedCoreHours == null || other.predictedCoreHours == null
              ? null
              : predictedCoreHours + other.predictedCoreHours);
    }
  }

  /**
   * What the cost is divided by; null when the run has made none.
   *
   * @param squareDegrees area of the patches that have a coadd, by the inner boxes of the default
   *     sky map
   */
  public record Units(
      @Nullable Long visits,
      @Nullable Double coreHoursPerVisit,
      @Nullable Double squareDegrees,
      @Nullable Double coreHoursPerSquareDegree,
      @Nullable Long objects,
      @Nullable Double coreSecondsPerObject) {}

  static RunCosts of(RunMonitor monitor, MonitorState learned, RunState state, double perCoreHour) {
    PlanTotals plan = PlanTotals.of(monitor.root(), monitor.run());
    List<Cost> tasks =
        learned.tasks.stream()
            .sorted(
                Comparator.comparingInt((TaskTally t) -> Template.ALL_STEPS.indexOf(t.step))
                    .thenComparingDouble(t -> t.firstStart))
            .map(tally -> cost(tally, plan))
            .toList();
    Map<String, Cost> steps = new LinkedHashMap<>();
    for (Cost task : tasks) {
      steps.merge(task.step(), task.plus(none(task), task.step()), (a, b) -> a.plus(b, a.step()));
    }
    Cost total = tasks.stream().reduce((a, b) -> a.plus(b, "")).orElse(zero());
    return new RunCosts(
        state.run(),
        state.state(),
        state.slotEfficiency(),
        state.slots(),
        state.elapsedSeconds(),
        total,
        List.copyOf(steps.values()),
        tasks,
        monitor.mostExpensive(TOP),
        units(learned, total),
        perCoreHour > 0 ? perCoreHour * total.coreHours() : null);
  }

  private static Cost cost(TaskTally tally, PlanTotals plan) {
    PlanTotals.TaskPlan planned = plan.task(tally.task);
    return new Cost(
        tally.step,
        tally.task,
        tally.executed,
        tally.coreSeconds / 3600,
        (tally.coreSeconds + tally.memoryExcess) / 3600,
        tally.wallSeconds / 3600,
        tally.waitSeconds / 3600,
        finite(tally.coreSecondsOfQuanta.quantile(0.5)),
        finite(tally.coreSecondsOfQuanta.quantile(0.95)),
        finite(tally.coreSecondsOfQuanta.quantile(0.99)),
        finite(tally.peak.quantile(0.95)),
        tally.bytesRead,
        tally.bytesWritten,
        tally.failedCoreSeconds / 3600,
        tally.retriedCoreSeconds / 3600,
        tally.repeatedCoreSeconds / 3600,
        tally.savedCoreSeconds / 3600,
        planned == null ? null : planned.coreSeconds() / 3600);
  }

  private static Cost zero() {
    return new Cost("", "", 0, 0, 0, 0, 0, null, null, null, null, 0, 0, 0, 0, 0, 0, null);
  }

  /** Nothing, of a task with as much of a plan as another. */
  private static Cost none(Cost like) {
    return new Cost(
        "",
        "",
        0,
        0,
        0,
        0,
        0,
        null,
        null,
        null,
        null,
        0,
        0,
        0,
        0,
        0,
        0,
        like.predictedCoreHours() == null ? null : 0.0);
  }

  private static @Nullable Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }

  private static Units units(MonitorState learned, Cost total) {
    Set<String> visits = new HashSet<>();
    Set<String> patches = new HashSet<>();
    QuantumTable table = learned.table();
    for (int row = 0; row < table.size(); row++) {
      QuantumStatus status = table.status(row);
      String task = learned.tasks.get(table.task(row)).task;
      if (status == QuantumStatus.DONE || status == QuantumStatus.ADOPTED) {
        String dataId = table.dataId(row);
        if (task.equals("finalVisit") || task.equals("singleFrame")) {
          visits.add(Grouping.value(dataId, "visit"));
        } else if (task.equals("detectObjects") || task.equals("patchCoadd")) {
          patches.add(Grouping.value(dataId, "tract") + "/" + Grouping.value(dataId, "patch"));
        }
      }
    }
    double area = patches.size() * patchSquareDegrees();
    return new Units(
        visits.isEmpty() ? null : (long) visits.size(),
        visits.isEmpty() ? null : total.coreHours() / visits.size(),
        patches.isEmpty() ? null : area,
        patches.isEmpty() ? null : total.coreHours() / area,
        null,
        null);
  }

  private static double patchSquareDegrees() {
    Tract tract = RingsSkyMap.defaults().tract(1);
    double side = tract.patchInner() * PIXEL_DEGREES;
    return side * side;
  }

  /** The same costs with those per object, from the run's table of objects. */
  public RunCosts withObjects(Map<String, List<Path>> tables) {
    if (!tables.containsKey("Object")) {
      return this;
    }
    long objects = objects(tables);
    Units whole =
        new Units(
            units.visits(),
            units.coreHoursPerVisit(),
            units.squareDegrees(),
            units.coreHoursPerSquareDegree(),
            objects,
            objects == 0 ? null : 3600 * total.coreHours() / objects);
    return new RunCosts(
        run, state, slotEfficiency, slots, elapsedSeconds, total, steps, tasks, top, whole, price);
  }

  private static long objects(Map<String, List<Path>> tables) {
    try (RunDatabase database =
        new RunDatabase(Map.of("Object", tables.getOrDefault("Object", List.of())))) {
      return (long) database.numbers("select count(*) from \"Object\"")[0][0];
    }
  }

  /** The costs as lines for people. */
  public List<String> lines() {
    return new ArrayList<>(CostText.lines(this));
  }
}
