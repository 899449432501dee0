package org.starbeam.transforms.step7;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.schema.IsolatedStarSource;
import org.starbeam.schema.MetricValue;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.RhoStatistic;
import org.starbeam.schema.StarPosition;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyPoint;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumTester;

/** Stars of a quarter of a degree that scatter by 6 mmag and 8 mas; one in four moves. */
class TractMetricsTaskTest {
  private static final int STARS = 400;
  private static final int VISITS = 9;
  private static final double MMAG = 6;
  private static final double MAS = 8;
  private static final int TRACT = 4613;
  private static final double MEDIAN_OF_EIGHT = Math.sqrt(7.344 / 8);

  private static final double E1 = 0.1;
  private static final double E1_LEFT = 0.004;
  private static final double E_NOISE = 0.01;
  private static final double SIZE = 2;
  private static final double SIZE_LEFT = 0.01;

  @TempDir Path repository;

  private final Random random = new Random(11);
  private final List<List<IsolatedStarSource>> visits = new ArrayList<>();
  private SkyPoint center;

  @BeforeEach
  void observe() {
    center = RingsSkyMap.defaults().tract(TRACT).center();
    for (int v = 0; v < VISITS; v++) {
      visits.add(new ArrayList<>());
    }
    for (int s = 0; s < STARS; s++) {
      double x = 0.5 * random.nextDouble() - 0.25;
      double y = 0.5 * random.nextDouble() - 0.25;
      double mag = 17.5 + 2 * random.nextDouble();
      double motion = s % 4 == 0 ? 100 : 0;
      for (int v = 0; v < VISITS; v++) {
        visits.get(v).add(row(s, v, x, y, mag, motion));
      }
    }
  }

  private IsolatedStarSource row(int star, int visit, double x, double y, double mag, double pm) {
    double years = 0.25 * visit;
    double mas = 1 / 3.6e6;
    double cos = Math.cos(Math.toRadians(center.decDeg()));
    double flux = Math.pow(10, 0.4 * (31.4 - mag - MMAG / 1000 * random.nextGaussian()));
    return IsolatedStarSource.newBuilder()
        .setIsolatedStarId(star + 1)
        .setSourceId(1000L * visit + star)
        .setVisit(visit)
        .setDetector(0)
        .setBand("r")
        .setMidpointMjdTai(60_000 + 365.25 * years)
        .setRa(center.raDeg() + (x + (pm * years + MAS * random.nextGaussian()) * mas) / cos)
        .setDec(center.decDeg() + y + MAS * random.nextGaussian() * mas)
        .setRaErr(MAS * mas)
        .setDecErr(MAS * mas)
        .setPsfFlux(flux)
        .setPsfFluxErr(flux / 500)
        .setE1Residual(E1_LEFT + E_NOISE * random.nextGaussian())
        .setE2Residual(E_NOISE * random.nextGaussian())
        .setE1(E1)
        .setE2(0.0)
        .setSize(SIZE)
        .setSizeResidual(SIZE_LEFT)
        .setPsfReserved(star % 5 == 0)
        .setPhotometryReserved(star % 10 == 0)
        .build();
  }

  private <T extends SpecificRecord> List<T> rows(int tract, DatasetType type, Class<T> rowClass)
      throws Exception {
    try (QuantumTester tester = QuantumTester.in(repository)) {
      List<QuantumInput> inputs = new ArrayList<>();
      for (int v = 0; v < VISITS; v++) {
        DataId id = DataId.of("instrument", "SimCam", "visit", v);
        inputs.add(
            tester.input(
                TractMetricsTask.VISIT,
                tester
                    .given("visitTables", id)
                    .table(
                        DatasetTypes.ISOLATED_STAR_SOURCE,
                        id,
                        IsolatedStarSource.class,
                        visits.get(v))
                    .result()));
      }
      DataId id = DataId.of("skymap", "lsst_cells_v1", "tract", tract, "band", "r");
      return tester
          .run(new TractMetricsTask(TractMetricsTask.Config.defaults()), Quantum.of(id, inputs))
          .requireDone()
          .table(type, rowClass);
    }
  }

  private Map<String, MetricValue> metrics(int tract) throws Exception {
    return rows(tract, DatasetTypes.TRACT_METRIC, MetricValue.class).stream()
        .collect(Collectors.toMap(m -> m.getName() + " " + m.getSubset(), Function.identity()));
  }

  @Test
  void whatThePsfModelLeavesIsTheMedianOfReservedStars() throws Exception {
    Map<String, MetricValue> metrics = metrics(TRACT);
    MetricValue e1 = metrics.get("psfStarDeltaE1Median reserved");
    assertThat(e1.getN()).isEqualTo(STARS / 5 * VISITS);
    assertThat(e1.getValue()).isCloseTo(E1_LEFT, within(4 * e1.getErr()));
    assertThat(e1.getThreshold()).isNull();
    assertThat(metrics.get("psfStarDeltaE1Scatter reserved").getValue())
        .isCloseTo(E_NOISE, within(0.001));
    assertThat(metrics.get("psfStarDeltaSizeMedian reserved").getValue())
        .isCloseTo(SIZE_LEFT, within(1e-9));
  }

