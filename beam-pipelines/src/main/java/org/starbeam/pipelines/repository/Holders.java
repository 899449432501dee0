package org.starbeam.pipelines.repository;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.CalibrationCollection;

/**
 * Who else in a repository has datasets of a run: other runs that adopted them or whose quanta read
 * them, and collections of calibrations that certify them. Asks the registry of every other run.
 */
final class Holders {
  private final Path root;
  private final String run;

  Holders(Path root, String run) {
    this.root = root;
    this.run = run;
  }

  /** Number of the given datasets of the run by who has them, as {@code run:NAME}. */
  Map<String, Long> of(List<DatasetRef> datasets) throws IOException {
    Set<String> keys = new HashSet<>();
    datasets.forEach(d -> keys.add(key(d.getDatasetType(), d.getDataId(), d.getContentHash())));
    Map<String, Long> holders = new TreeMap<>();
    for (String other : RunCatalog.runs(root)) {
      if (!other.equals(run)) {
        count(holders, "run:" + other, keys, keysIn(other));
      }
    }
    for (String name : CalibrationCollection.names(root)) {
      Set<String> certified = new HashSet<>();
      for (CalibrationCollection.Entry entry : new CalibrationCollection(root, name).entries()) {
        DatasetRef d = entry.dataset();
        if (d.getRun().replaceFirst("/r\\d+$", "").equals(run)) {
          certified.add(key(d.getDatasetType(), d.getDataId(), d.getContentHash()));
        }
      }
      count(holders, "calibs:" + name, keys, certified);
    }
    return holders;
  }

  private static void count(
      Map<String, Long> holders, String holder, Set<String> keys, Set<String> held) {
    long common = held.stream().filter(keys::contains).count();
    if (common > 0) {
      holders.put(holder, common);
    }
  }

  /** Datasets of this run that another has among its outputs or inputs. */
  private Set<String> keysIn(String other) {
    Registry registry = Registry.of(root, other);
    String columns = "select type, data_id, hash, run from ";
    String sql =
        "select distinct type, data_id, hash from ("
            + columns
            + parquet(registry, "datasets")
            + " union all "
            + columns
            + parquet(registry, "inputs")
            + ") where regexp_replace(run, '/r[0-9]+$', '') = '"
            + run.replace("'", "''")
            + "'";
    Set<String> keys = new HashSet<>();
    try (RunDatabase database = new RunDatabase(Map.of())) {
      database.each(
          sql, row -> keys.add(key(row.getString(1), row.getString(2), row.getString(3))));
    }
    return keys;
  }

  private static String parquet(Registry registry, String part) {
    return "read_parquet('" + registry.part(part).toString().replace("'", "''") + "')";
  }

  private static String key(String type, String dataId, String hash) {
    return type + "(" + dataId + ")" + hash;
  }
}
