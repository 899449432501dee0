package org.starbeam.pipelines.repository;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.starbeam.pipelines.repository.ProvenanceGraph.Dataset;
import org.starbeam.pipelines.repository.ProvenanceGraph.Edge;
import org.starbeam.pipelines.repository.ProvenanceGraph.Key;
import org.starbeam.pipelines.repository.ProvenanceGraph.Quantum;
import org.starbeam.transforms.window.EventTime;

/** The forms in which a provenance graph is handed on (specs/05 section 4.10). */
public enum ProvenanceFormat {
  /** For people: generation by generation, then where it all comes from. */
  TEXT {
    @Override
    String write(ProvenanceGraph graph) {
      return new ProvenancePage(graph).text();
    }
  },
  /** Nodes and edges. */
  JSON {
    @Override
    String write(ProvenanceGraph graph) {
      return json(graph).toPrettyString() + "\n";
    }
  },
  /** Graphviz. */
  DOT {
    @Override
    String write(ProvenanceGraph graph) {
      return drawing(
          graph,
          "digraph provenance {\n  rankdir=LR;\n",
          "}\n",
          "  %s [shape=box, label=\"%s\"];\n",
          "  %s [shape=ellipse, label=\"%s\"];\n",
          "  %s -> %s;\n");
    }
  },
  /** Mermaid flow chart. */
  MERMAID {
    @Override
    String write(ProvenanceGraph graph) {
      return drawing(
          graph, "flowchart LR\n", "", "  %s[\"%s\"]\n", "  %s([\"%s\"])\n", "  %s --> %s\n");
    }
  },
  /** W3C PROV-JSON: entities are datasets, activities are attempts of quanta, agents versions. */
  PROV {
    @Override
    String write(ProvenanceGraph graph) {
      return prov(graph).toPrettyString() + "\n";
    }
  },
  /** OpenLineage 2-0-2 run events, one a line, one for each task and window. */
  OPENLINEAGE {
    @Override
    String write(ProvenanceGraph graph) {
      StringBuilder out = new StringBuilder();
      openLineage(graph).forEach(event -> out.append(event).append('\n'));
      return out.toString();
    }
  };

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String PRODUCER = "https://starbeam.org";
  private static final String OPEN_LINEAGE =
      "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";
  private static final String FACETS = "https://openlineage.io/spec/facets/";

  abstract String write(ProvenanceGraph graph);

  static ObjectNode json(ProvenanceGraph graph) {
    ObjectNode out = MAPPER.createObjectNode();
    out.put("start", graph.start().name());
    ArrayNode datasets = out.putArray("datasets");
    graph.datasets().values().forEach(d -> datasets.add(node(d)));
    ArrayNode quanta = out.putArray("quanta");
    graph.quanta().values().forEach(q -> quanta.add(node(q)));
    ArrayNode used = out.putArray("used");
    graph.used().forEach(e -> used.add(edge(e)));
    ArrayNode generated = out.putArray("generated");
    graph.generated().forEach(e -> generated.add(edge(e)));
    return out;
  }

  private static ObjectNode node(Dataset d) {
    return MAPPER
        .createObjectNode()
        .put("type", d.key().type())
        .put("dataId", d.key().dataId())
        .put("hash", d.key().hash())
        .put("run", d.run())
        .put("path", d.path())
        .put("bytes", d.bytes());
  }

  private static ObjectNode node(Quantum q) {
    return MAPPER
        .createObjectNode()
        .put("key", q.key())
        .put("run", q.run())
        .put("task", q.task())
        .put("dataId", q.dataId())
        .put("window", q.window())
        .put("taskVersion", q.taskVersion())
        .put("codeVersion", q.codeVersion())
        .put("status", q.status())
        .put("caveats", q.caveats())
        .put("inputHash", q.inputHash())
        .put("start", utc(q.startTaiMjd()).toString())
        .put("end", utc(q.endTaiMjd()).toString())
        .put("cpuSeconds", q.cpuSeconds())
        .put("host", q.host());
  }

  private static ObjectNode edge(Edge e) {
    return MAPPER
        .createObjectNode()
        .put("quantum", e.quantum())
        .put("type", e.dataset().type())
        .put("dataId", e.dataset().dataId())
        .put("hash", e.dataset().hash())
        .put("generation", e.generation());
  }

  static Instant utc(double taiMjd) {
    return Instant.ofEpochMilli(EventTime.toClock(EventTime.ofMjd(taiMjd)));
  }

