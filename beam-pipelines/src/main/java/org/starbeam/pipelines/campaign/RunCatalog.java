package org.starbeam.pipelines.campaign;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.Suggestion;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.quantum.LastRecords;
import org.starbeam.transforms.step6.ReleaseTable;
import org.starbeam.transforms.store.DatasetFiles;

/**
 * What a run has done, read from its ledger: the last record of every quantum, and the datasets and
 * tables that they wrote.
 */
public final class RunCatalog {
  private static final Comparator<QuantumRecord> BY_TASK =
      Comparator.comparingInt((QuantumRecord r) -> Template.ALL_STEPS.indexOf(r.getStep()))
          .thenComparing(QuantumRecord::getTask)
          .thenComparing(QuantumRecord::getDataId);

  /** Dataset types whose data ids name the table. */
  private static final List<String> PARTS = List.of("release_table", "night_table");

  /** Dataset types that are a table. */
  private static final List<String> WHOLE =
      List.of("metric", "star_residual", "rho_statistic", "amplifier", "defect", "calib_verify");

  /** Types of datasets whose rows make a table for who names it. */
  private static final List<String> NAMED =
      List.of("multiprofit_fit", "isolated_star_source", "star_position", "tract_metric");

  private final Path root;
  private final String run;
  private final DatasetFiles files;
  private @Nullable LastRecords last;
  private @Nullable List<QuantumRecord> quanta;

  private RunCatalog(Path root, String run) {
    this.root = root;
    this.run = run;
    this.files = DatasetFiles.of(root);
  }

