package org.starbeam.pipelines.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.RepositoryPaths;

/** Costs of a ledger whose sums are worked out by hand. */
class RunCostsTest {
  private static final String RUN = "run";

  @TempDir Path root;

  private static QuantumRecord with(QuantumRecord record, double cpu, double wall, int attempt) {
    record.setCpuSeconds(cpu);
    record.setWallSeconds(wall);
    record.setEndTaiMjd(record.getStartTaiMjd() + wall / 86_400);
    record.setAttempt(attempt);
    return record;
  }

  private void run(
      SyntheticLedger ledger, String visit, QuantumStatus status, double cpu, int attempt)
      throws IOException {
    double start = SyntheticLedger.START_MJD;
    ledger.append("a", ledger.record("finalVisit", visit, QuantumStatus.RUNNING, start, "a"));
    ledger.append(
        "a", with(ledger.record("finalVisit", visit, status, start, "a"), cpu, 2 * cpu, attempt));
  }

  @Test
  void everyAttemptIsPaidAndWhatMadeNothingIsWaste() throws IOException {
    try (SyntheticLedger ledger = new SyntheticLedger(root, RUN, 1)) {
      run(ledger, "visit=1,detector=0", QuantumStatus.DONE, 3600, 1);
      run(ledger, "visit=1,detector=1", QuantumStatus.DONE, 1800, 2);
      run(ledger, "visit=2,detector=0", QuantumStatus.FAILED, 900, 1);
      run(ledger, "visit=2,detector=0", QuantumStatus.DONE, 900, 1);
      QuantumRecord adopted =
          with(
              ledger.record("finalVisit", "visit=3,detector=0", QuantumStatus.ADOPTED, 60000, "a"),
              0,
              0,
              0);
      adopted.setSavedCpuSeconds(7200);
      ledger.append("a", adopted);
    }
    Files.writeString(
        RepositoryPaths.run(root, RUN).resolve("campaign/environment.json"), "{\"parallelism\":2}");
    RunMonitor monitor = RunMonitor.open(root, RUN);
    monitor.refresh();
    RunCosts costs = monitor.costs(0.03);
    RunCosts.Cost total = costs.total();
    assertThat(total.executed()).isEqualTo(4);
    assertThat(total.coreHours()).isCloseTo(2.0, within(1e-9));
    assertThat(total.failedCoreHours()).isCloseTo(0.25, within(1e-9));
    assertThat(total.retriedCoreHours()).isCloseTo(0.25, within(1e-9));
    assertThat(total.wastedCoreHours()).isCloseTo(0.5, within(1e-9));
    assertThat(total.savedCoreHours()).isCloseTo(2.0, within(1e-9));
    assertThat(costs.price()).isCloseTo(0.06, within(1e-12));
    assertThat(costs.units().visits()).isEqualTo(3);
    assertThat(costs.units().coreHoursPerVisit()).isCloseTo(2.0 / 3, within(1e-9));
    // Worked 7200 s by the longest quantum: 7200 CPU seconds of 2 slots times 7200 s.
    assertThat(costs.slotEfficiency()).isCloseTo(0.5, within(1e-6));
    assertThat(costs.top().get(0).dataId()).isEqualTo("visit=1,detector=0");
    assertThat(costs.lines()).anyMatch(line -> line.contains("slot efficiency"));
  }

  @Test
  void aRunThatHasDoneNothingHasCosts() throws IOException {
    try (SyntheticLedger ledger = new SyntheticLedger(root, RUN, 2)) {
      RunMonitor monitor = RunMonitor.open(root, RUN);
      monitor.refresh();
      assertThat(monitor.costs(0).total().executed()).isZero();
      assertThat(monitor.costs(0).lines()).isNotEmpty();
      ledger.quanta(0, 50);
      ledger.flush();
      monitor.refresh();
      assertThat(monitor.costs(0).total().coreHours() * 3600)
          .isCloseTo(ledger.coreSeconds, within(1e-6));
    }
  }
}
