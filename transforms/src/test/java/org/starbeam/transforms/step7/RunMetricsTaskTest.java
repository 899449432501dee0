package org.starbeam.transforms.step7;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.psf.Reservation;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.MetricValue;
import org.starbeam.schema.ObjectBand;
import org.starbeam.schema.ObjectRow;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.StarPosition;
import org.starbeam.schema.StarResidual;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.QuantumTester;
import org.starbeam.transforms.step2.VisitTablesTask;

/** Metrics of a run whose stars, places and shapes are off by what was put in. */
class RunMetricsTaskTest {
  private static final int PIXELS = 12;
  private static final int STARS_OF_PIXEL = 10;
  private static final int TRACT = 4613;

  @TempDir Path repository;

  private final List<QuantumInput> inputs = new ArrayList<>();
  private QuantumTester tester;

  @BeforeEach
  void open() {
    tester = QuantumTester.in(repository);
  }

  @AfterEach
  void close() throws Exception {
    tester.close();
  }

  private Map<String, MetricValue> metrics(QuantumTask task) throws Exception {
    Quantum quantum = Quantum.of(DataId.of("name", "run"), List.copyOf(inputs));
    return tester
        .run(task, quantum)
        .requireDone()
        .table(DatasetTypes.METRIC, MetricValue.class)
        .stream()
        .collect(Collectors.toMap(RunMetricsTaskTest::key, Function.identity()));
  }

  private static String key(MetricValue m) {
    return m.getName()
        + (m.getSubset().equals("all") ? "" : " " + m.getSubset())
        + (m.getBand() == null ? "" : " " + m.getBand());
  }

  private <T extends SpecificRecord> void table(
      String role, String task, DatasetType type, DataId id, Class<T> rowClass, List<T> rows)
      throws Exception {
    inputs.add(tester.input(role, tester.given(task, id).table(type, id, rowClass, rows).result()));
  }

  private static DataId visit(long number) {
    return DataId.of("instrument", "SimCam", "visit", number);
  }

  /**
   * Twelve pixels of order 6 along the equator, whose zero points differ by 6 mmag to both sides of
   * 4 mmag in r; 3 mmag more in g. Places are 12 mas east and 5 mas south of the reference.
   */
  private void residuals(int visit, String band) throws Exception {
    List<StarResidual> rows = new ArrayList<>();
    for (int p = 0; p < PIXELS; p++) {
      for (int s = 0; s < STARS_OF_PIXEL; s++) {
        double offset = 0.004 + (p % 2 == 0 ? 0.006 : -0.006) + (band.equals("g") ? 0.003 : 0);
        rows.add(
            StarResidual.newBuilder()
                .setVisit(visit)
                .setDetector(0)
                .setBand(band)
                .setX(s)
                .setY(p)
                .setFocalX(0)
                .setFocalY(0)
                .setDeltaRaMas(12)
                .setDeltaDecMas(-5)
                .setReferenceMag(18)
                .setDeltaMag(offset + (visit % 2 == 0 ? 0.001 : -0.001))
                .setSnr(500)
                .setReserved(false)
                .setPhotometryReserved(s == 0)
                .setReferenceId(100L * p + s)
                .setReferenceRa(30 + 2.0 * p)
                .setReferenceDec(0.3)
                .build());
      }
    }
    rows.add(faint(visit, band));
    rows.add(withoutMagnitude(visit, band));
    table(
        RunMetricsTask.RESIDUALS,
        "metrics",
        DatasetTypes.STAR_RESIDUAL,
        visit(visit),
        StarResidual.class,
        rows);
  }

  private static StarResidual.Builder stranger(int visit, String band) {
    return StarResidual.newBuilder()
        .setVisit(visit)
        .setDetector(1)
        .setBand(band)
        .setX(0)
        .setY(0)
        .setFocalX(0)
        .setFocalY(0)
        .setDeltaRaMas(400)
        .setDeltaDecMas(400)
        .setReferenceMag(22)
        .setSnr(500)
        .setReserved(false)
        .setPhotometryReserved(true)
        .setReferenceId(77_777)
        .setReferenceRa(30)
        .setReferenceDec(0.3);
  }

  private static StarResidual faint(int visit, String band) {
    return stranger(visit, band).setDeltaMag(0.7).setSnr(100).build();
  }

  private static StarResidual withoutMagnitude(int visit, String band) {
    return stranger(visit, band).setDeltaMag(null).build();
  }

