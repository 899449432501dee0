package org.starbeam.pipelines.repository;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.Chains;
import org.starbeam.transforms.dataset.Collection;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.DatasetType.Retention;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.Tombstones;
import org.starbeam.transforms.store.DatasetFiles;

/**
 * Deletes datasets of a run by retention class and leaves tombstones (specs/05 section 3.10): their
 * quanta stay done, and whoever needs the bytes later has them made again with the same hash.
 */
public final class Pruning {
  private final Path root;
  private final String run;
  private final DatasetFiles files;

  public Pruning(Path root, String run) {
    this.root = root;
    this.run = run;
    this.files = DatasetFiles.of(root);
  }

  /** Number and size of the datasets of a class or type. */
  public record Share(long datasets, long bytes) {
    Share plus(long more) {
      return new Share(datasets + 1, bytes + more);
    }
  }

  /**
   * The datasets of the run that would go: their files are its own and are there.
   *
   * @param classes retention classes
   * @param types dataset types to which it is limited; empty means all of the classes
   * @throws UserException when a class must not be pruned
   */
  public List<DatasetRef> find(Set<Retention> classes, Set<String> types) {
    classes.forEach(this::requireAllowed);
    types.forEach(Pruning::requireType);
    List<DatasetRef> found = new ArrayList<>();
    Predicate<DatasetRef> present = present();
    for (DatasetRef ref : own()) {
      DatasetType type = DatasetTypes.named(ref.getDatasetType());
      if (classes.contains(type.retention())
          && (types.isEmpty() || types.contains(type.name()))
          && present.test(ref)) {
        found.add(ref);
      }
    }
    return found;
  }

  /**
   * Refuses products and calibrations that others in the repository have: a run that adopted them
   * when it was rescued from this one or follows it, a run that read them, a collection of
   * calibrations.
   *
   * @throws UserException {@link ExitCode#CONFLICT} with who has how many
   */
  public void requireUnshared(List<DatasetRef> found) throws IOException {
    List<DatasetRef> kept = found.stream().filter(Pruning::isForGood).toList();
    Map<String, Long> holders = kept.isEmpty() ? Map.of() : new Holders(root, run).of(kept);
    if (holders.isEmpty()) {
      return;
    }
    List<String> who = new ArrayList<>();
    holders.forEach((holder, number) -> who.add(holder + " (" + number + ")"));
    throw new UserException(
        ExitCode.CONFLICT,
        "datasets of run "
            + run
            + " cannot be pruned, others have adopted, read or certified them: "
            + String.join(", ", who)
            + "; --shared takes them from these too",
        "starbeam sql --run RUN \"select type, data_id from datasets where run = '" + run + "'\"");
  }

  private static boolean isForGood(DatasetRef ref) {
    Retention retention = DatasetTypes.named(ref.getDatasetType()).retention();
    return retention == Retention.PRODUCT || retention == Retention.CALIB;
  }

  /** What the run holds by class, as number and bytes, files that are there only. */
  public Map<Retention, Share> held() {
    Map<Retention, Share> held = new TreeMap<>();
    Predicate<DatasetRef> present = present();
    for (DatasetRef ref : own()) {
      if (present.test(ref)) {
        Retention retention = DatasetTypes.named(ref.getDatasetType()).retention();
        held.put(retention, held.getOrDefault(retention, new Share(0, 0)).plus(ref.getBytes()));
      }
    }
    return held;
  }

  private Predicate<DatasetRef> present() {
    try {
      return files.present(DatasetFiles.DATA + "/" + run);
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE,
          "cannot list the datasets of run " + run + ": " + e.getMessage());
    }
  }

  private List<DatasetRef> own() {
    Registry registry = Registry.of(root, run);
    List<DatasetRef> own = new ArrayList<>();
    try (RunDatabase database = new RunDatabase(Map.of())) {
      for (String part : List.of("datasets", "superseded")) {
        String sql =
            "select type, data_id, run, path, hash, bytes from read_parquet('"
                + registry.part(part).toString().replace("'", "''")
                + "') where path like 'data/"
                + run
                + "/%' order by type, data_id, path";
        try (var rows = database.query(sql)) {
          while (rows.next()) {
            own.add(
                new DatasetRef(
                    rows.getString(1),
                    rows.getString(2),
                    rows.getString(3),
                    rows.getString(4),
                    rows.getString(5),
                    rows.getLong(6)));
          }
        } catch (java.sql.SQLException e) {
          throw new IllegalStateException(e);
        }
      }
    }
    return own;
  }

  private void requireAllowed(Retention retention) {
    switch (retention) {
      case INTERMEDIATE, CACHE -> {}
      case RAW, PROVENANCE ->
          throw new UserException(
              ExitCode.USAGE,
              "class " + name(retention) + " is never pruned; intermediate, product and calib are");
      case PRODUCT, CALIB -> {
        String reason = referenced();
        if (!reason.isEmpty()) {
          throw new UserException(
              ExitCode.CONFLICT,
              "class " + name(retention) + " of run " + run + " cannot be pruned: " + reason,
              "starbeam repo chains list");
        }
      }
    }
  }

  /** Why the products of the run must stay, or an empty text. */
  private String referenced() {
    try {
      Chains chains = new Chains(root);
      for (String name : chains.names()) {
        if (chains.runs(Collection.chain(name)).contains(run)) {
          return "chain:" + name + " has it";
        }
      }
    } catch (IOException e) {
      throw new UserException(ExitCode.INFRASTRUCTURE, "cannot read the chains: " + e);
    }
    var campaign = RunFacts.campaign(root, run);
    if (campaign.path("outputs").path("release").asInt(0) > 0) {
      return "it is release " + campaign.path("outputs").path("release").asInt();
    }
    return campaign.path("retention").path("product").asText().equals("strict")
        ? "its template keeps products strictly"
        : "";
  }

  private static void requireType(String type) {
    if (!DatasetTypes.isType(type)) {
      throw new UserException(
          ExitCode.USAGE, "no dataset type '" + type + "'", "starbeam repo types");
    }
  }

  /** {@code INTERMEDIATE} as {@code intermediate}. */
  static String name(Retention retention) {
    return retention.name().toLowerCase(java.util.Locale.ROOT);
  }

  /** Leaves tombstones, then deletes; what a crash leaves between is deleted by the next call. */
  public void delete(List<DatasetRef> datasets, String why) throws IOException {
    new Tombstones(root).add(run, datasets, why);
    files.remove(datasets.stream().map(DatasetRef::getPath).toList());
  }
}
