package org.starbeam.pipelines.repository;

import com.google.common.collect.Lists;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.pipelines.repository.ProvenanceGraph.Dataset;
import org.starbeam.pipelines.repository.ProvenanceGraph.Edge;
import org.starbeam.pipelines.repository.ProvenanceGraph.Key;
import org.starbeam.pipelines.repository.ProvenanceGraph.Quantum;
import org.starbeam.transforms.dataset.RepositoryPaths;

/**
 * Walks from a dataset to what it was made of and to what was made of it, one generation of quanta
 * at a time, over the registries of one or more runs. Runs that datasets came from are looked into
 * when the walk reaches them.
 */
final class ProvenanceSearch implements AutoCloseable {
  private static final int KEYS_PER_QUERY = 5000;

  private final Path root;
  private final int most;
  private final Set<String> runs = new LinkedHashSet<>();
  private final RunDatabase database = new RunDatabase(Map.of());

  /**
   * @param most nodes of a graph before the search is given up
   */
  ProvenanceSearch(Path root, List<String> runs, int most) {
    this.root = root;
    this.most = most;
    runs.forEach(this::add);
    define();
  }

  private boolean add(String run) {
    if (run.isEmpty() || runs.contains(run)) {
      return false;
    }
    if (!Files.isDirectory(RepositoryPaths.ledger(root, run))) {
      return false;
    }
    Registry.of(root, run);
    return runs.add(run);
  }

  private void define() {
    for (String part : List.of("datasets", "quanta", "inputs")) {
      List<String> selects = new ArrayList<>();
      int place = 0;
      for (String run : runs) {
        String file = Registry.directory(root, run).resolve("part-" + part + ".parquet").toString();
        selects.add(
            "select %d as place, '%s' as in_run, * from read_parquet('%s')"
                .formatted(place++, run, file.replace("'", "''")));
      }
      database.execute(
          "create or replace view " + part + " as " + String.join(" union all by name ", selects));
    }
  }

  RunDatabase database() {
    return database;
  }

  Set<String> runs() {
    return runs;
  }

  /** The graph around a dataset: so many generations up and down. */
  ProvenanceGraph search(Dataset start, int up, int down) {
    ProvenanceGraph graph = new ProvenanceGraph(start.key());
    graph.datasets().put(start.key(), start);
    walkUp(graph, List.of(start.key()), up);
    walkDown(graph, List.of(start.key()), down);
    return graph;
  }

  private void walkUp(ProvenanceGraph graph, List<Key> start, int generations) {
    List<Key> frontier = start;
    Set<Key> seen = new HashSet<>(start);
    for (int g = 1; g <= generations && !frontier.isEmpty(); g++) {
      Set<String> before = Set.copyOf(graph.quanta().keySet());
      producers(graph, frontier, g);
      Set<Key> made = new HashSet<>();
      graph.generated().forEach(e -> made.add(e.dataset()));
      if (lookFurther(graph, frontier, made)) {
        producers(graph, frontier.stream().filter(k -> !made.contains(k)).toList(), g);
      }
      List<String> fresh =
          graph.quanta().keySet().stream().filter(q -> !before.contains(q)).toList();
      frontier = inputs(graph, fresh, g).stream().filter(seen::add).toList();
      check(graph);
    }
  }

  /** Adds the runs that datasets without a producer say they come from. */
  private boolean lookFurther(ProvenanceGraph graph, List<Key> frontier, Set<Key> made) {
    boolean added = false;
    for (Key key : frontier) {
      Dataset dataset = graph.datasets().get(key);
      if (!made.contains(key) && dataset != null) {
        added |= add(dataset.run().replaceFirst("/r\\d+$", ""));
      }
    }
    if (added) {
      define();
    }
    return added;
  }

  private void walkDown(ProvenanceGraph graph, List<Key> start, int generations) {
    List<Key> frontier = start;
    Set<Key> seen = new HashSet<>(start);
    for (int g = 1; g <= generations && !frontier.isEmpty(); g++) {
      List<String> consumers = consumers(graph, frontier, -g);
      frontier = outputs(graph, consumers, -g).stream().filter(seen::add).toList();
      check(graph);
    }
  }

  private void check(ProvenanceGraph graph) {
    if (graph.size() > most) {
      throw new UserException(
          ExitCode.USAGE,
          "the provenance of "
              + graph.start().name()
              + " has more than "
              + most
              + " nodes; give fewer generations with --up or --down, or a higher --limit");
    }
  }

  private static String keys(List<Key> keys) {
    return keys.stream()
        .map(k -> "('" + k.type() + "','" + k.dataId() + "','" + k.hash() + "')")
        .collect(Collectors.joining(",", "(values ", ") k(type, data_id, hash)"));
  }

  private static final String QUANTUM =
      "q.in_run, q.quantum_id, q.task, q.data_id, q.window_name, q.task_version, q.code_version,"
          + " q.status, q.caveats, q.input_hash, q.start_tai_mjd, q.end_tai_mjd, q.cpu_seconds,"
          + " q.host";