  /** Residuals that are the same everywhere have their square at all distances. */
  @Test
  void rhoStatisticsOfAConstantResidualAreConstant() throws Exception {
    List<RhoStatistic> rho = rows(TRACT, DatasetTypes.RHO_STATISTIC, RhoStatistic.class);
    assertThat(rho).extracting(RhoStatistic::getVisit).contains(0L, VISITS - 1L);
    assertThat(rho).allMatch(r -> r.getLo() >= 0.5 && r.getHi() < 61 && r.getTract() == TRACT);
    double dT = 1 - Math.pow(1 - SIZE_LEFT / SIZE, 2);
    assertThat(mean(rho, RhoStatistic::getRho1)).isCloseTo(E1_LEFT * E1_LEFT, within(6e-6));
    assertThat(mean(rho, RhoStatistic::getRho2)).isCloseTo(E1 * E1_LEFT, within(1.5e-4));
    assertThat(mean(rho, RhoStatistic::getRho3)).isCloseTo(Math.pow(E1 * dT, 2), within(1e-9));
    assertThat(mean(rho, RhoStatistic::getRho5)).isCloseTo(E1 * E1 * dT, within(1e-9));
  }

  private static double mean(List<RhoStatistic> rho, ToDoubleFunction<RhoStatistic> value) {
    double sum = rho.stream().mapToDouble(r -> r.getPairs() * value.applyAsDouble(r)).sum();
    return sum / rho.stream().mapToLong(RhoStatistic::getPairs).sum();
  }

  @Test
  void scatterThatWasPutInIsFoundAndMotionsAreNone() throws Exception {
    Map<String, MetricValue> metrics = metrics(TRACT);
    MetricValue pa1 = metrics.get("PA1_psf all");
    assertThat(pa1.getN()).isEqualTo(STARS);
    assertThat(pa1.getValue()).isCloseTo(MEDIAN_OF_EIGHT * MMAG, within(4 * pa1.getErr()));
    assertThat(metrics.get("PA1_psf reserved").getN()).isEqualTo(STARS / 10);
    assertThat(metrics.get("PF1_psf all").getValue()).isBetween(0.2, 2.0);
    assertThat(metrics.get("PA2_psf all").getValue())
        .isCloseTo(1.645 * MMAG * Math.sqrt(8.0 / 9), within(0.3));
    MetricValue am1 = metrics.get("AM1 all");
    assertThat(am1.getN()).isGreaterThan(1000);
    assertThat(am1.getValue()).isCloseTo(MEDIAN_OF_EIGHT * MAS * Math.sqrt(2), within(0.45));
    assertThat(metrics.get("AM2 all").getValue()).isCloseTo(am1.getValue(), within(0.4));
    assertThat(metrics.get("AF1 all").getThreshold()).isEqualTo(10);
  }

  /** Errors of 1 / 500 are 2.171 mmag of the 6. */
  @Test
  void photonsAreNotOfTheIntrinsicScatter() throws Exception {
    Map<String, MetricValue> metrics = metrics(TRACT);
    MetricValue intrinsic = metrics.get("PA1_int_psf all");
    double photons = 1000 * 2.5 / Math.log(10) / 500;
    double expected = Math.sqrt(Math.pow(MEDIAN_OF_EIGHT * MMAG, 2) - photons * photons);
    assertThat(intrinsic.getValue()).isCloseTo(expected, within(4 * intrinsic.getErr()));
    assertThat(intrinsic.getThreshold()).isNull();
    assertThat(metrics.get("PF1_groups_psf all").getValue()).isZero();
  }

  @Test
  void placesOfABandAreALineThroughThoseOfItsVisits() throws Exception {
    List<StarPosition> places = rows(TRACT, DatasetTypes.STAR_POSITION, StarPosition.class);
    assertThat(places).hasSize(STARS).allMatch(p -> p.getVisits() == VISITS);
    assertThat(places).allMatch(p -> Math.abs(p.getPositionErr() - MAS / 3) < 1e-6);
    assertThat(places).allMatch(p -> Math.abs(p.getEpoch() - 60_000 - 365.25) < 1e-6);
    for (StarPosition p : places) {
      double motion = (p.getIsolatedStarId() - 1) % 4 == 0 ? 100 : 0;
      assertThat(p.getRaPM()).isCloseTo(motion, within(5 * p.getPmErr()));
      assertThat(p.getDecPM()).isCloseTo(0, within(5 * p.getPmErr()));
    }
    double chi2 = places.stream().mapToDouble(StarPosition::getRaChi2).average().orElseThrow();
    assertThat(chi2).isCloseTo(VISITS - 2, within(0.8));
  }

  @Test
  void aTractHasNoPairsOf200ArcminAndFewVisitsAreNoPercentage() throws Exception {
    Map<String, MetricValue> metrics = metrics(TRACT);
    assertThat(metrics.get("AM3 all").getStatus()).isEqualTo("no_input");
    assertThat(metrics.get("AM3 all").getThreshold()).isEqualTo(15);
    assertThat(metrics.get("AD3 all").getThreshold()).isEqualTo(30);
    assertThat(metrics.get("TEF3 all").getStatus()).isEqualTo("too_few");
    assertThat(metrics.get("TEF3 all").getN()).isLessThanOrEqualTo(VISITS);
  }

  @Test
  void whatIsMissingOrNotKnownWellEnoughHasNoNumber() throws Exception {
    Map<String, MetricValue> metrics = metrics(TRACT);
    assertThat(metrics.get("PA1_calib all").getStatus()).isEqualTo("no_input");
    assertThat(metrics.get("TE3 all").getStatus()).isEqualTo("ok");
    assertThat(metrics.get("TE4 all").getStatus()).isEqualTo("too_few");
    assertThat(metrics.get("TE4 all").getValue()).isNull();
  }

  @Test
  void starsOfOtherTractsDoNotCount() throws Exception {
    assertThat(metrics(TRACT + 1).values()).allMatch(m -> m.getStatus().equals("no_input"));
  }
}
