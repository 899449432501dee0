package org.starbeam.transforms.quantum;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.RecordCoder;
import org.starbeam.transforms.dataset.RepositoryPaths;

class LedgerCompactionTest {
  @TempDir Path root;

  private static final CampaignContext CAMPAIGN = CampaignContext.of(Path.of("."), "run");
  private static final TaskSpec SPEC = new TaskSpec("work", "step1", 1, "{}", List.of(), List.of());

  private static QuantumRecord record(int visit, QuantumStatus status, String note) {
    RecordCoder.trustRecords();
    RecordDraft draft =
        new RecordDraft(CAMPAIGN, 0, SPEC, Quantum.of(DataId.of("visit", visit), List.of()));
    QuantumRecord record = draft.noWork(note);
    record.setStatus(status);
    return record;
  }

  private Path directory() {
    return RepositoryPaths.ledger(root, "run");
  }

  private static Map<String, QuantumRecord> last(Path directory) throws IOException {
    Map<String, QuantumRecord> out = new TreeMap<>();
    LastRecords.of(directory).forEach(r -> out.put(r.getQuantumId(), r));
    return out;
  }

  @Test
  void whatCountsAndEveryExecutionStayAndBeginningsGo() throws IOException {
    Random random = new Random(1);
    QuantumStatus[] statuses = {
      QuantumStatus.RUNNING,
      QuantumStatus.DONE,
      QuantumStatus.FAILED,
      QuantumStatus.ADOPTED,
      QuantumStatus.BLOCKED,
      QuantumStatus.RUNNING
    };
    int executions = 0;
    for (int segment = 0; segment < 5; segment++) {
      try (Ledger ledger = new Ledger(directory())) {
        for (int i = 0; i < 500; i++) {
          QuantumStatus status = statuses[random.nextInt(statuses.length)];
          boolean execution = status == QuantumStatus.DONE || status == QuantumStatus.FAILED;
          executions += execution ? 1 : 0;
          ledger.append(record(random.nextInt(300), status, segment + "/" + i), false);
        }
      }
    }
    Map<String, QuantumRecord> before = last(directory());
    LedgerCompaction.Result result = new LedgerCompaction(directory()).run();
    assertThat(last(directory())).isEqualTo(before);
    assertThat(result.files()).isEqualTo(5);
    assertThat(result.recordsBefore()).isEqualTo(2500);
    List<QuantumRecord> kept = new ArrayList<>();
    Ledger.read(directory(), kept::add);
    assertThat(kept).hasSize((int) result.recordsAfter());
    assertThat(kept)
        .filteredOn(
            r -> r.getStatus() == QuantumStatus.DONE || r.getStatus() == QuantumStatus.FAILED)
        .hasSize(executions);
    assertThat(kept).extracting(QuantumRecord::getQuantumId).isSorted();
    try (Stream<Path> files = Files.list(directory())) {
      assertThat(files).hasSize(1);
    }
  }

  @Test
  void whatIsWrittenLaterWinsOverWhatIsCompacted() throws IOException {
    try (Ledger ledger = new Ledger(directory())) {
      ledger.append(record(1, QuantumStatus.FAILED, "first"), true);
    }
    new LedgerCompaction(directory()).run();
    try (Ledger ledger = new Ledger(directory())) {
      ledger.append(record(1, QuantumStatus.DONE, "second"), true);
    }
    assertThat(last(directory()).values())
        .extracting(QuantumRecord::getMessage)
        .containsExactly("second");
  }

  @Test
  void segmentsLeftBesideTheCompactedFileCountOnce() throws IOException {
    try (Ledger ledger = new Ledger(directory())) {
      ledger.append(record(1, QuantumStatus.DONE, "once"), true);
    }
    Path segment;
    try (Stream<Path> files = Files.list(directory())) {
      segment = files.findFirst().orElseThrow();
    }
    byte[] content = Files.readAllBytes(segment);
    new LedgerCompaction(directory()).run();
    Files.write(segment, content);
    assertThat(new LedgerCompaction(directory()).run().recordsAfter()).isEqualTo(1);
  }
}