  @Test
  void zeroPointsColoursAndPlacesAreThoseThatWerePutIn() throws Exception {
    for (int v = 0; v < 2; v++) {
      residuals(v, "g");
      residuals(10 + v, "r");
    }
    Map<String, MetricValue> metrics = metrics(RunMetricsTask.ofRun());
    MetricValue pa3 = metrics.get("PA3 r");
    assertThat(pa3.getValue()).isCloseTo(6 * Math.sqrt(12 / 11.0), within(1e-9));
    assertThat(pa3.getN()).isEqualTo(PIXELS);
    assertThat(pa3.getUnit()).isEqualTo("mmag");
    assertThat(pa3.getThreshold()).isEqualTo(10);
    assertThat(pa3.getLevel()).isEqualTo("run");
    assertThat(metrics.get("PA4 r").getValue()).isCloseTo(6, within(1e-9));
    assertThat(metrics.get("PF2 r").getValue()).isZero();
    assertThat(metrics.get("PA6 r").getValue()).isCloseTo(4, within(1e-9));
    assertThat(metrics.get("PA6 g").getValue()).isCloseTo(7, within(1e-9));
    assertThat(metrics.get("PA6 r").getN()).isEqualTo(PIXELS * STARS_OF_PIXEL);
    assertThat(metrics.get("PA6 reserved r").getN()).isEqualTo(PIXELS);
    assertThat(metrics.get("PA3 reserved r").getStatus()).isEqualTo("too_few");
    assertThat(metrics.get("PA5_g-r").getValue()).isCloseTo(3, within(1e-9));
    assertThat(metrics.get("PA5_g-r").getBand()).isNull();
    assertThat(metrics.get("AA1_ra r").getValue()).isEqualTo(12);
    assertThat(metrics.get("AA1_dec r").getValue()).isEqualTo(5);
    assertThat(metrics.get("AA1_total r").getValue()).isEqualTo(13);
    assertThat(metrics.get("AA1_dec r").getN()).isEqualTo(2 * PIXELS * STARS_OF_PIXEL);
  }

  @Test
  void aNightHasWhatIsMeasuredBesideTheReference() throws Exception {
    residuals(1, "r");
    Map<String, MetricValue> metrics = metrics(RunMetricsTask.ofNight());
    assertThat(metrics.get("PA6 r").getLevel()).isEqualTo("night");
    assertThat(metrics).containsKeys("PA3 r", "AA1_ra r").doesNotContainKeys("SE1 r", "TE1 r");
  }

  private static StarPosition position(
      long star, String band, double mjd, double eastMas, @Nullable Double motion) {
    return StarPosition.newBuilder()
        .setIsolatedStarId(star)
        .setBand(band)
        .setVisits(6)
        .setEpoch(mjd)
        .setRa(50 + star * 0.001 + eastMas / 3.6e6)
        .setDec(0.0)
        .setPositionErr(1)
        .setRaPM(motion)
        .setDecPM(motion == null ? null : 0.0)
        .setPmErr(motion == null ? null : 0.2)
        .setRaChi2(4)
        .setDecChi2(4)
        .build();
  }

  /** Half a year between the bands; stars move 100 mas a year, g is 8 mas east of r. */
  private void positions(String band, double mjd, double eastMas, @Nullable Double motion)
      throws Exception {
    List<StarPosition> rows = new ArrayList<>();
    for (long star = 1; star <= 50; star++) {
      rows.add(position(star, band, mjd, eastMas, motion));
    }
    DataId id = DataId.of("skymap", "lsst_cells_v1", "tract", TRACT, "band", band);
    table(
        RunMetricsTask.TRACTS,
        "tractMetrics",
        DatasetTypes.STAR_POSITION,
        id,
        StarPosition.class,
        rows);
  }

  @Test
  void bandsAreOffByWhatTheMotionOfTheStarsDoesNotExplain() throws Exception {
    summaries("i", 1, 85.0, null, 0.01);
    summaries("r", 20, 85.0, null, 0.01);
    summaries("g", 40, 85.0, null, 0.01);
    positions("r", 60_000, 0, 100.0);
    positions("g", 60_000 + 365.25 / 2, 8 + 50, 100.0);
    Map<String, MetricValue> metrics = metrics(RunMetricsTask.ofRun());
    MetricValue ab1 = metrics.get("AB1 g");
    assertThat(ab1.getValue()).isCloseTo(8, within(1e-3));
    assertThat(ab1.getN()).isEqualTo(50);
    assertThat(ab1.getThreshold()).isEqualTo(10);
    assertThat(metrics.get("AB2 g").getValue()).isCloseTo(8, within(1e-3));
    assertThat(metrics.get("ABF1 g").getValue()).isZero();
    assertThat(metrics.get("AB1 i").getStatus()).isEqualTo("no_input");
    assertThat(metrics.get("AB1 i").getValue()).isNull();
    assertThat(metrics).doesNotContainKey("AB1 r");
  }

