package org.starbeam.transforms.step2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.association.IsolatedStarAssociator;
import org.starbeam.image.Box;
import org.starbeam.photometry.PhotoCalib;
import org.starbeam.photometry.VisitZeroPoint;
import org.starbeam.schema.IsolatedStar;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.sky.SkyPoint;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumTester;

/** Visits of one detector of 1000 pixels of 0.2 arcsec, whose own zero points are wrong. */
class PhotometricSolveTaskTest {
  private static final int VISITS = 6;
  private static final int STARS = 120;
  private static final double ZERO_POINT = 28;
  private static final SkyPoint CENTER = new SkyPoint(11.1, -30.5);
  private static final DataId BAND = DataId.of("instrument", "SimCam", "band", "r");

  @TempDir Path repository;

  /** What the zero point of a visit's own reference stars is off by, mag. */
  private static double off(int visit) {
    return 0.006 * (visit - 2.5);
  }

  /** What a cloud takes from a visit, mag. */
  private static double cloud(int visit) {
    return visit == 4 ? 0.2 : 0;
  }

  private static long source(int star, int visit) {
    return 1000L * visit + star;
  }

  private static VisitPhotometry visit(int visit, double[] magOf) {
    double zeroPoint = ZERO_POINT - cloud(visit) + off(visit);
    Box box = new Box(0, 0, 1000, 1000);
    long[] used = new long[STARS / 4];
    double[] flux = new double[used.length];
    double[] err = new double[used.length];
    for (int k = 0; k < used.length; k++) {
      used[k] = source(4 * k, visit);
      flux[k] = PhotoCalib.fluxOfMag(magOf[4 * k]);
      err[k] = 0.01 * flux[k];
    }
    return new VisitPhotometry(
        visit,
        "r",
        59_465 + visit,
        20210907 + visit,
        30,
        1.1,
        new VisitZeroPoint.Fit(
            CENTER,
            140,
            zeroPoint,
            0,
            0,
            0.003,
            Map.of(3, 0.0),
            Map.of(3, 0.005),
            30,
            0.02,
            0.01,
            false),
        true,
        used,
        flux,
        err,
        new long[0],
        0.04,
        Map.of(
            3,
            CalibDocument.of(
                PhotoCalib.constant(box, PhotoCalib.fluxOfMag(zeroPoint), 0.003, "single-frame"))),
        List.of(3),
        List.of(),
        List.of());
  }

  private static IsolatedStar star(int star, double mag, Random random) {
    List<Long> sources = new ArrayList<>();
    List<Long> visits = new ArrayList<>();
    List<Integer> detectors = new ArrayList<>();
    List<Double> x = new ArrayList<>();
    List<Double> y = new ArrayList<>();
    List<Double> one = new ArrayList<>();
    List<Double> flux = new ArrayList<>();
    List<Double> err = new ArrayList<>();
    double column = 50 + 900 * random.nextDouble();
    double row = 50 + 900 * random.nextDouble();
    double electrons = Math.pow(10, 0.4 * (ZERO_POINT - mag));
    for (int visit = 0; visit < VISITS; visit++) {
      sources.add(source(star, visit));
      visits.add((long) visit);
      detectors.add(3);
      x.add(column);
      y.add(row);
      one.add(1.0);
      double seen = electrons * Math.pow(10, -0.4 * cloud(visit));
      flux.add(seen * (1 + 0.004 * random.nextGaussian()));
      err.add(0.004 * seen);
    }
    return IsolatedStar.newBuilder()
        .setStarKey(star)
        .setRa(CENTER.raDeg() + (column - 499.5) * 0.2 / 3600 / Math.cos(Math.toRadians(30.5)))
        .setDec(CENTER.decDeg() + (row - 499.5) * 0.2 / 3600)
        .setNVisit(VISITS)
        .setMeanInstFlux(Map.of("r", electrons))
        .setMemberSourceIds(sources)
        .setMemberVisits(visits)
        .setMemberDetectors(detectors)
        .setMemberX(x)
        .setMemberY(y)
        .setMemberXx(one)
        .setMemberYy(one)
        .setMemberXy(one)
        .setMemberFlux(flux)
        .setMemberFluxErr(err)
        .build();
  }