  private static String drawing(
      ProvenanceGraph graph,
      String begin,
      String end,
      String datasetLine,
      String quantumLine,
      String arrow) {
    Map<Object, String> names = new HashMap<>();
    StringBuilder out = new StringBuilder(begin);
    for (Dataset d : graph.datasets().values()) {
      names.put(d.key(), "d" + names.size());
      out.append(datasetLine.formatted(names.get(d.key()), label(d.key().name())));
    }
    for (Quantum q : graph.quanta().values()) {
      names.put(q.key(), "q" + names.size());
      out.append(quantumLine.formatted(names.get(q.key()), label(q.name())));
    }
    Set<String> arrows = new TreeSet<>();
    graph
        .used()
        .forEach(e -> arrows.add(arrow.formatted(names.get(e.dataset()), names.get(e.quantum()))));
    graph
        .generated()
        .forEach(e -> arrows.add(arrow.formatted(names.get(e.quantum()), names.get(e.dataset()))));
    arrows.forEach(out::append);
    return out.append(end).toString();
  }

  private static String label(String text) {
    return text.replace("\\", "\\\\").replace("\"", "'");
  }

  static ObjectNode prov(ProvenanceGraph graph) {
    ObjectNode out = MAPPER.createObjectNode();
    out.putObject("prefix")
        .put("sb", PRODUCER + "/ns/")
        .put("xsd", "http://www.w3.org/2001/XMLSchema#");
    ObjectNode entities = out.putObject("entity");
    graph.datasets().values().forEach(d -> entities.set(entity(d.key()), provEntity(d)));
    ObjectNode activities = out.putObject("activity");
    ObjectNode agents = out.putObject("agent");
    ObjectNode associations = out.putObject("wasAssociatedWith");
    for (Quantum q : graph.quanta().values()) {
      activities.set(activity(q.key()), provActivity(q));
      String agent = "sb:code/" + plain(q.codeVersion()) + "/" + q.task() + "-v" + q.taskVersion();
      agents
          .putObject(agent)
          .put(
              "prov:label",
              "Starbeam " + q.codeVersion() + ", " + q.task() + " version " + q.taskVersion())
          .putObject("prov:type")
          .put("$", "prov:SoftwareAgent")
          .put("type", "prov:QUALIFIED_NAME");
      associations
          .putObject("_:a" + associations.size())
          .put("prov:activity", activity(q.key()))
          .put("prov:agent", agent);
    }
    ObjectNode used = out.putObject("used");
    for (Edge e : graph.used()) {
      used.putObject("_:u" + used.size())
          .put("prov:activity", activity(e.quantum()))
          .put("prov:entity", entity(e.dataset()));
    }
    ObjectNode generated = out.putObject("wasGeneratedBy");
    for (Edge e : graph.generated()) {
      generated
          .putObject("_:g" + generated.size())
          .put("prov:entity", entity(e.dataset()))
          .put("prov:activity", activity(e.quantum()));
    }
    return out;
  }

  private static ObjectNode provEntity(Dataset d) {
    ObjectNode out = MAPPER.createObjectNode();
    out.put("prov:label", d.key().name());
    out.put("sb:type", d.key().type()).put("sb:dataId", d.key().dataId());
    out.put("sb:sha256", d.key().hash()).put("sb:run", d.run()).put("sb:path", d.path());
    out.putObject("sb:bytes").put("$", Long.toString(d.bytes())).put("type", "xsd:long");
    return out;
  }

  private static ObjectNode provActivity(Quantum q) {
    ObjectNode out = MAPPER.createObjectNode();
    out.put("prov:label", q.name());
    out.put("prov:startTime", utc(q.startTaiMjd()).toString());
    out.put("prov:endTime", utc(q.endTaiMjd()).toString());
    out.put("sb:run", q.run()).put("sb:status", q.status()).put("sb:inputHash", q.inputHash());
    out.put("sb:host", q.host());
    return out;
  }

  private static String entity(Key key) {
    String id = key.type() + "|" + key.dataId() + "|" + key.hash();
    return "sb:dataset/" + UUID.nameUUIDFromBytes(id.getBytes(StandardCharsets.UTF_8));
  }

  private static String activity(String quantum) {
    return "sb:quantum/" + plain(quantum);
  }

