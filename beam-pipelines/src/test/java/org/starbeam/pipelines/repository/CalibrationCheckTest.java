package org.starbeam.pipelines.repository;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.repository.CalibrationCheck.Finding;
import org.starbeam.pipelines.repository.CalibrationCheck.Kind;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.transforms.dataset.CalibrationCollection;
import org.starbeam.transforms.dataset.CalibrationCollection.Entry;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.QuantumTester;
import org.starbeam.transforms.quantum.TaskSpec;

/** Everything that is wrong with a collection of calibrations is found, and nothing else. */
class CalibrationCheckTest {
  private static final DataId DETECTOR = DataId.of("instrument", "SimCam", "detector", 0);
  private static final DataId FLAT = DETECTOR.with("physical_filter", "r_sim");

  @TempDir Path root;
  private final List<Entry> entries = new ArrayList<>();

  /** Bias and flat are valid from 100 on, darks from 100 to 200 and from 300 on. */
  @BeforeEach
  void certify() throws IOException {
    entries.add(entry("bias", DETECTOR, 100, CalibrationCollection.OPEN_END));
    entries.add(entry("dark", DETECTOR, 100, 200));
    entries.add(entry("dark", DETECTOR, 300, CalibrationCollection.OPEN_END));
    entries.add(entry("flat", FLAT, 100, CalibrationCollection.OPEN_END));
  }

  private Entry entry(String type, DataId id, double begin, double end) throws IOException {
    String path = "data/r/" + type + "-" + begin + ".bin";
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.write(file, fits(type + begin));
    DatasetRef ref =
        new DatasetRef(type, id.toString(), "r", path, ContentHash.ofFits(file), Files.size(file));
    return new Entry(ref, begin, end);
  }

  /** A FITS file of one header. */
  private static byte[] fits(String name) {
    String cards =
        "%-80s%-80s%-80s%-80s%-80s"
            .formatted(
                "SIMPLE  =                    T",
                "BITPIX  =                    8",
                "NAXIS   =                    0",
                "NAME    = '" + name + "'",
                "END");
    return "%-2880s".formatted(cards).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
  }

  private List<Finding> check(double sample, Registry run) throws IOException {
    return new CalibrationCheck(root, entries, sample).run(run).findings();
  }

  @Test
  void soundCollectionHasNoFindings() throws IOException {
    CalibrationCheck.Result result = new CalibrationCheck(root, entries, 1).run(null);
    assertThat(result.findings()).isEmpty();
    assertThat(result.entries()).isEqualTo(4);
    assertThat(result.hashed()).isEqualTo(4);
  }

  @Test
  void missingAndChangedDatasetsAreFound() throws IOException {
    Files.delete(root.resolve(entries.get(0).dataset().getPath()));
    Files.write(root.resolve(entries.get(1).dataset().getPath()), fits("other"));
    assertThat(check(0, null)).extracting(Finding::kind).containsExactly(Kind.MISSING);
    assertThat(check(1, null))
        .extracting(Finding::kind)
        .containsExactly(Kind.MISSING, Kind.CORRUPT);
    assertThat(check(1, null)).extracting(Finding::type).containsExactly("bias", "dark");
  }

  @Test
  void twoOfAKindAtATimeAreFound() throws IOException {
    entries.add(2, entry("dark", DETECTOR, 150, 250));
    assertThat(check(0, null)).extracting(Finding::kind).containsExactly(Kind.OVERLAP);
    assertThat(check(0, null).get(0).begin()).isEqualTo(150);
  }

  /**
   * Frames at 150 and 350 have all; two between 200 and 300 have no dark, one at 50 has nothing.
   */
  @Test
  void scienceFramesWithoutACalibrationAreFoundWithTheirTimes() throws IOException {
    Files.createDirectories(root.resolve("runs/r/campaign"));
    CampaignContext context = CampaignContext.of(root, "r").withRetryDelaysMillis(List.of());
    try (QuantumTester tester = QuantumTester.in(context)) {
      double[] times = {50, 150, 210, 290, 350};
      for (int i = 0; i < times.length; i++) {
        tester.run(new Frame("SCIENCE", times[i]), DataId.of("name", "f" + i)).requireDone();
      }
      tester.run(new Frame("BIAS", 20), DataId.of("name", "b")).requireDone();
    }
    List<Finding> found = check(0, Registry.of(root, "r"));
    assertThat(found).extracting(Finding::kind).containsOnly(Kind.HOLE);
    assertThat(found)
        .extracting(f -> f.type() + " " + f.begin() + " " + f.end())
        .containsExactly("bias 50.0 50.0", "dark 50.0 290.0", "flat 50.0 50.0");
    assertThat(found.get(1).why()).isEqualTo("3 science frames of run r have none");
    assertThat(found.get(2).dataId()).isEqualTo(FLAT.toString());
  }

  private record Frame(String type, double mjd) implements QuantumTask {
    @Override
    public TaskSpec spec() {
      return new TaskSpec("ingest", "ingest", 1, "{}", List.of(), List.of(DatasetTypes.RAW));
    }

    @Override
    public Outcome run(Quantum quantum, QuantumContext context) {
      String id = "instrument=SimCam,exposure=" + (int) mjd + ",detector=0";
      context.stageExisting(new DatasetRef("raw", id, "", "/frames/" + mjd, "hash" + mjd, 1L));
      ObservationInfo info =
          ObservationInfo.newBuilder()
              .setInstrument("SimCam")
              .setExposureId((long) mjd)
              .setDayObs(0)
              .setSeqNum(1)
              .setObservationType(type)
              .setPhysicalFilter("r_sim")
              .setDetector(0)
              .setBeginTaiMjd(mjd)
              .setMidTaiMjd(mjd)
              .setEndTaiMjd(mjd)
              .setExposureTime(0)
              .build();
      return Outcome.done(info);
    }
  }
}
