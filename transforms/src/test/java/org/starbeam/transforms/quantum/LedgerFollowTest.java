package org.starbeam.transforms.quantum;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.RepositoryPaths;

/** A worker takes over what another one has finished. */
class LedgerFollowTest {
  private static final String HASH = "ab".repeat(32);

  @TempDir Path repository;

  private QuantumRecord finished(int detector) {
    TaskSpec spec = new TaskSpec("anything", "step1", 1, "{}", List.of(), List.of());
    Quantum quantum = Quantum.of(DataId.of("detector", detector), List.of());
    RecordDraft draft = new RecordDraft(CampaignContext.of(repository, "run"), 1, spec, quantum);
    draft.inputHash(HASH);
    return draft.noWork("nothing to do");
  }

  @Test
  void whatAnotherWorkerFinishesLaterIsKnownAfterALook() throws IOException {
    Path directory = RepositoryPaths.ledger(repository, "run");
    try (Ledger other = new Ledger(directory);
        Ledger own = new Ledger(directory)) {
      QuantumRecord early = finished(1);
      other.append(early, true);
      LedgerIndex index = LedgerIndex.load(repository, "run", List.of(), 1);
      QuantumRecord mine = finished(2);
      own.append(mine, true);
      QuantumRecord late = finished(3);
      other.append(late, true);
      assertThat(index.ended(early.getQuantumId(), HASH)).isNotNull();
      assertThat(index.ended(late.getQuantumId(), HASH)).isNull();
      index.follow(own.segment());
      assertThat(index.ended(late.getQuantumId(), HASH)).isNotNull();
      assertThat(index.ended(mine.getQuantumId(), HASH)).as("known without the ledger").isNull();
      QuantumRecord latest = finished(4);
      other.append(latest, true);
      index.follow(own.segment());
      assertThat(index.ended(latest.getQuantumId(), HASH)).isNotNull();
    }
  }
}
