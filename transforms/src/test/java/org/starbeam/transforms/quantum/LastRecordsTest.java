package org.starbeam.transforms.quantum;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.DataId;

class LastRecordsTest {
  @TempDir Path directory;

  private QuantumRecord record(int n, long fence, QuantumStatus status) {
    TaskSpec spec = new TaskSpec("task", "step1", 1, "{}", List.of(), List.of());
    Quantum quantum = Quantum.of(DataId.of("visit", n), List.of());
    QuantumRecord record =
        new RecordDraft(CampaignContext.of(directory, "run"), fence, spec, quantum).noWork(null);
    record.setFence(fence);
    record.setStatus(status);
    return record;
  }

  private void segment(QuantumRecord... records) throws Exception {
    Thread.sleep(2);
    try (Ledger ledger = new Ledger(directory)) {
      for (QuantumRecord record : records) {
        ledger.append(record, false);
      }
    }
  }

  private Map<String, String> last() throws Exception {
    Map<String, String> out = new HashMap<>();
    LastRecords.of(directory)
        .forEach(r -> out.put(r.getDataId(), r.getFence() + " " + r.getStatus()));
    return out;
  }

  @Test
  void aTerminalRecordCountsMoreThanABeginningWhateverTheOrderOfSegments() throws Exception {
    segment(record(1, 1, QuantumStatus.DONE), record(2, 1, QuantumStatus.RUNNING));
    segment(record(1, 1, QuantumStatus.RUNNING), record(2, 1, QuantumStatus.ABORTED));
    assertThat(last()).isEqualTo(Map.of("visit=1", "1 DONE", "visit=2", "1 ABORTED"));
  }

  @Test
  void aLaterLaunchCountsMoreThanALateRecordOfAnEarlierOne() throws Exception {
    segment(record(1, 2, QuantumStatus.FAILED));
    segment(record(1, 1, QuantumStatus.DONE), record(2, 1, QuantumStatus.DONE));
    assertThat(last()).isEqualTo(Map.of("visit=1", "2 FAILED", "visit=2", "1 DONE"));
  }

  @Test
  void theLastOfManyIsFoundForEveryQuantum() throws Exception {
    Random random = new Random(3);
    Map<String, String> expected = new HashMap<>();
    List<QuantumRecord> records = new ArrayList<>();
    QuantumStatus[] ends = {QuantumStatus.DONE, QuantumStatus.FAILED, QuantumStatus.BLOCKED};
    for (int i = 0; i < 20_000; i++) {
      QuantumRecord record = record(random.nextInt(5000), 0, ends[random.nextInt(3)]);
      expected.put(record.getDataId(), "0 " + record.getStatus());
      records.add(record);
    }
    segment(records.toArray(new QuantumRecord[0]));
    assertThat(LastRecords.of(directory).count()).isEqualTo(expected.size());
    assertThat(last()).isEqualTo(expected);
  }

  @Test
  void aTailHandsOverEveryRecordOnce() throws Exception {
    LedgerTail tail = new LedgerTail(directory.resolve("ledger"));
    List<String> seen = new ArrayList<>();
    assertThat(tail.poll(r -> seen.add(r.getDataId()))).isZero();
    try (Ledger ledger = new Ledger(directory.resolve("ledger"))) {
      for (int i = 0; i < 1000; i++) {
        ledger.append(record(i, 0, QuantumStatus.DONE), i % 97 == 0);
        if (i % 83 == 0) {
          tail.poll(r -> seen.add(r.getDataId()));
        }
      }
    }
    tail.poll(r -> seen.add(r.getDataId()));
    assertThat(seen).hasSize(1000).doesNotHaveDuplicates();
    assertThat(tail.poll(r -> seen.add(r.getDataId()))).isZero();
  }
}
