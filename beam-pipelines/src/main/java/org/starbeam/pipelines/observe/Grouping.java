package org.starbeam.pipelines.observe;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.DataId;

/** Counts of quanta by the value that a dimension has in their data ids. */
public final class Grouping {
  /**
   * One value of the dimension.
   *
   * @param value for example {@code 12}, or {@code -} for quanta without the dimension
   */
  public record Group(String value, Counts counts) {}

  private Grouping() {}

  /**
   * @param dimension {@code visit} includes exposures, which have the numbers of their visits
   */
  public static List<Group> by(RunMonitor monitor, String dimension) {
    return by(monitor, dimension, TaskChoice.ALL);
  }

  /** The same for the quanta of some tasks. */
  public static List<Group> by(RunMonitor monitor, String dimension, TaskChoice choice) {
    Map<String, long[]> counts =
        new TreeMap<>(DataId.TEXT_ORDER.thenComparing(Comparator.naturalOrder()));
    Map<String, Long> degraded = new TreeMap<>();
    monitor.forEach(
        choice,
        (dataId, status, isDegraded) -> {
          String value = value(dataId, dimension);
          counts
              .computeIfAbsent(value, v -> new long[QuantumStatus.values().length])[
              status.ordinal()]++;
          degraded.merge(value, isDegraded ? 1L : 0L, Long::sum);
        });
    List<Group> out = new ArrayList<>();
    counts.forEach(
        (value, byStatus) ->
            out.add(new Group(value, Counts.of(byStatus, degraded.getOrDefault(value, 0L), 0))));
    return out;
  }

  static String value(String dataId, String dimension) {
    String value = part(dataId, dimension);
    return value.equals("-") && dimension.equals("visit") ? part(dataId, "exposure") : value;
  }

  private static String part(String dataId, String dimension) {
    int from = 0;
    while (from < dataId.length()) {
      int end = dataId.indexOf(',', from);
      int to = end < 0 ? dataId.length() : end;
      int length = dimension.length();
      if (dataId.startsWith(dimension, from)
          && from + length < to
          && dataId.charAt(from + length) == '=') {
        return dataId.substring(from + length + 1, to);
      }
      from = to + 1;
    }
    return "-";
  }
}
