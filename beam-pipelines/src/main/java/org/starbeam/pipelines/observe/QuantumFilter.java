package org.starbeam.pipelines.observe;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.selection.SelectionRow;

/**
 * Which quanta are wanted.
 *
 * @param task name of the task, or null for all
 * @param statuses statuses wanted; empty for all
 * @param where condition on the fields of {@link QuantumFields}, or null for all
 * @param values what the data id of every quantum that is wanted says of some dimension
 */
public record QuantumFilter(
    @Nullable String task,
    List<QuantumStatus> statuses,
    @Nullable Predicate<SelectionRow> where,
    List<String> values) {

  /** A filter that everything passes. */
  public static QuantumFilter all() {
    return new QuantumFilter(null, List.of(), null, List.of());
  }

  /**
   * Reads a filter as users write it.
   *
   * @param task name of a task, or empty
   * @param status names of statuses in any case, separated by commas, or empty
   * @param where an expression, {@code visit=12,detector=3}, or empty
   */
  public static QuantumFilter parse(String task, String status, String where) {
    List<QuantumStatus> statuses = new ArrayList<>();
    for (String one : status.isBlank() ? new String[0] : status.split(",", -1)) {
      statuses.add(status(one.strip()));
    }
    return new QuantumFilter(
        task.isBlank() ? null : task,
        List.copyOf(statuses),
        where.isBlank() ? null : QuantumFields.parse(where).predicate(),
        QuantumFields.values(where));
  }

  private static QuantumStatus status(String name) {
    try {
      return QuantumStatus.valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
    } catch (IllegalArgumentException e) {
      throw new UserException(
          ExitCode.USAGE, "no status '" + name + "'; there are " + List.of(QuantumStatus.values()));
    }
  }

  /** The rows of a monitor's table that are wanted, from one on, in their order. */
  IntStream rows(MonitorState state, int from) {
    QuantumTable table = state.table();
    IntStream rows =
        values.stream()
            .max(Comparator.comparingInt(String::length))
            .map(table::rowsWithValue)
            .orElseGet(() -> IntStream.range(0, table.size()));
    return rows.filter(row -> row >= from).filter(on(state));
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
            && (where == null || where.test(QuantumFields.row(state, row)));
  }

  /** True when a quantum is wanted, whatever its status. */
  public boolean accepts(String taskName, String dataId) {
    return (task == null || task.equals(taskName))
        && (where == null || where.test(QuantumFields.row(dataId, Map.of("task", taskName))));
  }
}
