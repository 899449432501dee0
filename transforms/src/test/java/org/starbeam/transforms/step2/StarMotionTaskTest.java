package org.starbeam.transforms.step2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.image.Box;
import org.starbeam.photometry.PhotoCalib;
import org.starbeam.schema.IsolatedStar;
import org.starbeam.schema.IsolatedStarRow;
import org.starbeam.schema.QuantumInput;
import org.starbeam.sky.EarthEphemeris;
import org.starbeam.sky.EpochPropagation;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.TanSip;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.IdPacker;
import org.starbeam.transforms.quantum.QuantumTester;

/** Stars whose truth is known, seen without noise by visits with known WCS. */
class StarMotionTaskTest {
  private static final double FIRST_MJD = 59_465;
  private static final int SIZE = 1000;

  @TempDir Path repository;

  private static final EpochPropagation.Star FAST =
      new EpochPropagation.Star(11.1, -30.5, 2021.8, 310, -120, 25, Double.NaN);
  private static final EpochPropagation.Star SLOW =
      new EpochPropagation.Star(11.11, -30.49, 2021.8, 3, 2, 1, Double.NaN);

  private static double mjd(int visit) {
    return FIRST_MJD + 71.0 * visit;
  }

  private static TanSip wcs(int visit) {
    double s = 0.2 / 3600;
    return TanSip.tan(
        new SkyPoint(11.1 + 1e-4 * visit, -30.495), 499.5, 499.5, new double[] {-s, 0, 0, s});
  }

  private static VisitSolution solution(int visit) {
    PhotoCalib calib = PhotoCalib.constant(new Box(0, 0, SIZE, SIZE), 2.0, 0, "single-frame");
    return new VisitSolution(
        visit,
        visit % 2 == 0 ? "r" : "g",
        mjd(visit),
        List.of(
            new VisitSolution.DetectorSolution(
                3,
                WcsDocument.of(wcs(visit)),
                CalibDocument.of(calib),
                "global",
                50,
                20,
                0.01,
                5,
                5,
                2,
                1,
                5,
                20,
                "photometric",
                null,
                null,
                null,
                null,
                null,
                VisitStars.of(List.of()),
                null)));
  }

  private static IsolatedStar seen(EpochPropagation.Star star, long id, int from, int to) {
    List<Long> sources = new ArrayList<>();
    List<Long> visits = new ArrayList<>();
    List<Integer> detectors = new ArrayList<>();
    List<Double> x = new ArrayList<>();
    List<Double> y = new ArrayList<>();
    List<Double> variance = new ArrayList<>();
    List<Double> none = new ArrayList<>();
    List<Double> flux = new ArrayList<>();
    List<Double> error = new ArrayList<>();
    for (int visit = from; visit < to; visit++) {
      SkyPoint place =
          EpochPropagation.apparent(
              star, EpochPropagation.julianYear(mjd(visit)), EarthEphemeris.earth(mjd(visit)));
      double[] p = wcs(visit).toPixel(place.raDeg(), place.decDeg());
      sources.add(100 * id + visit);
      visits.add((long) visit);
      detectors.add(3);
      x.add(p[0]);
      y.add(p[1]);
      variance.add(1e-4);
      none.add(0.0);
      flux.add(visit % 4 == 0 ? 5050.0 : 4950.0);
      error.add(50.0);
    }
    return IsolatedStar.newBuilder()
        .setStarKey(id)
        .setRa(star.raDeg())
        .setDec(star.decDeg())
        .setNVisit(to - from)
        .setMemberSourceIds(sources)
        .setMemberVisits(visits)
        .setMemberDetectors(detectors)
        .setMemberX(x)
        .setMemberY(y)
        .setMemberXx(variance)
        .setMemberYy(variance)
        .setMemberXy(none)
        .setMemberFlux(flux)
        .setMemberFluxErr(error)
        .build();
  }