  private QuantumTester.Ended solve(QuantumTester tester, int stars) throws Exception {
    Random random = new Random(3);
    double[] mag = random.doubles(STARS, 17, 20).toArray();
    List<IsolatedStar> block = new ArrayList<>();
    for (int s = 0; s < stars; s++) {
      block.add(star(s, mag[s], random));
    }
    List<QuantumInput> inputs = new ArrayList<>();
    DataId pixel = DataId.of("instrument", "SimCam", "healpix9", 12);
    inputs.add(
        tester.input(
            PhotometricSolveTask.BLOCK,
            tester
                .given(IsolatedStarsTask.NAME, pixel)
                .table(DatasetTypes.ISOLATED_STAR_BLOCK, pixel, IsolatedStar.class, block)
                .result()));
    for (int v = 0; v < VISITS; v++) {
      DataId id = DataId.of("instrument", "SimCam", "visit", v);
      inputs.add(
          tester.input(
              PhotometricSolveTask.SUMMARY,
              tester
                  .given(VisitSummaryTask.NAME, id)
                  .json(DatasetTypes.INITIAL_VISIT_SUMMARY, id, visit(v, mag))
                  .result()));
    }
    return tester.run(
        new PhotometricSolveTask(PhotometricSolveTask.Config.defaults()), Quantum.of(BAND, inputs));
  }

  @Test
  void whatStarsShareCorrectsTheZeroPointsOfVisits() throws Exception {
    try (QuantumTester tester = QuantumTester.in(repository)) {
      QuantumTester.Ended ended = solve(tester, STARS);
      PhotometricSolution solution =
          ended.requireDone().json(DatasetTypes.PHOTOMETRIC_SOLUTION, PhotometricSolution.class);
      assertThat(solution.visitNumbers()).hasSize(VISITS);
      for (int v = 0; v < VISITS; v++) {
        PhotometricSolution.Of visit = solution.visit(v).orElseThrow();
        assertThat(visit.fit().at(3, CENTER) + visit.flat(3, 0, 0))
            .as("visit %d, was off by %.3f", v, off(v))
            .isCloseTo(ZERO_POINT - cloud(v), within(0.0025));
      }
      assertThat(solution.visit(99)).isEmpty();
    }
  }

  @Test
  void aVisitBehindCloudsIsToldFromClearOnes() throws Exception {
    try (QuantumTester tester = QuantumTester.in(repository)) {
      PhotometricSolution solution =
          solve(tester, STARS).json(DatasetTypes.PHOTOMETRIC_SOLUTION, PhotometricSolution.class);
      double scaleOfTheFirst = solution.visit(0).orElseThrow().clarity().zeroPointScale();
      double sumOfSquares = 0;
      for (int v = 0; v < VISITS; v++) {
        VisitClarity clarity = solution.visit(v).orElseThrow().clarity();
        VisitClarity.DetectorGray gray = clarity.detectors().get(3);
        assertThat(clarity.photometricClass())
            .as("visit %d", v)
            .isEqualTo(v == 4 ? VisitClarity.NON_PHOTOMETRIC : VisitClarity.PHOTOMETRIC);
        assertThat(gray.grayMag()).isCloseTo(-cloud(v), within(0.003));
        assertThat(clarity.zeroPointScale() / scaleOfTheFirst)
            .isCloseTo(Math.pow(10, -0.8 * (cloud(v) - cloud(0))), within(0.01));
        sumOfSquares += gray.rmsMag() * gray.rmsMag();
        assertThat(gray.nStars()).isEqualTo(solution.nStars());
      }
      double noise = 0.004 * 2.5 / Math.log(10) * Math.sqrt(1 - 1.0 / VISITS);
      assertThat(Math.sqrt(sumOfSquares / VISITS)).isCloseTo(noise, within(0.1 * noise));
    }
  }

  @Test
  void aTenthOfTheStarsIsHeldBack() throws Exception {
    try (QuantumTester tester = QuantumTester.in(repository)) {
      PhotometricSolution solution =
          solve(tester, STARS).json(DatasetTypes.PHOTOMETRIC_SOLUTION, PhotometricSolution.class);
      int reserved = 0;
      for (long key = 0; key < STARS; key++) {
        reserved += IsolatedStarAssociator.photometricReserve(key) ? 1 : 0;
      }
      assertThat(reserved).isPositive();
      assertThat(solution.nStars()).isEqualTo(STARS - reserved);
    }
  }

  @Test
  void aBandWithoutSharedStarsHasNoWork() throws Exception {
    try (QuantumTester tester = QuantumTester.in(repository)) {
      assertThat(solve(tester, 2).record().getStatus()).isEqualTo(QuantumStatus.NO_WORK);
    }
  }
}
