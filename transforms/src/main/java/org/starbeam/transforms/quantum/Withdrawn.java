package org.starbeam.transforms.quantum;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.RepositoryPaths;

/**
 * Quanta that a run had and has no more, because the file that they came from was taken away: what
 * failed of them, and what was blocked for it, is not to count against the run for ever. A launch
 * that has gone through the whole graph has a record of every quantum in it; what has none and did
 * not end well is recorded as skipped.
 */
public final class Withdrawn {
  private static final Set<QuantumStatus> NO_GOOD_END =
      Set.of(
          QuantumStatus.FAILED,
          QuantumStatus.BLOCKED,
          QuantumStatus.RUNNING,
          QuantumStatus.ABORTED);

  private Withdrawn() {}

  /**
   * Records the quanta that are gone.
   *
   * @param fence number of the launch that has gone through the whole graph
   */
  public static void record(CampaignContext campaign, long fence) throws IOException {
    Path run = RepositoryPaths.run(campaign.root(), campaign.run());
    if (fence <= 1 || Files.exists(run.resolve(RunFiles.SHARDS))) {
      return;
    }
    Path directory = RepositoryPaths.ledger(campaign.root(), campaign.run());
    LastRecords last = LastRecords.of(directory);
    try (Ledger ledger = new Ledger(directory)) {
      last.forEach(
          record -> {
            if (record.getFence() < fence && NO_GOOD_END.contains(record.getStatus())) {
              append(ledger, skipped(record, fence));
            }
          });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static void append(Ledger ledger, QuantumRecord record) {
    try {
      ledger.append(record, false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static QuantumRecord skipped(QuantumRecord record, long fence) {
    String before =
        record.getErrorCode() == null
            ? record.getStatus().name()
            : record.getStatus() + " " + record.getErrorCode();
    record.setMessage("the run has no such quantum any more, its input is gone; before: " + before);
    record.setStatus(QuantumStatus.SKIPPED);
    record.setFence(fence);
    record.setErrorClass(null);
    record.setErrorCode(null);
    record.setSignature(null);
    record.setStack(null);
    record.setStackHash(null);
    record.setRootCauses(List.of());
    record.setRootCauseCount(0);
    record.setCaveats(List.of());
    record.setCpuSeconds(0);
    record.setWallSeconds(0);
    return record;
  }
}
