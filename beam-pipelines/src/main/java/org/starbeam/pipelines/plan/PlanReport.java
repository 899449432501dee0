package org.starbeam.pipelines.plan;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.plan.CostModel.TaskCost;

/** A plan as people and programs read it. */
public final class PlanReport {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final double GB = 1e9;

  private final Plan plan;
  private final CostModel costs;
  private final Map<String, Long> done;
  private final ScheduleSimulation.@Nullable Result schedule;
  private final double criticalSeconds;

  /**
   * @param done ended quanta of the run by task; empty when there is no run
   * @param schedule simulated run, or null
   */
  public PlanReport(
      Plan plan,
      CostModel costs,
      Map<String, Long> done,
      ScheduleSimulation.@Nullable Result schedule,
      double criticalSeconds) {
    this.plan = plan;
    this.costs = costs;
    this.done = Map.copyOf(done);
    this.schedule = schedule;
    this.criticalSeconds = criticalSeconds;
  }

  private long done(Plan.Task task) {
    return Math.min(task.quanta(), done.getOrDefault(task.name(), 0L));
  }

  /** Columns for a terminal. */
  public String text() {
    StringBuilder out = new StringBuilder();
    out.append(
        "%-7s %-17s %12s %19s %10s %12s %10s %8s %12s%n"
            .formatted(
                "step",
                "task",
                "quanta",
                "least..most",
                "done",
                "to run",
                "core-h",
                "p95 GB",
                "written GB"));
    for (Plan.Task task : plan.tasks()) {
      TaskCost cost = costs.of(task.name());
      double memory = task.memoryBytes(cost);
      out.append(
          "%-7s %-17s %,12d %19s %,10d %,12d %10s %8s %12s%n"
              .formatted(
                  task.step(),
                  task.name(),
                  task.quanta(),
                  task.isExact() ? "exact" : "%,d..%,d".formatted(task.least(), task.most()),
                  done(task),
                  task.quanta() - done(task),
                  number(task.cpuSeconds(cost) / 3600),
                  memory > 0 ? number(memory / GB) : "-",
                  number(sum(task.writtenBytes(cost)) / GB)));
    }
    long ended = plan.tasks().stream().mapToLong(this::done).sum();
    Map<String, Double> written = plan.writtenBytes(costs);
    out.append(
        "%-25s %,12d %19s %,10d %,12d %10s %8s %12s%n"
            .formatted(
                "total",
                plan.quanta(),
                "",
                ended,
                plan.quanta() - ended,
                number(plan.cpuHours(costs)),
                "",
                number(sum(written) / GB)));
    out.append(
        "written by retention class: "
            + written.entrySet().stream()
                .map(e -> e.getKey() + " " + number(e.getValue() / GB) + " GB")
                .collect(Collectors.joining(", ")));
    out.append(System.lineSeparator());
    if (schedule != null) {
      out.append(
          "on %,d slots: %s, %.0f %% of the slots' time used; no number of slots is faster than %s%n"
              .formatted(
                  schedule.slots(),
                  duration(schedule.makespanSeconds()),
                  100 * schedule.utilisation(),
                  duration(criticalSeconds)));
      out.append("waits for: " + String.join(" > ", schedule.criticalPath()) + "%n".formatted());
    }
    return out.toString();
  }

  /** One object for programs. */
  public ObjectNode json() {
    ObjectNode out = JSON.createObjectNode();
    ArrayNode tasks = out.putArray("tasks");
    for (Plan.Task task : plan.tasks()) {
      TaskCost cost = costs.of(task.name());
      ObjectNode node = tasks.addObject();
      node.put("step", task.step());
      node.put("task", task.name());
      node.put("quanta", task.quanta());
      node.put("least", task.least());
      node.put("most", task.most());
      node.put("exact", task.isExact());
      node.put("done", done(task));
      node.put("toRun", task.quanta() - done(task));
      ObjectNode n = node.putObject("n");
      n.put("driver", CostModel.driver(task.name()).name());
      n.put("sum", task.n().sum(i -> i));
      n.put("p50", task.n().quantile(0.5));
      n.put("p95", task.n().quantile(0.95));
      n.put("largest", task.n().quantile(1));
      node.put("largestMeasuredN", cost.largestN());
      node.put("coreHours", task.cpuSeconds(cost) / 3600);
      node.put("memoryBytesP95", task.memoryBytes(cost));
      ObjectNode written = node.putObject("writtenBytes");
      task.writtenBytes(cost).forEach(written::put);
    }
    out.put("quanta", plan.quanta());
    out.put("coreHours", plan.cpuHours(costs));
    ObjectNode written = out.putObject("writtenBytes");
    plan.writtenBytes(costs).forEach(written::put);
    out.put("costsMade", costs.made());
    if (schedule != null) {
      ObjectNode node = out.putObject("schedule");
      node.put("slots", schedule.slots());
      node.put("makespanSeconds", schedule.makespanSeconds());
      node.put("criticalSeconds", criticalSeconds);
      node.put("utilisation", schedule.utilisation());
      ArrayNode used = node.putArray("usedSlots");
      for (double slots : schedule.usedSlots()) {
        used.add(slots);
      }
      ObjectNode peak = node.putObject("peakBytes");
      schedule.peakBytes().forEach(peak::put);
      ArrayNode path = node.putArray("criticalPath");
      schedule.criticalPath().forEach(path::add);
      ArrayNode spans = node.putArray("tasks");
      for (ScheduleSimulation.Span span : schedule.spans()) {
        ObjectNode one = spans.addObject();
        one.put("task", span.task());
        one.put("beginSeconds", span.beginSeconds());
        one.put("endSeconds", span.endSeconds());
        one.put("busySeconds", span.busySeconds());
      }
    }
    return out;
  }

  private static double sum(Map<String, Double> bytes) {
    return bytes.values().stream().mapToDouble(Double::doubleValue).sum();
  }

  /** Three digits, with separators of thousands. */
  static String number(double value) {
    double size = Math.abs(value);
    String form = size >= 100 ? "%,.0f" : size >= 10 ? "%.1f" : size >= 1 ? "%.2f" : "%.3g";
    return size == 0 ? "0" : String.format(Locale.ROOT, form, value);
  }

  /** Hours, minutes and seconds, or days and hours. */
  static String duration(double seconds) {
    long s = Math.round(seconds);
    return s < 48 * 3600
        ? "%02d:%02d:%02d".formatted(s / 3600, s / 60 % 60, s % 60)
        : "%d d %d h".formatted(s / 86_400, s / 3600 % 24);
  }
}
