package org.starbeam.transforms.quantum;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.DataId;

class LedgerTest {
  @TempDir Path directory;

  private QuantumRecord record(int n) {
    TaskSpec spec = new TaskSpec("task", "step1", 1, "{}", List.of(), List.of());
    Quantum quantum = Quantum.of(DataId.of("visit", n), List.of());
    CampaignContext campaign = CampaignContext.of(directory, "run");
    return new RecordDraft(campaign, 0, spec, quantum).noWork("nothing");
  }

  private List<String> read() throws IOException {
    List<String> out = new ArrayList<>();
    Ledger.read(directory, record -> out.add(record.getDataId()));
    return out;
  }

  private Path segment() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.findFirst().orElseThrow();
    }
  }

  @Test
  void recordsComeBackInOrderWhileTheSegmentIsOpen() throws Exception {
    try (Ledger ledger = new Ledger(directory)) {
      assertThat(read()).isEmpty();
      ledger.append(record(1), true);
      ledger.append(record(2), false);
      ledger.flush();
      assertThat(read()).containsExactly("visit=1", "visit=2");
    }
    try (Ledger later = new Ledger(directory)) {
      Thread.sleep(2);
      later.append(record(3), true);
    }
    assertThat(read()).containsExactly("visit=1", "visit=2", "visit=3");
  }

  @Test
  void aRecordIsOnDiskASecondLaterWithoutAnybodyAsking() throws Exception {
    try (Ledger ledger = new Ledger(directory)) {
      ledger.append(record(1), false);
      for (int i = 0; i < 60 && read().isEmpty(); i++) {
        Thread.sleep(50);
      }
      assertThat(read()).hasSize(1);
    }
  }

  @Test
  void aTornLastBlockIsIgnoredAtEveryLength() throws Exception {
    try (Ledger ledger = new Ledger(directory)) {
      ledger.append(record(1), true);
      ledger.append(record(2), true);
    }
    Path segment = segment();
    byte[] whole = Files.readAllBytes(segment);
    int firstWhole = 0;
    for (int length = whole.length; length >= 0; length--) {
      Files.write(segment, Arrays.copyOf(whole, length), StandardOpenOption.TRUNCATE_EXISTING);
      List<String> found = read();
      assertThat(found).isSubsetOf("visit=1", "visit=2").doesNotHaveDuplicates();
      firstWhole += found.size() == 1 ? 1 : 0;
    }
    assertThat(firstWhole).isGreaterThan(100);
  }

  /**
   * A record of a real size. The rate asked is asserted with {@code -Dstarbeam.full=true}, on a
   * machine with time; else a tenth of it.
   */
  @Test
  void appendsTwentyThousandRecordsASecondAndTwoHundredThatAreOnDisk() throws Exception {
    boolean full = Boolean.getBoolean("starbeam.full");
    List<QuantumRecord> records = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      QuantumRecord record = record(i);
      record.setStatus(QuantumStatus.DONE);
      record.setInputs(datasets(i, "input", 3));
      record.setOutputs(datasets(i, "output", 2));
      records.add(record);
    }
    try (Ledger ledger = new Ledger(directory)) {
      rate(ledger, records, 20_000, false);
      double without = rate(ledger, records, full ? 200_000 : 20_000, false);
      double with = rate(ledger, records, full ? 2_000 : 200, true);
      System.out.printf("ledger: %.0f records/s, %.0f/s with fsync each%n", without, with);
      assertThat(without).isGreaterThan(full ? 20_000 : 2_000);
      assertThat(with).isGreaterThan(full ? 200 : 20);
    }
  }

  private static List<DatasetRef> datasets(int quantum, String type, int number) {
    List<DatasetRef> out = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      String id = "instrument=SimCam,visit=" + quantum + ",detector=" + i;
      String path = "data/run/" + type + "/" + quantum + "/" + type + "__" + id + ".fits";
      out.add(new DatasetRef(type, id, "run", path, ContentHash.ofText(path), 1_000_000L));
    }
    return out;
  }

  private static double rate(Ledger ledger, List<QuantumRecord> records, int number, boolean now)
      throws IOException {
    long start = System.nanoTime();
    for (int i = 0; i < number; i++) {
      ledger.append(records.get(i % records.size()), now);
    }
    return number / ((System.nanoTime() - start) / 1e9);
  }
}
