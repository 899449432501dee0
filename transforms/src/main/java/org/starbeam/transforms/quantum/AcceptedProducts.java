package org.starbeam.transforms.quantum;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.RepositoryPaths;

/**
 * Datasets of finished runs by type and data id, from the runs' ledgers. A type is read from the
 * ledgers when it is first asked for, and only its references are kept.
 */
public final class AcceptedProducts {
  private static final Pattern NAME = Pattern.compile(",name=[^,]*");

  private final Path root;
  private final List<String> runs;
  private final Map<String, Map<String, List<DatasetRef>>> byType = new HashMap<>();
  private final Map<String, Map<String, List<DataId>>> namesByType = new HashMap<>();

  /**
   * @param root of the repository
   * @param runs names of runs, first found wins
   */
  public AcceptedProducts(Path root, List<String> runs) {
    this.root = root;
    this.runs = List.copyOf(runs);
  }

  /**
   * All versions of a dataset that the runs have, the one that counts first: by run in their order,
   * in a run the newest first. Their files may have been removed since.
   */
  public synchronized List<DatasetRef> versions(DatasetType type, String dataId)
      throws IOException {
    return known(type).getOrDefault(dataId, List.of());
  }

  /**
   * The data ids that the runs have of a type and that are this one or this one with a {@code
   * name}, in their order: what is solved by months has the month as its name.
   */
  public synchronized List<DataId> named(DatasetType type, DataId id) throws IOException {
    Map<String, List<DataId>> names = namesByType.get(type.name());
    if (names == null) {
      names = new HashMap<>();
      for (String text : known(type).keySet()) {
        String unnamed = NAME.matcher(text).replaceAll("");
        names.computeIfAbsent(unnamed, k -> new ArrayList<>()).add(DataId.parse(text));
      }
      names.values().forEach(ids -> ids.sort(null));
      namesByType.put(type.name(), names);
    }
    return names.getOrDefault(id.toString(), List.of());
  }

  private Map<String, List<DatasetRef>> known(DatasetType type) throws IOException {
    Map<String, List<DatasetRef>> known = byType.get(type.name());
    if (known == null) {
      known = read(type.name());
      byType.put(type.name(), known);
    }
    return known;
  }

  private Map<String, List<DatasetRef>> read(String type) throws IOException {
    Map<String, List<DatasetRef>> out = new HashMap<>();
    for (String run : runs) {
      Map<String, List<DatasetRef>> ofRun = new HashMap<>();
      Ledger.read(RepositoryPaths.ledger(root, run), record -> collect(record, type, ofRun));
      ofRun.forEach(
          (id, refs) ->
              refs.forEach(ref -> out.computeIfAbsent(id, k -> new ArrayList<>()).add(ref)));
    }
    return out;
  }

  private static void collect(
      QuantumRecord record, String type, Map<String, List<DatasetRef>> newestFirst) {
    boolean done =
        record.getStatus() == QuantumStatus.DONE || record.getStatus() == QuantumStatus.ADOPTED;
    if (!done) {
      return;
    }
    for (DatasetRef ref : record.getOutputs()) {
      if (ref.getDatasetType().equals(type)) {
        List<DatasetRef> refs =
            newestFirst.computeIfAbsent(ref.getDataId(), k -> new ArrayList<>());
        refs.remove(ref);
        refs.add(0, ref);
      }
    }
  }
}
