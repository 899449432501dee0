package org.starbeam.pipelines.campaign;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;

/**
 * How much a run adopted of another one, and why the rest was not adopted (specs/05 section 4.9):
 * what differs between the two records of each quantum that ran again.
 *
 * @param adopted quanta that were adopted
 * @param reasons number of the others by task and reason, most first
 */
public record RescueReport(long adopted, List<Reason> reasons) {
  /**
   * Why quanta of a task were not adopted.
   *
   * @param why {@code new}, {@code previously FAILED(class)}, {@code code(task vN -> vM)}, {@code
   *     input(type)} or {@code config}
   */
  public record Reason(String task, String why, long count) {}

  /** What must be known of a quantum that ran again. */
  private record Ran(String task, int version, List<DatasetRef> inputs) {}

  public static RescueReport of(Path root, String run, String source) {
    Map<String, Ran> ran = new HashMap<>();
    long[] adopted = new long[1];
    RunCatalog.open(root, run)
        .forEachLast(
            record -> {
              switch (record.getStatus()) {
                case ADOPTED -> adopted[0]++;
                case DONE, FAILED ->
                    ran.put(
                        record.getQuantumId(),
                        new Ran(record.getTask(), record.getTaskVersion(), record.getInputs()));
                default -> {}
              }
            });
    Map<List<String>, Long> counts = new HashMap<>();
    RunCatalog.open(root, source)
        .forEachLast(
            before -> {
              Ran now = ran.remove(before.getQuantumId());
              if (now != null) {
                counts.merge(List.of(now.task, why(before, now)), 1L, Long::sum);
              }
            });
    ran.values().forEach(now -> counts.merge(List.of(now.task, "new"), 1L, Long::sum));
    List<Reason> reasons = new ArrayList<>();
    counts.forEach((key, count) -> reasons.add(new Reason(key.get(0), key.get(1), count)));
    reasons.sort(
        Comparator.comparingLong(Reason::count)
            .reversed()
            .thenComparing(Reason::task)
            .thenComparing(Reason::why));
    return new RescueReport(adopted[0], reasons);
  }

  private static String why(QuantumRecord before, Ran now) {
    if (before.getStatus() == QuantumStatus.FAILED) {
      return "previously FAILED(" + before.getErrorClass() + ")";
    }
    if (before.getStatus() != QuantumStatus.DONE && before.getStatus() != QuantumStatus.ADOPTED) {
      return "previously " + before.getStatus();
    }
    if (before.getTaskVersion() != now.version) {
      return "code(%s v%d -> v%d)".formatted(now.task, before.getTaskVersion(), now.version);
    }
    TreeSet<String> types = differing(before.getInputs(), now.inputs);
    return types.isEmpty() ? "config" : "input(" + String.join(", ", types) + ")";
  }

  /** Types of the inputs that only one of the two had, or had with another content. */
  private static TreeSet<String> differing(List<DatasetRef> before, List<DatasetRef> now) {
    Map<String, String> left = contents(before);
    Map<String, String> right = contents(now);
    TreeSet<String> types = new TreeSet<>();
    left.forEach((key, hash) -> add(types, key, hash.equals(right.get(key))));
    right.forEach((key, hash) -> add(types, key, hash.equals(left.get(key))));
    return types;
  }

  private static void add(TreeSet<String> types, String key, boolean same) {
    if (!same) {
      types.add(key.substring(0, key.indexOf('|')));
    }
  }

  private static Map<String, String> contents(List<DatasetRef> refs) {
    Map<String, String> out = new HashMap<>();
    refs.forEach(
        ref -> out.put(ref.getDatasetType() + "|" + ref.getDataId(), ref.getContentHash()));
    return out;
  }

  /** For people, a line each. */
  public List<String> lines() {
    List<String> out = new ArrayList<>();
    out.add(adopted + " quanta adopted");
    reasons.forEach(r -> out.add("%d of %s not: %s".formatted(r.count, r.task, r.why)));
    return out;
  }
}
