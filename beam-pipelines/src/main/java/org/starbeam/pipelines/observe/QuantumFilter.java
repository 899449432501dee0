package org.starbeam.pipelines.observe;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.Suggestion;

/**
 * Which quanta are wanted: of a task, with a status, with values in their data ids. Conditions on
 * data ids are written {@code visit=12,detector=3} or {@code visit = 12 AND detector != 3}; all
 * must hold, and {@code visit} holds for the exposures of that number too.
 *
 * @param task name of the task, or null for all
 * @param statuses statuses wanted; empty for all
 */
public record QuantumFilter(
    @Nullable String task, List<QuantumStatus> statuses, List<Condition> conditions) {

  private static final Pattern CONDITION =
      Pattern.compile("\\s*([a-z_0-9]+)\\s*(==|!=|=)\\s*['\"]?([A-Za-z0-9_.+-]+)['\"]?\\s*");

  /** A dimension has, or has not, a value. */
  public record Condition(String dimension, String value, boolean equal) {
    boolean holds(String dataId) {
      return Grouping.value(dataId, dimension).equals(value) == equal;
    }
  }

  /** A filter that everything passes. */
  public static QuantumFilter all() {
    return new QuantumFilter(null, List.of(), List.of());
  }

  /**
   * Reads a filter as users write it.
   *
   * @param task name of a task, or empty
   * @param status name of a status in any case, or empty
   * @param where conditions, or empty
   */
  public static QuantumFilter parse(String task, String status, String where) {
    List<QuantumStatus> statuses = new ArrayList<>();
    for (String one : status.isBlank() ? new String[0] : status.split(",", -1)) {
      statuses.add(status(one.strip()));
    }
    List<Condition> conditions = new ArrayList<>();
    if (!where.isBlank()) {
      for (String part : where.split("(?i)\\s+and\\s+|,|&&", -1)) {
        conditions.add(condition(where, part));
      }
    }
    return new QuantumFilter(
        task.isBlank() ? null : task, List.copyOf(statuses), List.copyOf(conditions));
  }

  private static QuantumStatus status(String name) {
    try {
      return QuantumStatus.valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
    } catch (IllegalArgumentException e) {
      throw new UserException(
          ExitCode.USAGE, "no status '" + name + "'; there are " + List.of(QuantumStatus.values()));
    }
  }

  private static Condition condition(String where, String part) {
    Matcher matcher = CONDITION.matcher(part);
    if (!matcher.matches()) {
      throw new UserException(
          ExitCode.USAGE,
          "--where " + where + ": '" + part.strip() + "' is not of the form visit=12");
    }
    String dimension = matcher.group(1);
    if (!DataId.DIMENSIONS.contains(dimension)) {
      throw new UserException(
          ExitCode.USAGE,
          "--where "
              + where
              + ": no dimension '"
              + dimension
              + "'"
              + Suggestion.didYouMean(dimension, DataId.DIMENSIONS)
              + "; there are "
              + String.join(", ", DataId.DIMENSIONS));
    }
    return new Condition(dimension, matcher.group(3), !matcher.group(2).equals("!="));
  }

  /** Which rows of a monitor's table are wanted. */
  IntPredicate on(MonitorState state) {
    QuantumTable table = state.table();
    boolean[] ofTask = new boolean[state.tasks.size()];
    for (int i = 0; i < ofTask.length; i++) {
      ofTask[i] = task == null || state.tasks.get(i).task.equals(task);
    }
    return row ->
        ofTask[table.task(row)]
            && (statuses.isEmpty() || statuses.contains(table.status(row)))
            && (conditions.isEmpty() || holds(table.dataId(row)));
  }

  /** True when a quantum is wanted, whatever its status. */
  public boolean accepts(String taskName, String dataId) {
    return (task == null || task.equals(taskName)) && holds(dataId);
  }

  /** True when all conditions hold for a data id. */
  boolean holds(String dataId) {
    return conditions.stream().allMatch(condition -> condition.holds(dataId));
  }
}
