package org.starbeam.transforms.calibs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.calibration.CalibrationFrame;
import org.starbeam.calibration.DefectList;
import org.starbeam.image.ImageF;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.log.ProcessMeters;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.QuantumTester;
import org.starbeam.transforms.quantum.TaskSpec;
import org.starbeam.transforms.quantum.TaskSpec.InputRule;

/** Sixteen visits of one detector in two bands, one after the other, load each master once. */
class CalibrationCacheTest {
  private static final int VISITS = 16;
  private static final List<String> MASTERS =
      List.of(IsrInputs.BIAS, IsrInputs.DARK, IsrInputs.FLAT, IsrInputs.DEFECTS);

  @TempDir Path repository;

  /** Takes the masters of its frame as ISR takes them. */
  private record MastersTask() implements QuantumTask {
    @Override
    public TaskSpec spec() {
      return new TaskSpec(
          "masters",
          "step1",
          1,
          "{}",
          MASTERS.stream().map(InputRule::required).toList(),
          List.of());
    }

    @Override
    public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
      assertThat(IsrRunner.calibrations(quantum, context).flat()).isNotNull();
      return Outcome.done();
    }
  }

  private static QuantumResult frame(
      QuantumTester tester, DatasetType type, DataId id, double level) throws IOException {
    ImageF image = new ImageF(16, 16);
    image.fill((float) level);
    CalibrationFrame master = CalibrationFrame.of(image, 1);
    return tester.given("master", id).file(type, id, master::write).result();
  }

  @Test
  void nineOfTenLookUpsOfAPackageAreHits() throws IOException {
    try (QuantumTester tester = QuantumTester.in(repository)) {
      DataId detector = DataId.of("instrument", "SimCam", "detector", 3);
      QuantumResult bias = frame(tester, DatasetTypes.BIAS, detector, 1);
      QuantumResult dark = frame(tester, DatasetTypes.DARK, detector, 0.1);
      QuantumResult[] flats = {
        frame(tester, DatasetTypes.FLAT, detector.with("physical_filter", "g"), 0.9),
        frame(tester, DatasetTypes.FLAT, detector.with("physical_filter", "r"), 1.1)
      };
      DefectList none = new DefectList(List.of());
      QuantumResult defects =
          tester
              .given("master", detector)
              .file(DatasetTypes.DEFECTS, detector, file -> none.write(file, Map.of()))
              .result();
      double hits = ProcessMeters.CACHE_HITS.sum();
      double misses = ProcessMeters.CACHE_MISSES.sum();
      for (int visit = 0; visit < VISITS; visit++) {
        tester
            .run(
                new MastersTask(),
                DataId.of("instrument", "SimCam", "visit", visit, "detector", 3),
                tester.input(IsrInputs.BIAS, bias),
                tester.input(IsrInputs.DARK, dark),
                tester.input(IsrInputs.FLAT, flats[visit % 2]),
                tester.input(IsrInputs.DEFECTS, defects))
            .requireDone();
      }
      hits = ProcessMeters.CACHE_HITS.sum() - hits;
      misses = ProcessMeters.CACHE_MISSES.sum() - misses;
      System.out.printf("%.0f hits, %.0f misses: %.3f%n", hits, misses, hits / (hits + misses));
      assertThat(misses).as("each master once").isEqualTo(MASTERS.size() + 1);
      assertThat(hits / (hits + misses)).isGreaterThanOrEqualTo(0.9);
    }
  }
}