  private List<IsolatedStarRow> rows(List<List<IsolatedStar>> blocks, int visits) throws Exception {
    try (QuantumTester tester = QuantumTester.in(repository)) {
      long pixel = new Healpix(IsolatedStarsTask.ORDER).pixel(11.1, -30.5);
      DataId id = DataId.of("instrument", "SimCam", "healpix9", pixel);
      List<QuantumInput> inputs = new ArrayList<>();
      for (int b = 0; b < blocks.size(); b++) {
        DataId block = blocks.size() == 1 ? id : id.with("name", "m20210" + (b + 1));
        inputs.add(
            tester.input(
                StarMotionTask.BLOCK,
                tester
                    .given(IsolatedStarsTask.NAME, block)
                    .table(
                        DatasetTypes.ISOLATED_STAR_BLOCK, block, IsolatedStar.class, blocks.get(b))
                    .result()));
      }
      for (int visit = 0; visit < visits; visit++) {
        DataId of = DataId.of("instrument", "SimCam", "visit", visit);
        inputs.add(
            tester.input(
                StarMotionTask.SOLUTION,
                tester
                    .given(AstrometricSolveTask.NAME, of)
                    .json(DatasetTypes.VISIT_SOLUTION, of, solution(visit))
                    .result()));
      }
      return tester
          .run(
              new StarMotionTask(StarMotionTask.Config.defaults()),
              id,
              inputs.toArray(QuantumInput[]::new))
          .requireDone()
          .table(DatasetTypes.ISOLATED_STAR, IsolatedStarRow.class);
    }
  }

  private static IsolatedStarRow of(List<IsolatedStarRow> rows, EpochPropagation.Star star) {
    return rows.stream()
        .filter(r -> Math.abs(r.getDec() - star.decDeg()) < 1e-3)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void motionsParallaxesAndMeanMagnitudesAreThoseOfTheStars() throws Exception {
    List<IsolatedStarRow> rows =
        rows(List.of(List.of(seen(FAST, 1, 0, 9), seen(SLOW, 2, 0, 9))), 9);
    assertThat(rows).hasSize(2);
    IsolatedStarRow fast = of(rows, FAST);
    assertThat(fast.getMotionFlag()).isFalse();
    assertThat(fast.getMotionNVisits()).isEqualTo(9);
    assertThat(fast.getRaPM()).isCloseTo(310, within(0.01));
    assertThat(fast.getDecPM()).isCloseTo(-120, within(0.01));
    assertThat(fast.getParallax()).isCloseTo(25, within(0.01));
    // 2 mas floor and 0.01 pixel of 0.2 arcsec in nine visits
    assertThat(fast.getRaErr() * 3.6e6).isBetween(2.8 / 3, 2.8);
    assertThat(fast.getEpoch()).isCloseTo(51_544.5 + 22.5 * 365.25, within(1e-6));
    assertThat(IdPacker.unpackSky(fast.getIsolatedStarId()).role())
        .isEqualTo(IdPacker.Role.ISOLATED_STAR.code());
    // visits 0, 4, 8 in r have 10100 nJy, 2 and 6 9900
    assertThat(fast.getBands().get("r").getNObs()).isEqualTo(5);
    assertThat(fast.getBands().get("r").getMeanMagStd()).isCloseTo(21.398, within(0.002));
    assertThat(fast.getBands().get("g").getMagScatter()).isCloseTo(0f, within(1e-6f));
    assertThat(of(rows, SLOW).getRaPM()).isCloseTo(3, within(0.01));
  }

  @Test
  void aStarThatMonthsHaveSolvedApartIsOneStar() throws Exception {
    List<IsolatedStarRow> rows =
        rows(List.of(List.of(seen(SLOW, 2, 0, 5)), List.of(seen(SLOW, 3, 5, 9))), 9);
    assertThat(rows).hasSize(1);
    assertThat(rows.get(0).getMotionNVisits()).isEqualTo(9);
    assertThat(rows.get(0).getParallax()).isCloseTo(1, within(0.01));
  }

  @Test
  void aStarOfAYearHasAPlaceAndNoMotion() throws Exception {
    List<IsolatedStarRow> rows = rows(List.of(List.of(seen(SLOW, 2, 0, 5))), 9);
    assertThat(rows).hasSize(1);
    assertThat(rows.get(0).getMotionFlag()).isTrue();
    assertThat(rows.get(0).getRaPM()).isNull();
    assertThat(rows.get(0).getParallaxErr()).isNull();
    assertThat(rows.get(0).getRa()).isCloseTo(SLOW.raDeg(), within(1e-5));
  }

  @Test
  void visitsWithoutASolutionDoNotCount() throws Exception {
    List<IsolatedStarRow> rows = rows(List.of(List.of(seen(SLOW, 2, 0, 9))), 7);
    assertThat(rows.get(0).getMotionNVisits()).isEqualTo(7);
  }
}