  @Test
  void withoutRThereIsNothingToCompareWith() throws Exception {
    summaries("g", 1, 85.0, null, 0.01);
    positions("g", 60_000, 8, null);
    assertThat(metrics(RunMetricsTask.ofRun()).get("AB1 g").getStatus()).isEqualTo("no_input");
  }

  /** Visits of three detectors whose ellipticities are e less 0.01, e, e and 0.02. */
  private void summaries(
      String band, int firstVisit, @Nullable Double altitude, @Nullable Double airmass, double e)
      throws Exception {
    for (int v = firstVisit; v < firstVisit + 10; v++) {
      List<ExposureSummary> detectors = new ArrayList<>();
      for (double more : new double[] {-0.01, 0, 0.02}) {
        ExposureSummary s = new ExposureSummary();
        s.setVisit(v);
        s.setBand(band);
        s.setAltitude(altitude);
        s.setAirmass(airmass);
        s.setPsfIxx(4 * (1 + e + more));
        s.setPsfIyy(4 * (1 - e - more));
        detectors.add(s);
      }
      inputs.add(
          tester.input(
              RunMetricsTask.VISITS,
              tester
                  .given("visitTables", visit(v))
                  .json(
                      DatasetTypes.VISIT_SUMMARY,
                      visit(v),
                      new VisitTablesTask.VisitSummary(v, detectors))
                  .result()));
    }
  }

  @Test
  void onlyVisitsNearTheZenithSayHowRoundImagesAre() throws Exception {
    summaries("r", 1, 85.0, null, 0.03);
    summaries("r", 20, null, 1.01, 0.055);
    summaries("r", 40, 79.9, 1.0, 0.3);
    summaries("r", 60, null, 1.02, 0.3);
    summaries("r", 80, null, null, 0.3);
    Map<String, MetricValue> metrics = metrics(RunMetricsTask.ofRun());
    MetricValue se1 = metrics.get("SE1 r");
    assertThat(se1.getN()).isEqualTo(20);
    assertThat(se1.getValue()).isCloseTo((0.03 + 0.055) / 2, within(1e-9));
    assertThat(se1.getThreshold()).isEqualTo(0.04);
    assertThat(metrics.get("EF1 r").getValue()).isCloseTo(100 / 6.0, within(1e-9));
    assertThat(metrics.get("SE2 r").getValue()).isCloseTo(0.075, within(1e-9));
  }

  private static ObjectRow object(int number, boolean reserved, double arcmin, double residual) {
    long id = number;
    while (Reservation.isReserved(id) != reserved) {
      id += 100_000;
    }
    ObjectBand band = new ObjectBand();
    band.setPsfFlux(50_000f);
    band.setPsfFluxErr(100f);
    band.setMomentsXx((float) (1 + 0.1 + residual));
    band.setMomentsYy((float) (1 - 0.1 - residual));
    band.setMomentsXy(0f);
    band.setMomentsPsfXx(1.1f);
    band.setMomentsPsfYy(0.9f);
    band.setMomentsPsfXy(0f);
    ObjectRow row = new ObjectRow();
    row.setObjectId((long) number);
    row.setCoordRa(10 + arcmin / 60);
    row.setCoordDec(0.0001 * number);
    row.setDetectIsPrimary(true);
    row.setRefExtendedness(0f);
    row.setReferenceId(id);
    row.setBands(Map.of("r", band));
    return row;
  }

  private void objects(int tract, double residual) throws Exception {
    List<ObjectRow> rows = new ArrayList<>();
    for (int i = 1; i <= 20; i++) {
      rows.add(object(i, true, i % 2 == 0 ? 0 : 10, residual));
      rows.add(object(100 + i, false, 0, 0.3));
      ObjectRow galaxy = object(200 + i, true, 0, 0.3);
      galaxy.setRefExtendedness(1f);
      rows.add(galaxy);
      ObjectRow flagged = object(300 + i, true, 0, 0.3);
      flagged.getBands().get("r").setMomentsFlag(true);
      rows.add(flagged);
      ObjectRow faint = object(400 + i, true, 0, 0.3);
      faint.getBands().get("r").setPsfFluxErr(1000f);
      rows.add(faint);
    }
    DataId id = DataId.of("skymap", "lsst_cells_v1", "tract", tract);
    table(RunMetricsTask.OBJECTS, "objectTable", DatasetTypes.OBJECT, id, ObjectRow.class, rows);
  }

