package org.starbeam.pipelines.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.UserException;
import org.starbeam.schema.QuantumStatus;

class QuantumFilterTest {
  @TempDir Path root;

  @SuppressWarnings("NullAway.Init")
  private RunMonitor monitor;

  @BeforeEach
  void ledger() throws IOException {
    try (SyntheticLedger ledger = new SyntheticLedger(root, "run", 1)) {
      ledger.quanta(0, 1000);
      ledger.append(
          "a",
          ledger.record("cellCoadd", "tract=9,patch=12,band=r", QuantumStatus.DONE, 60001, "w9"));
      ledger.append(
          "a", ledger.record("ingest", "exposure=77,detector=3", QuantumStatus.DONE, 60001, "w9"));
    }
    monitor = RunMonitor.open(root, "run");
    monitor.refresh();
  }

  private List<String> chosen(String where) {
    return monitor.quanta(0, 5000, QuantumFilter.parse("", "", where)).stream()
        .map(q -> q.task() + "(" + q.dataId() + ")")
        .toList();
  }

  @Test
  void pairsAndExpressionsChooseTheSame() {
    assertThat(chosen("tract=9,patch=12,band=r"))
        .containsExactly("cellCoadd(tract=9,patch=12,band=r)")
        .isEqualTo(chosen("tract = 9 AND patch = 12 AND band = 'r'"))
        .isEqualTo(chosen("worker = 'w9' AND task = 'cellCoadd'"));
    assertThat(chosen("visit=77")).containsExactly("ingest(exposure=77,detector=3)");
    assertThat(chosen("visit=2021090700002"))
        .hasSize(40)
        .isEqualTo(chosen("visit > 2021090700001 AND visit < 2021090700003"));
  }

  @Test
  void howAQuantumEndedCanBeAskedFor() {
    long failed = monitor.state().totals().failed();
    assertThat(chosen("status = failed")).hasSize((int) failed);
    assertThat(chosen("error = 'BAD_INPUT TRUNCATED'")).isNotEmpty();
    assertThat(chosen("wallSeconds > 1").size()).isBetween(200, 700);
  }

  @Test
  void aWrongConditionIsShownWithItsPlace() {
    assertThatThrownBy(() -> chosen("vist = 12"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("--where:1:1")
        .hasMessageContaining("visit");
  }
}