  /** What made datasets: the run that executed it before one that adopted it. */
  private void producers(ProvenanceGraph graph, List<Key> keys, int generation) {
    for (List<Key> part : Lists.partition(keys, KEYS_PER_QUERY)) {
      each(
          "select "
              + QUANTUM
              + ", d.type, d.data_id, d.hash, d.run, d.path, d.bytes from datasets d join "
              + keys(part)
              + " using (type, data_id, hash) join quanta q on q.quantum_id = d.quantum_id"
              + " and q.in_run = d.in_run qualify row_number() over"
              + " (partition by d.type, d.data_id, d.hash order by q.status = 'ADOPTED', d.place)"
              + " = 1 order by q.task, q.data_id, d.type, d.data_id",
          rows -> {
            Quantum quantum = quantum(rows);
            graph.quanta().putIfAbsent(quantum.key(), quantum);
            Dataset dataset = dataset(rows, 15);
            graph.datasets().put(dataset.key(), dataset);
            graph.generated().add(new Edge(quantum.key(), dataset.key(), generation));
          });
    }
  }

  private List<String> consumers(ProvenanceGraph graph, List<Key> keys, int generation) {
    Set<String> found = new LinkedHashSet<>();
    for (List<Key> part : Lists.partition(keys, KEYS_PER_QUERY)) {
      each(
          "select "
              + QUANTUM
              + ", i.type, i.data_id, i.hash from inputs i join "
              + keys(part)
              + " using (type, data_id, hash) join quanta q on q.quantum_id = i.quantum_id"
              + " and q.in_run = i.in_run order by q.task, q.data_id",
          rows -> {
            Quantum quantum = quantum(rows);
            if (graph.quanta().putIfAbsent(quantum.key(), quantum) == null) {
              found.add(quantum.key());
            }
            Key key = new Key(rows.getString(15), rows.getString(16), rows.getString(17));
            graph.used().add(new Edge(quantum.key(), key, generation));
          });
    }
    return List.copyOf(found);
  }

  private static String quantumKeys(List<String> quanta) {
    return quanta.stream()
        .map(
            q -> {
              int slash = q.lastIndexOf('/');
              return "('" + q.substring(0, slash) + "','" + q.substring(slash + 1) + "')";
            })
        .collect(Collectors.joining(",", "(values ", ") k(in_run, quantum_id)"));
  }

  private List<Key> inputs(ProvenanceGraph graph, List<String> quanta, int generation) {
    Map<Key, Boolean> found = new LinkedHashMap<>();
    for (List<String> part : Lists.partition(quanta, KEYS_PER_QUERY)) {
      each(
          "select i.in_run, i.quantum_id, i.type, i.data_id, i.hash, i.run from inputs i join "
              + quantumKeys(part)
              + " using (in_run, quantum_id) order by i.type, i.data_id",
          rows -> {
            Key key = new Key(rows.getString(3), rows.getString(4), rows.getString(5));
            graph.datasets().putIfAbsent(key, new Dataset(key, rows.getString(6), "", 0));
            graph
                .used()
                .add(new Edge(rows.getString(1) + "/" + rows.getString(2), key, generation));
            found.put(key, true);
          });
    }
    return List.copyOf(found.keySet());
  }

  private List<Key> outputs(ProvenanceGraph graph, List<String> quanta, int generation) {
    List<Key> found = new ArrayList<>();
    for (List<String> part : Lists.partition(quanta, KEYS_PER_QUERY)) {
      each(
          "select d.in_run, d.quantum_id, d.type, d.data_id, d.hash, d.run, d.path, d.bytes from"
              + " datasets d join "
              + quantumKeys(part)
              + " using (in_run, quantum_id) order by d.type, d.data_id",
          rows -> {
            Dataset dataset = dataset(rows, 3);
            graph.datasets().putIfAbsent(dataset.key(), dataset);
            graph
                .generated()
                .add(
                    new Edge(
                        rows.getString(1) + "/" + rows.getString(2), dataset.key(), generation));
            found.add(dataset.key());
          });
    }
    return found;
  }

  private static Quantum quantum(ResultSet rows) throws SQLException {
    return new Quantum(
        rows.getString(1),
        rows.getString(2),
        rows.getString(3),
        rows.getString(4),
        rows.getString(5),
        rows.getInt(6),
        rows.getString(7),
        rows.getString(8),
        rows.getString(9),
        rows.getString(10),
        rows.getDouble(11),
        rows.getDouble(12),
        rows.getDouble(13),
        rows.getString(14));
  }

  private static Dataset dataset(ResultSet rows, int from) throws SQLException {
    Key key = new Key(rows.getString(from), rows.getString(from + 1), rows.getString(from + 2));
    return new Dataset(
        key, rows.getString(from + 3), rows.getString(from + 4), rows.getLong(from + 5));
  }

  void each(String sql, RunDatabase.RowConsumer consumer) {
    database.each(sql, consumer);
  }

  @Override
  public void close() {
    database.close();
  }
}
