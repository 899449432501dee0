package org.starbeam.transforms.quantum;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.RepositoryPaths;

/**
 * What has been done already: the last terminal record of each quantum and input hash, and the
 * content hash of every path that a record names. Read once from the ledgers of the run and of the
 * runs to adopt from, then kept up to date by the process that holds it.
 */
final class LedgerIndex {
  private final Map<String, QuantumRecord> ended = new HashMap<>();
  private final Map<String, String> hashByPath = new HashMap<>();

  private LedgerIndex() {}

  static LedgerIndex load(Path root, String run, List<String> adoptFrom) throws IOException {
    LedgerIndex index = new LedgerIndex();
    for (int i = adoptFrom.size() - 1; i >= 0; i--) {
      Ledger.read(RepositoryPaths.ledger(root, adoptFrom.get(i)), index::adoptable);
    }
    Ledger.read(RepositoryPaths.ledger(root, run), index::add);
    return index;
  }

  /** The last record of a quantum that ended with these inputs, or null. */
  synchronized @Nullable QuantumRecord ended(String quantumId, String inputHash) {
    return ended.get(quantumId + inputHash);
  }

  /** Content hash of a published path, or null when no record names it. */
  synchronized @Nullable String hash(String path) {
    return hashByPath.get(path);
  }

  /** Adds a record of this run; records that are not final are ignored. */
  synchronized void add(QuantumRecord record) {
    switch (record.getStatus()) {
      case DONE, ADOPTED, NO_WORK, FAILED -> keep(record);
      default -> {}
    }
  }

  /** Adds a record of another run; only what can be adopted counts. */
  private synchronized void adoptable(QuantumRecord record) {
    if (record.getStatus() == QuantumStatus.DONE || record.getStatus() == QuantumStatus.ADOPTED) {
      keep(record);
    }
  }

  private void keep(QuantumRecord record) {
    if (record.getInputHash().isEmpty()) {
      return;
    }
    for (DatasetRef output : record.getOutputs()) {
      hashByPath.put(output.getPath(), output.getContentHash());
    }
    ended.put(
        record.getQuantumId() + record.getInputHash(),
        QuantumRecord.newBuilder(record).setInputs(List.of()).setStack(null).build());
  }
}
