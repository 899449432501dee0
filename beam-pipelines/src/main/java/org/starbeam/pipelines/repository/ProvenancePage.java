package org.starbeam.pipelines.repository;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.starbeam.pipelines.repository.ProvenanceGraph.Dataset;
import org.starbeam.pipelines.repository.ProvenanceGraph.Edge;
import org.starbeam.pipelines.repository.ProvenanceGraph.Key;
import org.starbeam.pipelines.repository.ProvenanceGraph.Quantum;

/** A provenance graph for people: generation by generation, then where it all comes from. */
record ProvenancePage(ProvenanceGraph graph) {

  String text() {
    StringBuilder out = new StringBuilder();
    Dataset start = graph.dataset(graph.start());
    out.append(
        "%s%n  run %s, %,d bytes, sha256 %s%n  %s%n"
            .formatted(
                start.key().name(), start.run(), start.bytes(), start.key().hash(), start.path()));
    graph.generated().stream()
        .filter(e -> e.dataset().equals(graph.start()))
        .findFirst()
        .ifPresent(e -> out.append("  made by ").append(line(graph.quantum(e.quantum()))));
    generations(out, true);
    origins(out);
    generations(out, false);
    ends(out);
    return out.toString();
  }

  private static String line(Quantum q) {
    return "%s version %d, Starbeam %s, run %s, %s, %s%s%n"
        .formatted(
            q.name(),
            q.taskVersion(),
            q.codeVersion(),
            q.run(),
            ProvenanceFormat.utc(q.endTaiMjd()),
            q.status(),
            q.caveats().isEmpty() ? "" : " with " + q.caveats());
  }

  private void generations(StringBuilder out, boolean up) {
    Map<Integer, Map<String, Set<String>>> quanta = new TreeMap<>();
    Map<Integer, Map<String, Set<Key>>> data = new TreeMap<>();
    for (Edge e : up ? graph.generated() : graph.used()) {
      if (e.generation() > 0 == up) {
        String task = graph.quantum(e.quantum()).task();
        quanta
            .computeIfAbsent(Math.abs(e.generation()), g -> new TreeMap<>())
            .computeIfAbsent(task, t -> new TreeSet<>())
            .add(e.quantum());
      }
    }
    for (Edge e : up ? graph.used() : graph.generated()) {
      if (e.generation() > 0 == up) {
        data.computeIfAbsent(Math.abs(e.generation()), g -> new TreeMap<>())
            .computeIfAbsent(e.dataset().type(), t -> new HashSet<>())
            .add(e.dataset());
      }
    }
    if (!quanta.isEmpty()) {
      out.append(up ? "made of, by generation\n" : "used for, by generation\n");
    }
    quanta.forEach(
        (generation, tasks) -> {
          List<String> names = new ArrayList<>();
          tasks.forEach((task, ids) -> names.add(task + " " + ids.size()));
          List<String> types = new ArrayList<>();
          data.getOrDefault(generation, Map.of())
              .forEach((type, keys) -> types.add(type + " " + keys.size()));
          out.append(
              "  %2d  %s %s %s%n"
                  .formatted(
                      generation,
                      String.join(", ", names),
                      up ? "<-" : "->",
                      types.isEmpty() ? "nothing" : String.join(", ", types)));
        });
  }

  /** Raws with their files, everything else that nothing made by number. */
  private void origins(StringBuilder out) {
    Map<String, List<Dataset>> byType = new LinkedHashMap<>();
    graph.datasets().values().stream()
        .filter(d -> d.key().type().equals("raw") && !d.key().equals(graph.start()))
        .filter(
            d ->
                graph.used().stream()
                    .anyMatch(e -> e.generation() > 0 && e.dataset().equals(d.key())))
        .forEach(d -> byType.computeIfAbsent("raw", t -> new ArrayList<>()).add(d));
    byType.forEach(
        (type, all) -> {
          out.append("raws: ").append(all.size()).append('\n');
          all.forEach(d -> out.append("  %s  %s%n".formatted(d.key().dataId(), d.path())));
        });
    Map<String, Integer> others = new TreeMap<>();
    graph.origins().forEach(d -> others.merge(d.key().type(), 1, Integer::sum));
    if (!others.isEmpty()) {
      out.append("comes from ")
          .append(
              String.join(
                  ", ",
                  others.entrySet().stream().map(e -> e.getKey() + " " + e.getValue()).toList()))
          .append('\n');
    }
  }

  private void ends(StringBuilder out) {
    Map<String, Long> bytes = new TreeMap<>();
    Map<String, Integer> counts = new TreeMap<>();
    graph.generated().stream()
        .filter(e -> e.generation() < 0)
        .map(Edge::dataset)
        .distinct()
        .forEach(
            key -> {
              counts.merge(key.type(), 1, Integer::sum);
              bytes.merge(key.type(), graph.dataset(key).bytes(), Long::sum);
            });
    if (!counts.isEmpty()) {
      out.append("reaches\n");
      counts.forEach(
          (type, n) ->
              out.append("  %-28s %7d datasets %,15d bytes%n".formatted(type, n, bytes.get(type))));
    }
  }
}
