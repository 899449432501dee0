package org.starbeam.pipelines.repository;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.schema.DatasetRef;

/**
 * Datasets and the quanta that made or used them (specs/05 section 4.10). A dataset is named by
 * type, data id and content hash, so the same bytes of two runs are one node.
 */
public final class ProvenanceGraph {
  /** Name of a dataset, whatever run it is in. */
  public record Key(String type, String dataId, String hash) {
    /** {@code type(dataId)}. */
    public String name() {
      return type + "(" + dataId + ")";
    }
  }

  /** A dataset. */
  public record Dataset(Key key, String run, String path, long bytes) {
    DatasetRef ref() {
      return new DatasetRef(key.type, key.dataId, run, path, key.hash, bytes);
    }
  }

  /** One execution, or adoption, of a task on a data id. */
  public record Quantum(
      String run,
      String id,
      String task,
      String dataId,
      String window,
      int taskVersion,
      String codeVersion,
      String status,
      String caveats,
      String inputHash,
      double startTaiMjd,
      double endTaiMjd,
      double cpuSeconds,
      String host) {
    /** {@code task(dataId)}. */
    public String name() {
      return task + "(" + dataId + ")";
    }

    /** Name that is unique in the graph. */
    public String key() {
      return run + "/" + id;
    }
  }

  /**
   * An arrow between a quantum and a dataset.
   *
   * @param generation steps from where the search began, positive on the way up, negative down
   */
  public record Edge(String quantum, Key dataset, int generation) {}

  private final Key start;
  private final Map<Key, Dataset> datasets = new LinkedHashMap<>();
  private final Map<String, Quantum> quanta = new LinkedHashMap<>();
  private final List<Edge> used = new ArrayList<>();
  private final List<Edge> generated = new ArrayList<>();

  ProvenanceGraph(Key start) {
    this.start = start;
  }

  /** Where the search began. */
  public Key start() {
    return start;
  }

  public Map<Key, Dataset> datasets() {
    return datasets;
  }

  /** A dataset of the graph. */
  Dataset dataset(Key key) {
    return datasets.getOrDefault(key, new Dataset(key, "", "", 0));
  }

  /** A quantum of the graph by its key. */
  Quantum quantum(String key) {
    Quantum found = quanta.get(key);
    if (found == null) {
      throw new IllegalArgumentException("no quantum " + key + " in the graph");
    }
    return found;
  }

  /** Quanta by {@link Quantum#key}. */
  public Map<String, Quantum> quanta() {
    return quanta;
  }

  /** Which quantum used which dataset. */
  public List<Edge> used() {
    return used;
  }

  /** Which quantum made which dataset. */
  public List<Edge> generated() {
    return generated;
  }

  int size() {
    return datasets.size() + quanta.size();
  }

  /** Datasets of the way up that nothing in the graph made: where it all comes from. */
  public List<Dataset> origins() {
    java.util.Set<Key> made = new java.util.HashSet<>();
    generated.forEach(e -> made.add(e.dataset()));
    return used.stream()
        .filter(e -> e.generation() > 0)
        .map(Edge::dataset)
        .distinct()
        .filter(key -> !made.contains(key))
        .map(this::dataset)
        .toList();
  }
}