  /** Names of the runs of a repository, newest first. */
  public static List<String> runs(Path root) {
    Path runs = root.resolve("runs");
    if (!Files.isDirectory(runs)) {
      if (Files.isRegularFile(root.resolve("repo.json"))) {
        return List.of();
      }
      throw new UserException(
          ExitCode.INPUTS,
          "no repository at " + root + " (it has no runs/)",
          "starbeam launch ci --set input=DIR --repo " + root);
    }
    try (Stream<Path> files = Files.walk(runs, 6)) {
      return files
          .filter(f -> f.getFileName().toString().equals("campaign") && Files.isDirectory(f))
          .map(Path::getParent)
          .sorted(
              Comparator.comparing(RunCatalog::modified).reversed().thenComparing(Path::toString))
          .map(f -> runs.relativize(f).toString())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long modified(Path path) {
    try {
      return Files.getLastModifiedTime(path).toMillis();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Opens a run.
   *
   * @param run name of the run; empty for the newest
   */
  public static RunCatalog open(Path root, String run) {
    return new RunCatalog(root, name(root, run));
  }

  /**
   * The name of a run that exists.
   *
   * @param run name of the run; empty for the newest
   */
  public static String name(Path root, String run) {
    List<String> runs = runs(root);
    if (run.isEmpty() && runs.isEmpty()) {
      throw new UserException(
          ExitCode.INPUTS,
          "no run in " + root + " yet",
          "starbeam launch ci --set input=DIR --repo " + root);
    }
    String name = run.isEmpty() ? runs.get(0) : run;
    if (!runs.contains(name)) {
      throw new UserException(
          ExitCode.INPUTS,
          "no run '" + name + "' in " + root + Suggestion.didYouMean(name, runs),
          "starbeam status --repo " + root);
    }
    return name;
  }

  /**
   * Hands over the last record of every quantum in the order of the ledger, one at a time: nothing
   * is kept, so a run of any size will do. All calls see the ledger as it was at the first.
   */
  public synchronized void forEachLast(Consumer<QuantumRecord> consumer) {
    lastRecords().forEach(consumer);
  }

  /** Like {@link #forEachLast}, in less time, with records that have no inputs. */
  public synchronized void forEachLastWithoutInputs(Consumer<QuantumRecord> consumer) {
    lastRecords().forEachWithoutInputs(consumer);
  }

  private LastRecords lastRecords() {
    LastRecords known = last;
    if (known == null) {
      try {
        known = LastRecords.of(RepositoryPaths.ledger(root, run));
      } catch (IOException e) {
        throw new UserException(
            ExitCode.INPUTS, "cannot read the ledger of run " + run + ": " + e.getMessage());
      }
      last = known;
    }
    return known;
  }

  public Path root() {
    return root;
  }

  public String run() {
    return run;
  }

  /**
   * The last record of every quantum without its inputs, ordered by step, task and data id. All of
   * them are kept in memory; what may meet a run of millions uses {@link #forEachLast}.
   */
  public synchronized List<QuantumRecord> quanta() {
    List<QuantumRecord> known = quanta;
    if (known == null) {
      List<QuantumRecord> read = new ArrayList<>();
      forEachLastWithoutInputs(read::add);
      known = read.stream().sorted(BY_TASK).toList();
      quanta = known;
    }
    return known;
  }

  /** Datasets of a type that the run has, in the order of their data ids. */
  public List<DatasetRef> datasets(String type) {
    return datasets(Set.of(type)).getOrDefault(type, List.of());
  }

  /** Datasets of several types by their type; one pass over the ledger. */
  private Map<String, List<DatasetRef>> datasets(Set<String> types) {
    Map<String, List<DatasetRef>> found = new TreeMap<>();
    forEachLastWithoutInputs(
        record -> {
          if (record.getStatus() == QuantumStatus.DONE
              || record.getStatus() == QuantumStatus.ADOPTED) {
            for (DatasetRef output : record.getOutputs()) {
              if (types.contains(output.getDatasetType())) {
                found.computeIfAbsent(output.getDatasetType(), t -> new ArrayList<>()).add(output);
              }
            }
          }
        });
    found.replaceAll(
        (type, refs) ->
            refs.stream().sorted(Comparator.comparing(DatasetRef::getDataId)).distinct().toList());
    return found;
  }

  /** Local file of a dataset; one of an object store stays on this node while the process lives. */
  public Path path(DatasetRef ref) {
    return files.keep(ref);
  }

  /** Parquet files of every released table, by table name, and of the metric tables. */
  public Map<String, List<Path>> tables() {
    Map<String, List<DatasetRef>> all = tableDatasets();
    all.keySet().removeAll(NAMED);
    return local(all);
  }

  /**
   * Like {@link #tables()}, and those of which there is a file for each bin of the sky; these, and
   * what is in an object store, only if a text has the table's name.
   */
  public Map<String, List<Path>> tablesFor(String text) {
    Map<String, List<DatasetRef>> wanted = tableDatasets();
    String lower = text.toLowerCase(Locale.ROOT);
    wanted
        .keySet()
        .removeIf(
            name ->
                (files.isStore() || NAMED.contains(name))
                    && !lower.contains(name.toLowerCase(Locale.ROOT)));
    return local(wanted);
  }

  /** Names of the tables that the run has. */
  public Set<String> tableNames() {
    return tableDatasets().keySet();
  }

  private Map<String, List<Path>> local(Map<String, List<DatasetRef>> datasets) {
    Map<String, List<Path>> out = new TreeMap<>();
    datasets.forEach((name, refs) -> out.put(name, refs.stream().map(this::path).toList()));
    return out;
  }

  private Map<String, List<DatasetRef>> tableDatasets() {
    Map<String, List<DatasetRef>> tables = new TreeMap<>();
    Map<String, List<DatasetRef>> datasets =
        datasets(Set.copyOf(Stream.of(PARTS, WHOLE, NAMED).flatMap(List::stream).toList()));
    for (String type : PARTS) {
      for (DatasetRef ref : datasets.getOrDefault(type, List.of())) {
        String name = DataId.parse(ref.getDataId()).get("name");
        tables.computeIfAbsent(name, n -> new ArrayList<>()).add(ref);
      }
    }
    for (String type : Stream.concat(WHOLE.stream(), NAMED.stream()).toList()) {
      List<DatasetRef> refs = datasets.getOrDefault(type, List.of());
      if (!refs.isEmpty()) {
        tables.put(type, refs);
      }
    }
    return tables;
  }

  /** Datasets that the rows of a table are in. */
  public List<DatasetRef> tableDatasets(String table) {
    return tableDatasets().getOrDefault(table, List.of());
  }

  /** The name of a table, or of an alias of it, as the run spells it. */
  public String table(String nameOrAlias) {
    Set<String> tables = tableNames();
    String name = ReleaseTable.nameOf(nameOrAlias);
    return tables.stream()
        .filter(t -> t.equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(
            () ->
                new UserException(
                    ExitCode.INPUTS,
                    "run "
                        + run
                        + " has no table '"
                        + name
                        + "'"
                        + Suggestion.didYouMean(name, tables)
                        + "; it has: "
                        + String.join(", ", tables)));
  }

  /** Description of a table's columns as its files carry it: name, unit, description. */
  public JsonNode columnMetadata(String table) {
    return TableMetadata.read(tablesFor(table).getOrDefault(table, List.of()));
  }
}
