package org.starbeam.pipelines.campaign;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;

/**
 * Quanta of one task that ended badly, or less well, in the same way: same status, caveats and
 * error, and messages that differ in numbers, names of files and data ids only.
 *
 * @param state for example {@code FAILED} or {@code DEGRADED [FALLBACK]}
 * @param first the first of them
 * @param count how many there are
 */
public record ProblemGroup(String state, QuantumRecord first, int count) {

  /** The groups in the order of their first quanta. */
  public static List<ProblemGroup> of(List<QuantumRecord> problems) {
    Map<List<String>, List<QuantumRecord>> groups = new LinkedHashMap<>();
    for (QuantumRecord record : problems) {
      List<String> key =
          List.of(state(record), record.getTask(), error(record), shape(record.getMessage()));
      groups.computeIfAbsent(key, k -> new ArrayList<>()).add(record);
    }
    return groups.values().stream()
        .map(all -> new ProblemGroup(state(all.get(0)), all.get(0), all.size()))
        .toList();
  }

  /** How a quantum ended, as users read it. */
  public static String state(QuantumRecord record) {
    boolean done =
        record.getStatus() == QuantumStatus.DONE || record.getStatus() == QuantumStatus.ADOPTED;
    return done ? "DEGRADED " + record.getCaveats() : record.getStatus().toString();
  }

  private static String error(QuantumRecord record) {
    return record.getErrorClass() + " " + record.getErrorCode();
  }

  private static String shape(String message) {
    return message == null
        ? ""
        : message
            .replaceAll("\\([a-z_0-9]+=[^)]*\\)", "()")
            .replaceAll("\\S*/\\S*", "/")
            .replaceAll("[0-9.eE+-]*[0-9]", "#");
  }
}
