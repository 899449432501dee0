package org.starbeam.pipelines.observe;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Costs as tables of texts, for the console and for the report. */
public final class CostText {
  /** Heads of the table of tasks and steps. */
  public static final List<String> HEADS =
      List.of(
          "step",
          "task",
          "executed",
          "core-h",
          "mem-weighted",
          "p50 s",
          "p95 s",
          "p99 s",
          "p95 GB",
          "wait-h",
          "read GB",
          "written GB",
          "wasted",
          "saved",
          "predicted");

  /** Heads of the table of quanta. */
  public static final List<String> TOP_HEADS =
      List.of("task", "data id", "CPU s", "wall s", "peak GB", "attempt", "status");

  private CostText() {}

  /** What the costs come to, as name and value. */
  public static List<List<String>> headline(RunCosts costs) {
    List<List<String>> out = new ArrayList<>();
    Double efficiency = costs.slotEfficiency();
    out.add(
        List.of(
            "slot efficiency",
            efficiency == null
                ? "unknown"
                : format("%.1f %% of %d slots over ", 100 * efficiency, costs.slots())
                    + RunText.clock(costs.elapsedSeconds())));
    RunCosts.Cost total = costs.total();
    out.add(
        List.of(
            "core hours",
            format(
                "%.3f (%.3f weighted by memory)",
                total.coreHours(), total.memoryWeightedCoreHours())));
    out.add(
        List.of(
            "wasted",
            format(
                "%.3f core hours: %.3f in quanta that failed, %.3f in attempts before the last",
                total.wastedCoreHours(), total.failedCoreHours(), total.retriedCoreHours())));
    out.add(List.of("done again", format("%.3f core hours", total.repeatedCoreHours())));
    out.add(List.of("saved by adoption", format("%.3f core hours", total.savedCoreHours())));
    RunCosts.Units units = costs.units();
    out.add(List.of("per visit", unit(units.coreHoursPerVisit(), "core hours", units.visits())));
    out.add(
        List.of(
            "per square degree",
            unit(units.coreHoursPerSquareDegree(), "core hours", units.squareDegrees())));
    out.add(
        List.of("per object", unit(units.coreSecondsPerObject(), "core seconds", units.objects())));
    if (costs.price() != null) {
      out.add(List.of("price", format("%.2f", costs.price())));
    }
    return out;
  }

  private static String unit(@Nullable Double value, String name, @Nullable Number of) {
    return value == null || of == null
        ? "none made"
        : format("%.4g %s (%s)", value, name, of instanceof Double ? format("%.4g", of) : of);
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  /** Cells of the table of tasks, then of steps and of the whole. */
  public static List<List<String>> rows(RunCosts costs) {
    List<List<String>> out = new ArrayList<>();
    costs.tasks().forEach(task -> out.add(row(task, task.step(), task.task())));
    costs.steps().forEach(step -> out.add(row(step, step.step(), "(step)")));
    out.add(row(costs.total(), "all", ""));
    return out;
  }

  private static List<String> row(RunCosts.Cost cost, String step, String task) {
    return List.of(
        step,
        task,
        format("%,d", cost.executed()),
        format("%.3f", cost.coreHours()),
        format("%.3f", cost.memoryWeightedCoreHours()),
        number(cost.p50CoreSeconds(), 1),
        number(cost.p95CoreSeconds(), 1),
        number(cost.p99CoreSeconds(), 1),
        number(cost.p95PeakBytes(), 1e9),
        format("%.3f", cost.waitHours()),
        format("%.2f", cost.bytesRead() / 1e9),
        format("%.2f", cost.bytesWritten() / 1e9),
        format("%.3f", cost.wastedCoreHours()),
        format("%.3f", cost.savedCoreHours()),
        number(cost.predictedCoreHours(), 1));
  }

  private static String number(@Nullable Double value, double unit) {
    return value == null ? "-" : format("%.3g", value / unit);
  }

  /** Cells of the table of the most expensive quanta. */
  public static List<List<String>> top(RunCosts costs) {
    return costs.top().stream()
        .map(
            q ->
                List.of(
                    q.task(),
                    q.dataId(),
                    format("%.1f", q.cpuSeconds()),
                    format("%.1f", q.wallSeconds()),
                    q.peakBytes() > 0 ? format("%.2f", q.peakBytes() / 1e9) : "-",
                    String.valueOf(q.attempt()),
                    q.status().toString()))
        .toList();
  }

  static List<String> lines(RunCosts costs) {
    List<String> out = new ArrayList<>();
    out.add("COSTS of " + costs.run() + " (" + costs.state() + ")");
    headline(costs).forEach(pair -> out.add(format("  %-18s %s", pair.get(0), pair.get(1))));
    out.add("");
    table(HEADS, rows(costs), 2, out);
    out.add("");
    out.add("most expensive quanta");
    table(TOP_HEADS, top(costs), 2, out);
    return out;
  }

  private static void table(
      List<String> heads, List<List<String>> rows, int leftColumns, List<String> out) {
    int[] width = heads.stream().mapToInt(String::length).toArray();
    for (List<String> row : rows) {
      for (int i = 0; i < width.length; i++) {
        width[i] = Math.max(width[i], row.get(i).length());
      }
    }
    List<List<String>> all = new ArrayList<>(List.of(heads));
    all.addAll(rows);
    for (List<String> row : all) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < width.length; i++) {
        String pad = " ".repeat(width[i] - row.get(i).length());
        line.append(i < leftColumns ? row.get(i) + pad : pad + row.get(i)).append("  ");
      }
      out.add(line.toString().stripTrailing());
    }
  }
}
