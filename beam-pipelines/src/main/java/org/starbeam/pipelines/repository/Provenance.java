package org.starbeam.pipelines.repository;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.repository.ProvenanceGraph.Dataset;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.store.DatasetFiles;

/** Answers questions about where datasets came from (specs/05 section 4.10). */
public final class Provenance implements AutoCloseable {
  /** Types whose rows are objects, the finest first. */
  private static final List<String> OBJECTS = List.of("object_unpublished", "object");

  private final Path root;
  private final int most;
  private final ProvenanceSearch search;

  private Provenance(Path root, List<String> runs, int most) {
    this.root = root;
    this.most = most;
    this.search = new ProvenanceSearch(root, runs, most);
  }

  /**
   * Opens the registries of some runs.
   *
   * @param collections runs and chains to look in, in this order; empty means the newest run
   * @param all whether the other runs of the repository are looked into as well
   * @param most nodes of a graph before a search is given up
   */
  public static Provenance open(Path root, List<String> collections, boolean all, int most) {
    List<String> runs = new ArrayList<>();
    for (String collection : collections) {
      Collections.runs(root, collection).forEach(r -> runs.add(RunCatalog.open(root, r).run()));
    }
    if (runs.isEmpty()) {
      runs.add(RunCatalog.open(root, "").run());
    }
    if (all) {
      RunCatalog.runs(root).stream().filter(r -> !runs.contains(r)).forEach(runs::add);
    }
    return new Provenance(root, runs, most);
  }

  /** The graph around a dataset in one of the forms. */
  public String graph(String dataset, int up, int down, ProvenanceFormat format) {
    Dataset start = new DatasetFinder(root, search).find(dataset);
    return format.write(search.search(start, up, down));
  }

  /** Why a dataset differs from the one of the same data id of another run. */
  public String difference(String dataset, String otherRun, boolean json) {
    Dataset here = new DatasetFinder(root, search).find(dataset);
    List<String> others = Collections.runs(root, otherRun);
    try (ProvenanceSearch otherSearch =
        new ProvenanceSearch(
            root, others.stream().map(r -> RunCatalog.open(root, r).run()).toList(), most)) {
      String name = here.key().name();
      Dataset there = new DatasetFinder(root, otherSearch).find(name);
      boolean same = here.key().hash().equals(there.key().hash());
      int up = same ? 0 : Integer.MAX_VALUE;
      ProvenanceDiff diff =
          new ProvenanceDiff(root, search.search(here, up, 0), otherSearch.search(there, up, 0));
      return json
          ? diff.json().toPrettyString() + "\n"
          : diff.text(search.runs().iterator().next(), otherRun);
    }
  }

  /** Ids of all objects that were made of a dataset, one a line. */
  public String objects(String dataset) throws IOException {
    Dataset start = new DatasetFinder(root, search).find(dataset);
    DatasetFiles files = DatasetFiles.of(root);
    ProvenanceGraph graph = search.search(start, 0, Integer.MAX_VALUE);
    for (String type : OBJECTS) {
      List<DatasetRef> tables =
          graph.datasets().values().stream()
              .filter(d -> d.key().type().equals(type))
              .map(Dataset::ref)
              .toList();
      if (!tables.isEmpty() && tables.stream().allMatch(files::exists)) {
        return ids(tables.stream().map(files::keep).toList());
      }
    }
    if (graph.datasets().keySet().stream().noneMatch(k -> OBJECTS.contains(k.type()))) {
      return "";
    }
    throw new UserException(
        ExitCode.INPUTS,
        "the tables of the objects made of " + start.key().name() + " are not there");
  }

  private String ids(List<Path> files) {
    String list =
        files.stream()
            .map(f -> "'" + f.toString().replace("'", "''") + "'")
            .collect(Collectors.joining(","));
    List<String> ids =
        search
            .database()
            .texts(
                "select distinct \"objectId\"::varchar from read_parquet(["
                    + list
                    + "], union_by_name = true) order by \"objectId\"::varchar");
    return ids.isEmpty() ? "" : String.join("\n", ids) + "\n";
  }

  /** Makes a dataset again, with so many generations of quanta before it. */
  public Replay.Result replay(String dataset, int up, String version, boolean keep)
      throws IOException {
    Dataset start = new DatasetFinder(root, search).find(dataset);
    ProvenanceGraph graph = search.search(start, up, 0);
    Set<String> quanta =
        graph.quanta().values().stream()
            .map(ProvenanceGraph.Quantum::id)
            .collect(Collectors.toSet());
    return new Replay(root, search.runs().iterator().next(), version).run(quanta, keep);
  }

  /** The runs that are looked into. */
  public Set<String> runs() {
    return search.runs();
  }

  @Override
  public void close() {
    search.close();
  }
}
