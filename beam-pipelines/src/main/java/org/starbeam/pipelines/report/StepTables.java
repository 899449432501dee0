package org.starbeam.pipelines.report;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.campaign.Campaign;
import org.starbeam.pipelines.campaign.FrozenCampaign;
import org.starbeam.pipelines.campaign.RunSummary;
import org.starbeam.pipelines.observe.RunCosts;
import org.starbeam.schema.QuantumStatus;

/** What the tasks of a step did and what that has cost. */
final class StepTables {
  private static final int SLOWEST = 5;

  private static final List<String> HEADS =
      List.of(
          "task",
          "version",
          "changed configuration",
          "done",
          "adopted",
          "failed",
          "blocked",
          "no work",
          "degraded",
          "core-h",
          "CPU s p50",
          "CPU s p95",
          "peak GB p95",
          "wasted core-h");

  private StepTables() {}

  /** The tasks of a step, their quanta by status and their costs. */
  static ReportPage.TableSection tasks(
      RunDatabase registry,
      String step,
      List<RunSummary.TaskCount> tasks,
      RunCosts costs,
      @Nullable Campaign campaign) {
    Map<String, String> versions = new HashMap<>();
    registry.each(
        "select task, string_agg(distinct task_version::varchar, ', ') from quanta where step = '%s' group by task"
            .formatted(step),
        row -> versions.put(row.getString(1), Objects.requireNonNullElse(row.getString(2), "")));
    List<List<String>> rows = new ArrayList<>();
    for (RunSummary.TaskCount task : tasks) {
      List<String> row = new ArrayList<>();
      row.add(task.task());
      row.add(versions.getOrDefault(task.task(), ""));
      row.add(changed(campaign, task.task()));
      for (QuantumStatus status :
          List.of(
              QuantumStatus.DONE,
              QuantumStatus.ADOPTED,
              QuantumStatus.FAILED,
              QuantumStatus.BLOCKED,
              QuantumStatus.NO_WORK)) {
        row.add("%,d".formatted(task.count(status)));
      }
      row.add("%,d".formatted(task.degraded()));
      row.addAll(cost(costs, task.task()));
      rows.add(row);
    }
    String configuration =
        campaign == null
            ? ""
            : " Configuration of the campaign %s: %s."
                .formatted(campaign.name(), FrozenCampaign.configHash(campaign));
    return new ReportPage.TableSection(
        "tasks",
        "What ran",
        "Quanta by how they ended; adopted ones were there before. Costs are of all attempts."
            + configuration,
        HEADS,
        rows,
        3);
  }

  private static String changed(@Nullable Campaign campaign, String task) {
    return campaign == null || !campaign.tasks().containsKey(task)
        ? ""
        : String.valueOf(campaign.tasks().get(task));
  }

  private static List<String> cost(RunCosts costs, String task) {
    return costs.tasks().stream()
        .filter(c -> c.task().equals(task))
        .findFirst()
        .map(
            c ->
                List.of(
                    "%.3f".formatted(c.coreHours()),
                    number(c.p50CoreSeconds(), 1),
                    number(c.p95CoreSeconds(), 1),
                    number(c.p95PeakBytes(), 1e9),
                    "%.3f".formatted(c.wastedCoreHours())))
        .orElse(List.of("", "", "", "", ""));
  }

  private static String number(@Nullable Double value, double unit) {
    return value == null ? "" : String.format(Locale.ROOT, "%.3g", value / unit);
  }

  /** The quanta that took longest. */
  static ReportPage.TableSection slowest(RunDatabase registry, String step) {
    List<List<String>> rows = new ArrayList<>();
    registry.each(
        "select task, data_id, wall_seconds, cpu_seconds, attempt from quanta where step = '%s' and wall_seconds is not null order by wall_seconds desc, task, data_id limit %d"
            .formatted(step, SLOWEST),
        row ->
            rows.add(
                List.of(
                    row.getString(2),
                    row.getString(1),
                    "%.1f".formatted(row.getDouble(3)),
                    "%.1f".formatted(row.getDouble(4)),
                    String.valueOf(row.getInt(5)))));
    return new ReportPage.TableSection(
        "slowest",
        "Longest quanta",
        "By the time of their last attempt.",
        List.of("data id", "task", "wall s", "CPU s", "attempts"),
        rows,
        2);
  }
}