  /** Two clusters of ten stars ten arcmin apart, residuals that are the same in all of a tract. */
  @Test
  void shapesOnCoaddsAreCorrelatedAsTheResidualsThatWerePutIn() throws Exception {
    summaries("r", 1, 85.0, null, 0.01);
    objects(TRACT, 0.001);
    objects(TRACT + 1, 0.003);
    objects(TRACT + 2, 0.03);
    Map<String, MetricValue> metrics = metrics(RunMetricsTask.ofRun());
    MetricValue near = metrics.get("TE1 r");
    assertThat(near.getValue()).isCloseTo(9e-6, within(2e-9));
    assertThat(near.getN()).isEqualTo(3 * 2 * 45);
    assertThat(near.getThreshold()).isEqualTo(2e-5);
    MetricValue far = metrics.get("TE2 r");
    assertThat(far.getValue()).isCloseTo(9e-6, within(2e-9));
    assertThat(far.getN()).isEqualTo(3 * 100);
  }

  private void everything() throws Exception {
    for (int v = 0; v < 3; v++) {
      residuals(v, "g");
      residuals(10 + v, "r");
    }
    summaries("r", 20, 85.0, null, 0.03);
    positions("r", 60_000, 0, 100.0);
    positions("g", 60_200, 8, 100.0);
    objects(TRACT, 0.001);
    objects(TRACT + 1, 0.003);
  }

  private static MetricValue ofTract(long tract, @Nullable Double value, long n, String status) {
    return MetricValue.newBuilder()
        .setName("TEF3")
        .setUnit("%")
        .setLevel("tract")
        .setTract(tract)
        .setBand("r")
        .setValue(value)
        .setN(n)
        .setStatus(status)
        .build();
  }

  private void tract(int tract, MetricValue metric) throws Exception {
    DataId id = DataId.of("skymap", "lsst_cells_v1", "tract", tract, "band", "r");
    table(
        RunMetricsTask.TRACTS,
        "tractMetrics",
        DatasetTypes.TRACT_METRIC,
        id,
        MetricValue.class,
        List.of(metric));
  }

  @Test
  void visitsOfWhichNoneIsKnownWellAreTooFewAndNotMissing() throws Exception {
    tract(1, ofTract(1, null, 0, "too_few"));
    tract(2, ofTract(2, null, 0, "no_input"));
    assertThat(metrics(RunMetricsTask.ofRun()).get("TEF3 r").getStatus()).isEqualTo("too_few");
  }

  @Test
  void tractsCountByWhatTheyHave() throws Exception {
    tract(1, ofTract(1, 10.0, 30, "ok"));
    tract(2, ofTract(2, 20.0, 10, "ok"));
    tract(3, ofTract(3, null, 2, "too_few"));
    MetricValue run = metrics(RunMetricsTask.ofRun()).get("TEF3 r");
    assertThat(run.getValue()).isEqualTo(12.5);
    assertThat(run.getN()).isEqualTo(40);
  }

  @Test
  void theOrderOfTheInputsDoesNotChangeABit() throws Exception {
    everything();
    Map<String, MetricValue> once = metrics(RunMetricsTask.ofRun());
    inputs.clear();
    tester.close();
    tester = QuantumTester.in(repository.resolve("again"));
    everything();
    Collections.shuffle(inputs, new Random(3));
    assertThat(metrics(RunMetricsTask.ofRun())).isEqualTo(once);
  }

  @Test
  void aRunWithoutRowsSaysThatNothingWasThere() throws Exception {
    summaries("r", 1, null, null, 0.03);
    summaries("g", 20, null, null, 0.03);
    Map<String, MetricValue> metrics = metrics(RunMetricsTask.ofRun());
    assertThat(metrics.get("object.primary").getValue()).isZero();
    metrics.keySet().removeIf(name -> name.startsWith("object."));
    assertThat(metrics)
        .containsKeys("PA3 r", "PA5_g-r", "PA6 g", "AA1_ra r", "AB1 g", "TE1 r", "TE2 g", "SE1 r")
        .allSatisfy(
            (name, metric) -> {
              assertThat(metric.getStatus()).isEqualTo("no_input");
              assertThat(metric.getValue()).isNull();
              assertThat(metric.getErr()).isNull();
            });
  }
}
