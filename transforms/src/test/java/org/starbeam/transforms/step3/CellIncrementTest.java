package org.starbeam.transforms.step3;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.coadd.BlockCoadder;
import org.starbeam.coadd.CoaddInputSelector;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumTester;
import org.starbeam.transforms.sky.SkyRouting;

/** A run that is based on another one takes up its accumulators and makes the same datasets. */
class CellIncrementTest {
  private static final DataId TRACT =
      DataId.of("skymap", SkyRouting.SKYMAP, "tract", 4612, "band", "r");

  @TempDir Path repository;

  private static CellCoaddTask task(BlockCoadder.Masks masks) {
    return new CellCoaddTask(
        new CellCoaddTask.Config(
            BlockCoadder.Config.defaults(), CellCoaddTask.Increment.EXACT, masks));
  }

  private QuantumTester run(String name, String... base) {
    return QuantumTester.in(
        CampaignContext.of(repository, name)
            .withRetryDelaysMillis(List.of())
            .adoptingFrom(List.of(base))
            .basedOn(List.of(base)));
  }

  private static QuantumTester.Ended coadd(
      QuantumTester tester, BlockCoadder.Masks masks, int... visits) throws Exception {
    List<QuantumInput> inputs = new ArrayList<>();
    for (int visit : visits) {
      inputs.add(Step3CoaddsTest.visit(tester, visit, 0.85));
    }
    var selected =
        tester
            .run(
                new SelectVisitsTask(CoaddInputSelector.Config.defaults()),
                Quantum.of(TRACT, inputs))
            .requireDone();
    int block =
        selected
            .json(DatasetTypes.COADD_INPUT_SELECTION, SelectVisitsTask.Selection.class)
            .blocks()
            .get(0);
    inputs.add(tester.input(CellCoaddTask.SELECTION, selected.result()));
    return tester.run(task(masks), Quantum.of(TRACT.with("block", block), inputs)).requireDone();
  }

  private static Map<String, String> hashes(QuantumTester.Ended ended) {
    Map<String, String> out = new TreeMap<>();
    for (DatasetRef ref : ended.result().getOutputs()) {
      out.put(ref.getDatasetType(), ref.getContentHash());
    }
    assertThat(out).hasSize(3);
    return out;
  }

  @Test
  void anIncrementHasTheInputHashAndTheDatasetsOfAFullRun() throws Exception {
    try (QuantumTester first = run("m1");
        QuantumTester second = run("m2", "m1");
        QuantumTester full = run("full")) {
      coadd(first, BlockCoadder.Masks.RECONCILE, 1, 2, 3);
      var increment = coadd(second, BlockCoadder.Masks.RECONCILE, 1, 2, 3, 4, 5);
      var atOnce = coadd(full, BlockCoadder.Masks.RECONCILE, 1, 2, 3, 4, 5);
      assertThat(increment.record().getStatus()).isEqualTo(QuantumStatus.DONE);
      assertThat(increment.record().getInputHash()).isEqualTo(atOnce.record().getInputHash());
      assertThat(hashes(increment)).isEqualTo(hashes(atOnce));
      assertThat(increment.record().getMetrics())
          .containsEntry("inputs", 5.0)
          .containsEntry("inputsAdded", 2.0)
          .containsEntry("cellsMade", 0.0);
      assertThat(atOnce.record().getMetrics()).containsEntry("cellsFolded", 0.0);
    }
  }

  @Test
  void aVisitThatIsNotSelectedAnyMoreIsTakenOut() throws Exception {
    try (QuantumTester first = run("m1");
        QuantumTester second = run("m2", "m1");
        QuantumTester full = run("full")) {
      coadd(first, BlockCoadder.Masks.RECONCILE, 1, 2, 3, 4);
      var increment = coadd(second, BlockCoadder.Masks.RECONCILE, 1, 2, 3, 5);
      assertThat(increment.record().getMetrics())
          .containsEntry("inputsRetracted", 1.0)
          .containsEntry("cellsMade", 0.0);
      assertThat(hashes(increment))
          .isEqualTo(hashes(coadd(full, BlockCoadder.Masks.RECONCILE, 1, 2, 3, 5)));
    }
  }

  @Test
  void aLateVisitIsAddedInARevisionOfTheSameRun() throws Exception {
    try (QuantumTester before = run("m1")) {
      coadd(before, BlockCoadder.Masks.RECONCILE, 1, 3);
    }
    try (QuantumTester again = run("m1");
        QuantumTester full = run("full")) {
      var late = coadd(again, BlockCoadder.Masks.RECONCILE, 1, 2, 3);
      assertThat(late.record().getMetrics()).containsEntry("inputsAdded", 1.0);
      assertThat(late.ref(DatasetTypes.CELL_COADD).getRun()).isEqualTo("m1/r1");
      assertThat(hashes(late))
          .isEqualTo(hashes(coadd(full, BlockCoadder.Masks.RECONCILE, 1, 2, 3)));
    }
  }

  @Test
  void withoutTheAccumulatorsOfTheBaseTheBlockIsMadeAnew() throws Exception {
    try (QuantumTester first = run("m1");
        QuantumTester second = run("m2", "m1");
        QuantumTester full = run("full")) {
      Path state =
          coadd(first, BlockCoadder.Masks.RECONCILE, 1, 2, 3).path(DatasetTypes.CELL_ACCUMULATOR);
      Files.delete(state);
      var increment = coadd(second, BlockCoadder.Masks.RECONCILE, 1, 2, 3, 4);
      assertThat(increment.record().getMetrics()).containsEntry("inputsAdded", 4.0);
      assertThat(hashes(increment))
          .isEqualTo(hashes(coadd(full, BlockCoadder.Masks.RECONCILE, 1, 2, 3, 4)));
    }
  }

  @Test
  void frozenMasksSayThatTheCoaddCannotBeCompared() throws Exception {
    try (QuantumTester first = run("m1");
        QuantumTester second = run("m2", "m1")) {
      assertThat(coadd(first, BlockCoadder.Masks.FROZEN, 1, 2).record().getCaveats()).isEmpty();
      var increment = coadd(second, BlockCoadder.Masks.FROZEN, 1, 2, 3);
      assertThat(increment.record().getCaveats()).containsExactly("FALLBACK");
      assertThat(increment.record().getMessage()).contains("not comparable");
    }
  }
}
