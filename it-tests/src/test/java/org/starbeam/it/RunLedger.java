package org.starbeam.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.quantum.Ledger;

/** What the ledger of a run says, for tests that disturb the run. */
final class RunLedger {
  private final Map<String, Set<String>> runs = new HashMap<>();
  private final Map<String, String> hashes = new TreeMap<>();
  private final Map<String, QuantumStatus> last = new HashMap<>();

  private RunLedger() {}

  static RunLedger read(Path repository, String run) {
    RunLedger ledger = new RunLedger();
    try {
      Ledger.read(RepositoryPaths.ledger(repository, run), ledger::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ledger;
  }

  private void add(QuantumRecord record) {
    if (record.getStatus() == QuantumStatus.RUNNING) {
      return;
    }
    if (record.getStatus() == QuantumStatus.DONE) {
      // A record that did not get onto a full disk is written once more: it counts once.
      runs.computeIfAbsent(record.getQuantumId() + record.getInputHash(), k -> new HashSet<>())
          .add(record.getWorker() + record.getThread() + record.getStartTaiMjd());
    }
    last.merge(
        record.getQuantumId(),
        record.getStatus(),
        (before, now) -> now == QuantumStatus.ABORTED ? before : now);
    for (DatasetRef output : record.getOutputs()) {
      hashes.put(output.getDatasetType() + "(" + output.getDataId() + ")", output.getContentHash());
    }
  }

  /** Content hash of every dataset of the run. */
  Map<String, String> hashes() {
    return hashes;
  }

  /** Quanta that have finished. */
  int done() {
    return runs.size();
  }

  /** How often a quantum was run again whose finished record the ledger had. */
  int redone() {
    return runs.values().stream().mapToInt(times -> times.size() - 1).sum();
  }

  /** Quanta whose last record has this status. */
  long count(QuantumStatus status) {
    return last.values().stream().filter(found -> found == status).count();
  }

  /**
   * Quanta that came to no good end. That an attempt died with its worker may be noted, in another
   * segment, after a second attempt has ended.
   */
  long failed() {
    return last.values().stream()
        .filter(
            status ->
                status != QuantumStatus.DONE
                    && status != QuantumStatus.ADOPTED
                    && status != QuantumStatus.NO_WORK)
        .count();
  }
}