  private static String plain(String text) {
    return text.replaceAll("[^A-Za-z0-9._/-]", "_");
  }

  static List<ObjectNode> openLineage(ProvenanceGraph graph) {
    Map<String, List<Quantum>> jobs = new TreeMap<>();
    for (Quantum q : graph.quanta().values()) {
      jobs.computeIfAbsent(q.run() + "\n" + q.task() + "\n" + q.window(), j -> new ArrayList<>())
          .add(q);
    }
    List<ObjectNode> events = new ArrayList<>();
    jobs.values().forEach(quanta -> events.add(event(graph, quanta)));
    return events;
  }

  private static ObjectNode event(ProvenanceGraph graph, List<Quantum> quanta) {
    Quantum first = quanta.get(0);
    Set<String> keys = new TreeSet<>();
    quanta.forEach(q -> keys.add(q.key()));
    double end = quanta.stream().mapToDouble(Quantum::endTaiMjd).max().orElse(0);
    double start = quanta.stream().mapToDouble(Quantum::startTaiMjd).min().orElse(0);
    boolean failed = quanta.stream().anyMatch(q -> q.status().equals("FAILED"));
    ObjectNode event = MAPPER.createObjectNode();
    event.put("eventType", failed ? "FAIL" : "COMPLETE");
    event.put("eventTime", utc(end).toString());
    event.put("producer", PRODUCER);
    event.put("schemaURL", OPEN_LINEAGE);
    ObjectNode run = event.putObject("run");
    run.put("runId", uuid(first.run() + "/" + first.task() + "/" + first.window()).toString());
    ObjectNode runFacets = run.putObject("facets");
    ObjectNode parent =
        facet(runFacets, "parent", "1-0-1/ParentRunFacet.json#/$defs/ParentRunFacet");
    parent.putObject("run").put("runId", uuid(first.run()).toString());
    parent.putObject("job").put("namespace", "starbeam").put("name", first.run());
    ObjectNode nominal =
        facet(
            runFacets, "nominalTime", "1-0-1/NominalTimeRunFacet.json#/$defs/NominalTimeRunFacet");
    nominal.put("nominalStartTime", utc(start).toString());
    nominal.put("nominalEndTime", utc(end).toString());
    ObjectNode counts = runFacets.putObject("starbeam_quanta");
    counts.put("_producer", PRODUCER).put("_schemaURL", PRODUCER + "/ns/QuantaRunFacet.json");
    counts.put("quanta", quanta.size());
    counts.put("cpuSeconds", quanta.stream().mapToDouble(Quantum::cpuSeconds).sum());
    ObjectNode job = event.putObject("job");
    job.put("namespace", "starbeam").put("name", first.task() + "." + first.window());
    job.putObject("facets");
    datasets(graph, graph.used(), keys, event.putArray("inputs"), false);
    datasets(graph, graph.generated(), keys, event.putArray("outputs"), true);
    return event;
  }

  private static void datasets(
      ProvenanceGraph graph, List<Edge> edges, Set<String> quanta, ArrayNode out, boolean outputs) {
    Map<String, List<Dataset>> byName = new TreeMap<>();
    edges.stream()
        .filter(e -> quanta.contains(e.quantum()))
        .map(Edge::dataset)
        .distinct()
        .map(graph::dataset)
        .forEach(
            d ->
                byName
                    .computeIfAbsent(
                        d.run().isEmpty() ? d.key().type() : d.run() + "/" + d.key().type(),
                        n -> new ArrayList<>())
                    .add(d));
    byName.forEach(
        (name, all) -> {
          ObjectNode dataset = out.addObject().put("namespace", "starbeam").put("name", name);
          dataset.putObject("facets");
          if (outputs) {
            ObjectNode statistics =
                facet(
                    dataset.putObject("outputFacets"),
                    "outputStatistics",
                    "1-0-2/OutputStatisticsOutputDatasetFacet.json#/$defs/OutputStatisticsOutputDatasetFacet");
            statistics.put("fileCount", all.size());
            statistics.put("size", all.stream().mapToLong(Dataset::bytes).sum());
          }
        });
  }

  private static ObjectNode facet(ObjectNode facets, String name, String schema) {
    return facets.putObject(name).put("_producer", PRODUCER).put("_schemaURL", FACETS + schema);
  }

  private static UUID uuid(String text) {
    return UUID.nameUUIDFromBytes(text.getBytes(StandardCharsets.UTF_8));
  }
}
