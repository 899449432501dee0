package org.starbeam.pipelines.repository;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.starbeam.pipelines.repository.ProvenanceGraph.Edge;
import org.starbeam.pipelines.repository.ProvenanceGraph.Key;
import org.starbeam.pipelines.repository.ProvenanceGraph.Quantum;

/**
 * Why a dataset of one run differs from the one of the same data id of another: both ways up are
 * walked together, quantum by quantum, until the places are found where something differs that is
 * not the consequence of something before it: the task's version, its configuration, an input that
 * only one side has, a file of the user that changed.
 */
final class ProvenanceDiff {
  /**
   * A place where the runs part.
   *
   * @param what {@code code}, {@code config}, {@code input added}, {@code input removed}, {@code
   *     input changed} or {@code same inputs}
   */
  record Cause(String quantum, String what, String here, String there) {}

  private final Path root;
  private final ProvenanceGraph here;
  private final ProvenanceGraph there;
  private final Map<String, Cause> causes = new TreeMap<>();
  private final Set<String> visited = new HashSet<>();
  private int changed;
  private int found;

  ProvenanceDiff(Path root, ProvenanceGraph here, ProvenanceGraph there) {
    this.root = root;
    this.here = here;
    this.there = there;
  }

  /** A graph by dataset and by quantum. */
  private static final class Side {
    private final ProvenanceGraph graph;
    private final Map<Key, Quantum> makers = new HashMap<>();
    private final Map<String, List<Key>> inputs = new HashMap<>();

    Side(ProvenanceGraph graph) {
      this.graph = graph;
      for (Edge edge : graph.generated()) {
        makers.put(edge.dataset(), graph.quanta().get(edge.quantum()));
      }
      for (Edge edge : graph.used()) {
        inputs.computeIfAbsent(edge.quantum(), q -> new ArrayList<>()).add(edge.dataset());
      }
    }

    /** Inputs of a quantum by their names. */
    Map<String, Key> inputs(Quantum quantum) {
      Map<String, Key> out = new TreeMap<>();
      inputs.getOrDefault(quantum.key(), List.of()).forEach(k -> out.put(k.name(), k));
      return out;
    }
  }

  /** True when both are the same bytes. */
  boolean isIdentical() {
    return here.start().hash().equals(there.start().hash());
  }

  /** The places where the runs part, by quantum. */
  List<Cause> causes() {
    if (causes.isEmpty() && !isIdentical()) {
      walk();
    }
    return List.copyOf(causes.values());
  }

  private void walk() {
    Side a = new Side(here);
    Side b = new Side(there);
    Deque<Key[]> open = new ArrayDeque<>();
    open.add(new Key[] {here.start(), there.start()});
    while (!open.isEmpty()) {
      Key[] pair = open.remove();
      Quantum one = a.makers.get(pair[0]);
      Quantum other = b.makers.get(pair[1]);
      if (one == null || other == null) {
        cause(pair[0].name(), "input changed", pair[0].hash(), pair[1].hash());
      } else if (visited.add(one.key())) {
        changed++;
        compare(a, b, one, other, open);
      }
    }
  }

  private void compare(Side a, Side b, Quantum one, Quantum other, Deque<Key[]> open) {
    int before = found + open.size();
    if (!one.task().equals(other.task())) {
      cause(one.name(), "made by another task", one.name(), other.name());
      return;
    }
    if (one.taskVersion() != other.taskVersion()) {
      cause(
          one.name(),
          "code",
          one.task() + " version " + one.taskVersion() + ", Starbeam " + one.codeVersion(),
          other.task() + " version " + other.taskVersion() + ", Starbeam " + other.codeVersion());
    }
    configuration(one, other);
    Map<String, Key> inputsHere = a.inputs(one);
    Map<String, Key> inputsThere = b.inputs(other);
    inputsHere.forEach(
        (name, key) -> {
          Key match = inputsThere.get(name);
          if (match == null) {
            cause(one.name(), "input added", name, "");
          } else if (!match.hash().equals(key.hash())) {
            open.add(new Key[] {key, match});
          }
        });
    inputsThere.keySet().stream()
        .filter(name -> !inputsHere.containsKey(name))
        .forEach(name -> cause(one.name(), "input removed", "", name));
    if (found + open.size() == before) {
      boolean same = one.inputHash().equals(other.inputHash());
      cause(
          one.name(),
          same ? "same inputs" : "settings or payload",
          same ? "the task is not deterministic" : "input hash " + one.inputHash(),
          same ? "" : "input hash " + other.inputHash());
    }
  }

  private void configuration(Quantum one, Quantum other) {
    JsonNode here = RunFacts.campaign(root, one.run()).path("tasks").path(one.task());
    JsonNode there = RunFacts.campaign(root, other.run()).path("tasks").path(one.task());
    RunFacts.differences(here, there)
        .forEach(
            (key, values) ->
                cause(one.name(), "config " + one.task() + "." + key, values[0], values[1]));
  }

  /** Causes that differ only in the data id are one, the first. */
  private void cause(String quantum, String what, String hereText, String thereText) {
    String key =
        what.startsWith("config") || what.equals("code")
            ? what + quantum.substring(0, quantum.indexOf('('))
            : quantum + what + hereText + thereText;
    found++;
    causes.putIfAbsent(key, new Cause(quantum, what, hereText, thereText));
  }

  /** The answer for programs. */
  ObjectNode json() {
    ObjectNode out = new ObjectMapper().createObjectNode();
    out.put("dataset", here.start().name());
    out.put("here", here.start().hash()).put("there", there.start().hash());
    out.put("identical", isIdentical());
    var array = out.putArray("causes");
    causes()
        .forEach(
            c ->
                array
                    .addObject()
                    .put("quantum", c.quantum())
                    .put("what", c.what())
                    .put("here", c.here())
                    .put("there", c.there()));
    out.put("changedQuanta", changed);
    return out;
  }

  /** The answer for people. */
  String text(String run, String other) {
    StringBuilder out = new StringBuilder();
    out.append(here.start().name()).append('\n');
    out.append("  ").append(run).append("  ").append(here.start().hash()).append('\n');
    out.append("  ").append(other).append("  ").append(there.start().hash()).append('\n');
    if (isIdentical()) {
      return out.append("identical\n").toString();
    }
    out.append("differs because of\n");
    for (Cause cause : causes()) {
      out.append("  ").append(cause.what()).append("  at ").append(cause.quantum()).append('\n');
      if (!cause.here().isEmpty()) {
        out.append("    ").append(run).append(": ").append(cause.here()).append('\n');
      }
      if (!cause.there().isEmpty()) {
        out.append("    ").append(other).append(": ").append(cause.there()).append('\n');
      }
    }
    return out.append(changed).append(" quanta on the way up differ\n").toString();
  }
}
