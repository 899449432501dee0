package org.starbeam.transforms.quantum;

import java.io.Serializable;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.starbeam.schema.QuantumInput;

/**
 * When a key of a stream has all its inputs, so that its quanta can run without waiting for the
 * close of the night. Bounded input needs no rule: there everything has been gathered.
 *
 * @param counts how many data ids must be there in each role; absence markers count. Empty for what
 *     is made of a whole night: it runs at the close
 * @param lead roles without which nothing runs before the close, because they are made from the
 *     other inputs: when they have come, so has all that can be expected
 * @param each true when every input is a key of its own and nothing is gathered
 */
public record Completeness(Map<String, Integer> counts, Set<String> lead, boolean each)
    implements Serializable {
  public Completeness {
    counts = new TreeMap<>(counts);
    lead = Set.copyOf(lead);
  }

  /** Every input is worked on as it comes. */
  public static Completeness single() {
    return new Completeness(Map.of(), Set.of(), true);
  }

  /** At the close of the night. */
  public static Completeness atClose() {
    return new Completeness(Map.of(), Set.of(), false);
  }

  /** When a role has so many data ids. */
  public static Completeness of(String role, int count) {
    return new Completeness(Map.of(role, count), Set.of(), false);
  }

  /** And when another role has so many. */
  public Completeness and(String role, int count) {
    Map<String, Integer> more = new HashMap<>(counts);
    more.put(role, count);
    return new Completeness(more, lead, each);
  }

  /** This rule, where nothing runs before a role has one. */
  public Completeness after(String role) {
    Map<String, Integer> more = new HashMap<>(counts);
    more.putIfAbsent(role, 1);
    Set<String> leading = new HashSet<>(lead);
    leading.add(role);
    return new Completeness(more, leading, each);
  }

  /** True when the quanta wait for the close of the night. */
  boolean waitsForClose() {
    return counts.isEmpty() && !each;
  }

  /** Fewer inputs than this cannot be complete. */
  int fewest() {
    return counts.values().stream().mapToInt(Integer::intValue).sum();
  }

  boolean isComplete(List<QuantumInput> inputs) {
    return !counts.isEmpty()
        && counts.entrySet().stream()
            .allMatch(role -> count(role.getKey(), inputs) >= role.getValue());
  }

  boolean hasLead(List<QuantumInput> inputs) {
    return lead.stream().allMatch(role -> count(role, inputs) > 0);
  }

  private static long count(String role, List<QuantumInput> inputs) {
    return inputs.stream()
        .filter(input -> input.getRole().equals(role))
        .map(input -> input.getResult().getDataId())
        .distinct()
        .count();
  }
}
