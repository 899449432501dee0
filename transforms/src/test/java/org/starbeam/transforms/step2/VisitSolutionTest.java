package org.starbeam.transforms.step2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.association.IsolatedStarAssociator;
import org.starbeam.characterization.FrameModel;
import org.starbeam.fits.FitsTable;
import org.starbeam.fits.FitsWriter;
import org.starbeam.image.Box;
import org.starbeam.measurement.ApertureCorrections;
import org.starbeam.photometry.PhotoCalib;
import org.starbeam.psf.Reservation;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.IsolatedStar;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.schema.RefStar;
import org.starbeam.schema.StarCandidate;
import org.starbeam.sky.Angles;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.TanSip;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.TableWriter;
import org.starbeam.transforms.ingest.IngestRefcatTask;
import org.starbeam.transforms.ingest.ShardRefcatTask;
import org.starbeam.transforms.quantum.QuantumTester;

/** The tasks of step2's first half one after the other, on stars whose truth is known. */
class VisitSolutionTest {
  private static final double ZP = 31.0;
  private static final double MJD = 59465.1;
  private static final int SIZE = 1000;

  /** Of twenty stars the one that visit 3 takes for something else. */
  private static final int DOUBTED = 7;

  @TempDir Path repository;

  private record Star(SkyPoint place, double flux) {}

  private static List<Star> sky(Random random) {
    List<Star> out = new ArrayList<>();
    while (out.size() < 350) {
      SkyPoint p =
          new SkyPoint(11.1 + 0.14 * random.nextDouble(), -30.5 + 0.07 * random.nextDouble());
      boolean free =
          out.stream()
              .allMatch(
                  s ->
                      Angles.separationArcsec(
                              p.raDeg(), p.decDeg(), s.place.raDeg(), s.place.decDeg())
                          > 4);
      if (free) {
        out.add(new Star(p, Math.pow(10, (31.4 - 17 - 3 * random.nextDouble()) / 2.5)));
      }
    }
    return out;
  }

  private static TanSip truth(int visit, int detector) {
    double s = 0.2 / 3600;
    double ra = 11.105 + 0.065 * detector + 0.002 * visit;
    return TanSip.tan(new SkyPoint(ra + 0.03, -30.465), 499.5, 499.5, new double[] {-s, 0, 0, s});
  }

  private QuantumResult refcat(QuantumTester tester, List<Star> sky) throws Exception {
    List<RefStar> rows = new ArrayList<>();
    for (int i = 0; i < sky.size() / 2; i++) {
      Star star = sky.get(i);
      rows.add(
          RefStar.newBuilder()
              .setId(1000 + i)
              .setRa(star.place.raDeg())
              .setDec(star.place.decDeg())
              .setEpochYr(2016)
              .setPmRa(0.0)
              .setPmDec(0.0)
              .setRaErrMas(0.1)
              .setDecErrMas(0.1)
              .setFlux(new TreeMap<>(Map.of("r", star.flux)))
              .setFluxErr(new TreeMap<>(Map.of("r", 0.01 * star.flux)))
              .build());
    }
    DataId file = DataId.of("name", "refcat");
    Path parquet = repository.resolve("refcat.parquet");
    TableWriter.write(parquet, RefStar.class, rows, List.of(), List.of(), Map.of());
    QuantumResult input =
        tester.given("input", file).existing(DatasetTypes.INPUT_FILE, file, parquet).result();
    QuantumResult part =
        tester
            .run(new IngestRefcatTask(), file, tester.input(IngestRefcatTask.INPUT, input))
            .requireDone()
            .result();
    long pixel = new Healpix(3).pixel(rows.get(0).getRa(), rows.get(0).getDec());
    return tester
        .run(
            new ShardRefcatTask(),
            DataId.of("healpix3", pixel),
            tester.input(ShardRefcatTask.PART, part))
        .requireDone()
        .result();
  }

  /** A first characterization whose WCS is off by 5 mas, as measured on the campaign ci. */
  private QuantumResult singleFrame(QuantumTester tester, List<Star> sky, int visit, int detector)
      throws Exception {
    return singleFrame(tester, sky, visit, detector, true, 0);
  }

  /**
   * @param matched false for a frame without match: neither WCS nor zero point, no places of stars
   * @param besides share of its flux that every third star has beside it and in its aperture
   */
  private QuantumResult singleFrame(
      QuantumTester tester,
      List<Star> sky,
      int visit,
      int detector,
      boolean matched,
      double besides)
      throws Exception {
    DataId id = DataId.of("instrument", "SimCam", "visit", visit, "detector", detector);
    TanSip truth = truth(visit, detector);
    double s = 0.2 / 3600;
    Random random = new Random(31 * visit + detector);
    double east = 1e-6 * random.nextGaussian();
    double north = 1e-6 * random.nextGaussian();
    TanSip p1 =
        TanSip.tan(
            new SkyPoint(truth.center().raDeg() + east, truth.center().decDeg() + north),
            499.5,
            499.5,
            new double[] {
              -s + 1e-9 * random.nextGaussian(),
              1e-9 * random.nextGaussian(),
              1e-9 * random.nextGaussian(),
              s + 1e-9 * random.nextGaussian()
            });
    List<StarCandidate> rows = new ArrayList<>();
    for (int i = 0; i < sky.size(); i++) {
      SkyPoint place = sky.get(i).place;
      double[] p = truth.toPixel(place.raDeg(), place.decDeg());
      if (isMeasured(truth, place)) {
        double slope = 0.03 * (place.raDeg() - 11.17) / 0.07;
        double electrons = sky.get(i).flux * Math.pow(10, (ZP + slope - 31.4) / 2.5);
        double x = p[0] + 0.01 * random.nextGaussian();
        double y = p[1] + 0.01 * random.nextGaussian();
        SkyPoint seen = p1.toSky(x, y);
        double neighbour = i % 3 == 0 ? besides * electrons : 0;
        StarCandidate star =
            StarCandidate.newBuilder()
                .setSourceId(visit * 100_000L + detector * 10_000L + i)
                .setVisit(visit)
                .setDetector(detector)
                .setBand("r")
                .setX(x)
                .setY(y)
                .setXx(1e-4)
                .setYy(1e-4)
                .setXy(0)
                .setRa(matched ? seen.raDeg() : Double.NaN)
                .setDec(matched ? seen.decDeg() : Double.NaN)
                .setCalibInstFlux(electrons + neighbour)
                .setCalibInstFluxErr(electrons / 300)
                .setApInstFlux(electrons)
                .setApInstFluxErr(electrons / 300)
                .setPsfInstFlux(electrons)
                .setPsfInstFluxErr(electrons / 300)
                .setLocalBackground(0)
                .setSizeExtendedness(0)
                .setRefId(matched && i < sky.size() / 2 ? 1000 + i : 0)
                .setCandidate(visit != 3 || i % 20 != DOUBTED)
                .setFlagged(visit == 3 && i % 20 == DOUBTED)
                .build();
        rows.add(star);
        if (neighbour > 0) {
          rows.add(
              StarCandidate.newBuilder(star)
                  .setSourceId(star.getSourceId() + 5000)
                  .setX(x + 10)
                  .setPsfInstFlux(neighbour)
                  .setRefId(0)
                  .setCandidate(false)
                  .build());
        }
      }
    }
    TanSip initial =
        TanSip.tan(
            new SkyPoint(truth.center().raDeg() + 5 * s, truth.center().decDeg() - 8 * s),
            499.5,
            499.5,
            new double[] {-s, 0, 0, s});
    ExposureSummary summary = summary(visit, detector, matched ? p1 : initial);
    List<FitsTable> tables = new ArrayList<>();
    tables.add((matched ? p1 : initial).toTable());
    tables.add(new FitsTable("INITWCS", initial.toTable().header(), initial.toTable().columns()));
    tables.add(ApertureCorrections.none().toTable());
    if (matched) {
      tables.add(PhotoCalib.constant(new Box(0, 0, SIZE, SIZE), 1, 0, "single-frame").toTable());
    } else {
      summary.setMissing(List.of("wcs", "zp"));
      summary.setZeroPoint(Double.NaN);
    }
    return tester
        .given("singleFrame", id)
        .file(DatasetTypes.INITIAL_PSF, id, file -> write(file, tables))
        .table(DatasetTypes.INITIAL_STARS_DETECTOR, id, StarCandidate.class, rows)
        .payload(summary)
        .result();
  }

  /** Stars near the border are not seen. */
  private static boolean isMeasured(TanSip truth, SkyPoint place) {
    double[] p = truth.toPixel(place.raDeg(), place.decDeg());
    return p[0] > 5 && p[0] < SIZE - 5 && p[1] > 5 && p[1] < SIZE - 5;
  }

  private static void write(Path file, List<FitsTable> tables) {
    try (FitsWriter writer = FitsWriter.create(file)) {
      writer.primary(Map.of());
      tables.forEach(writer::table);
      writer.commit();
    }
  }

  private static ExposureSummary summary(int visit, int detector, TanSip wcs) {
    ExposureSummary s = new ExposureSummary();
    s.setVisit(visit);
    s.setDetector(detector);
    s.setInstrument("SimCam");
    s.setPhysicalFilter("r_sim");
    s.setBand("r");
    s.setExpTime(30);
    s.setExpMidptMjd(MJD + visit);
    s.setZeroPoint(ZP);
    s.setZeroPointErr(0.01);
    s.setPsfSigma(2);
    s.setPsfIxx(4);
    s.setPsfIyy(4);
    s.setPsfArea(55);
    s.setMissing(List.of());
    s.setWidth(SIZE);
    s.setHeight(SIZE);
    List<Double> ra = new ArrayList<>();
    List<Double> dec = new ArrayList<>();
    for (double[] c : new double[][] {{0, 0}, {SIZE, 0}, {SIZE, SIZE}, {0, SIZE}}) {
      ra.add(wcs.toSky(c[0], c[1]).raDeg());
      dec.add(wcs.toSky(c[0], c[1]).decDeg());
    }
    s.setRaCorners(ra);
    s.setDecCorners(dec);
    s.setPolygonRa(ra);
    s.setPolygonDec(dec);
    s.setPhotoCalibMethod("single-frame");
    s.setWcsMethod("single-frame");
    s.setFlags(List.of());
    return s;
  }

  @Test
  void theVisitsWcsIsGoodToMilliarcsecondsAndItsZeroPointFollowsTheCloud() throws Exception {
    try (QuantumTester tester = QuantumTester.in(repository)) {
      List<Star> sky = sky(new Random(1));
      QuantumInput references = tester.input("refcat", refcat(tester, sky));
      Map<Integer, List<QuantumResult>> frames = new TreeMap<>();
      for (int visit = 1; visit <= 3; visit++) {
        for (int detector = 0; detector < 2; detector++) {
          frames
              .computeIfAbsent(visit, v -> new ArrayList<>())
              .add(singleFrame(tester, sky, visit, detector));
        }
      }
      List<QuantumResult> blocks = blocks(tester, sky, frames, references);
      DataId visit = DataId.of("instrument", "SimCam", "visit", 2);
      List<QuantumInput> inputs = new ArrayList<>(List.of(references));
      frames.get(2).forEach(f -> inputs.add(tester.input("detector", f)));
      DataId lost = visit.with("detector", 9);
      inputs.add(
          tester.input("detector", tester.given("singleFrame", lost).marker(QuantumStatus.FAILED)));
      var gathered =
          tester
              .run(
                  new VisitSummaryTask(VisitSummaryTask.Config.defaults()),
                  visit,
                  inputs.toArray(QuantumInput[]::new))
              .requireDone();
      VisitPhotometry photometry =
          gathered.json(DatasetTypes.INITIAL_VISIT_SUMMARY, VisitPhotometry.class);
      assertThat(photometry.fromReferences()).isTrue();
      assertThat(photometry.detectors()).containsExactly(0, 1);
      assertThat(photometry.absent()).singleElement().asString().contains("detector=9");

      inputs.add(tester.input("summary", gathered.result()));
      blocks.forEach(b -> inputs.add(tester.input("block", b)));
      VisitSolution solution =
          tester
              .run(
                  new AstrometricSolveTask(AstrometricSolveTask.Config.defaults()),
                  visit,
                  inputs.toArray(QuantumInput[]::new))
              .requireDone()
              .json(DatasetTypes.VISIT_SOLUTION, VisitSolution.class);
      assertThat(solution.detectors()).hasSize(2);
      for (VisitSolution.DetectorSolution detector : solution.detectors()) {
        judge(detector);
        assertThat(detector.nStars()).isGreaterThan(detector.nReference());
        judgeStars(detector, sky, starKeys(tester, blocks));
      }
    }
  }

  /**
   * The frame's pointing is 9 arcsec off, as that of the other detector; its stars are found again
   * by the visit's pointing, so that in the end it is as good as the others.
   */
  @Test
  void aDetectorWithoutMatchIsCalibratedByItsVisit() throws Exception {
    try (QuantumTester tester = QuantumTester.in(repository)) {
      List<Star> sky = sky(new Random(1));
      QuantumInput references = tester.input("refcat", refcat(tester, sky));
      DataId visit = DataId.of("instrument", "SimCam", "visit", 2);
      QuantumInput[] inputs = {
        references,
        tester.input("detector", singleFrame(tester, sky, 2, 0)),
        tester.input("detector", singleFrame(tester, sky, 2, 1, false, 0))
      };
      var gathered =
          tester
              .run(new VisitSummaryTask(VisitSummaryTask.Config.defaults()), visit, inputs)
              .requireDone();
      VisitPhotometry photometry =
          gathered.json(DatasetTypes.INITIAL_VISIT_SUMMARY, VisitPhotometry.class);
      assertThat(photometry.recovered()).hasSize(1);
      assertThat(photometry.recovered().get(0).detector()).isEqualTo(1);
      assertThat(photometry.recovered().get(0).models())
          .containsExactly(FrameModel.WCS, FrameModel.ZERO_POINT);
      assertThat(gathered.record().getMessage()).contains("detector 1: wcs, zp from the visit");
      VisitSolution solution =
          tester
              .run(
                  new AstrometricSolveTask(AstrometricSolveTask.Config.defaults()),
                  visit,
                  inputs[0],
                  inputs[1],
                  inputs[2],
                  tester.input("summary", gathered.result()))
              .requireDone()
              .json(DatasetTypes.VISIT_SOLUTION, VisitSolution.class);
      assertThat(solution.detectors()).hasSize(2);
      judge(solution.detectors().get(0));
      judge(solution.detectors().get(1));
      assertThat(solution.detectors().get(1).recovery().words()).containsExactly("wcs", "zp");
    }
  }

  @Test
  void whatLiesBesideReferenceStarsDoesNotMoveTheZeroPoint() throws Exception {
    double[] zeroPoint = new double[2];
    for (int k = 0; k < 2; k++) {
      try (QuantumTester tester = QuantumTester.in(repository.resolve("" + k))) {
        List<Star> sky = sky(new Random(1));
        DataId visit = DataId.of("instrument", "SimCam", "visit", 2);
        QuantumInput references = tester.input("refcat", refcat(tester, sky));
        QuantumResult frame = singleFrame(tester, sky, 2, 0, true, 0.02 * k);
        zeroPoint[k] =
            tester
                .run(
                    new VisitSummaryTask(VisitSummaryTask.Config.defaults()),
                    visit,
                    references,
                    tester.input("detector", frame))
                .requireDone()
                .json(DatasetTypes.INITIAL_VISIT_SUMMARY, VisitPhotometry.class)
                .zeroPoint()
                .zeroPoint();
      }
    }
    assertThat(zeroPoint[1]).isCloseTo(zeroPoint[0], within(0.0005));
  }

  /** Keys of the isolated stars by their published ids. */
  private static Map<Long, IsolatedStar> starKeys(QuantumTester tester, List<QuantumResult> blocks)
      throws Exception {
    Map<Long, IsolatedStar> out = new TreeMap<>();
    for (QuantumResult block : blocks) {
      for (IsolatedStar star :
          tester.reader().table(block.getOutputs().get(0), IsolatedStar.class)) {
        out.put(StarIds.of(0, new SkyPoint(star.getRa(), star.getDec())), star);
      }
    }
    return out;
  }

  /** Every isolated star of the detector under its id, at its place, with what the fits did. */
  private static void judgeStars(
      VisitSolution.DetectorSolution detector, List<Star> sky, Map<Long, IsolatedStar> isolated) {
    VisitStars stars = detector.stars();
    TanSip truth = truth(2, detector.detector());
    TreeSet<Long> ids = new TreeSet<>();
    int reserved = 0;
    int doubted = 0;
    for (int i = 0; i < stars.size(); i++) {
      double ra = stars.raDeg()[i];
      double dec = stars.decDeg()[i];
      int nearest = 0;
      for (int k = 0; k < sky.size(); k++) {
        SkyPoint best = sky.get(nearest).place;
        SkyPoint p = sky.get(k).place;
        nearest =
            Angles.separationArcsec(ra, dec, p.raDeg(), p.decDeg())
                    < Angles.separationArcsec(ra, dec, best.raDeg(), best.decDeg())
                ? k
                : nearest;
      }
      SkyPoint place = sky.get(nearest).place;
      assertThat(Angles.separationArcsec(ra, dec, place.raDeg(), place.decDeg())).isLessThan(0.02);
      boolean reference = nearest < sky.size() / 2 && isMeasured(truth, place);
      boolean held = IsolatedStarAssociator.photometricReserve(1000 + nearest);
      assertThat(stars.photometryReserved()[i]).isEqualTo(reference && held);
      assertThat(stars.photometryUsed()[i]).isEqualTo(reference && !held);
      reserved += stars.photometryReserved()[i] ? 1 : 0;
      if (stars.id()[i] != 0) {
        assertThat(ids.add(stars.id()[i])).isTrue();
        IsolatedStar star = isolated.get(stars.id()[i]);
        assertThat(star).isNotNull();
        assertThat(stars.astrometryUsed()[i] && star.getReserved()).isFalse();
        assertThat(stars.psfKey()[i])
            .as("seen as something else in one of three visits, so no PSF star")
            .isEqualTo(
                star.getNFlagged() > 0
                    ? 0
                    : star.getRefId() != 0
                        ? star.getRefId()
                        : Reservation.skyKey(star.getRa(), star.getDec()));
        assertThat(star.getNFlagged()).isIn(0, nearest % 20 == DOUBTED ? 1 : 0);
        doubted += star.getNFlagged();
      }
    }
    assertThat(reserved).isBetween(1, 30);
    assertThat(doubted).isPositive();
    long expected =
        isolated.values().stream()
            .filter(star -> isMeasured(truth, new SkyPoint(star.getRa(), star.getDec())))
            .count();
    assertThat(ids.size()).isGreaterThanOrEqualTo((int) expected);
    int fitted = 0;
    for (boolean used : stars.astrometryUsed()) {
      fitted += used ? 1 : 0;
    }
    assertThat(fitted).isEqualTo(detector.nStars());
  }

  @Test
  void aStarIsTheNearestSourceWithinHalfAnArcsecond() {
    double s = 1 / 3600.0;
    VisitStars stars =
        VisitStars.of(
            List.of(
                new VisitStars.Star(7, 10, 0, true, true, false, 1),
                new VisitStars.Star(8, 10, 3 * s, false, false, true, 2),
                new VisitStars.Star(9, 10, 6 * s, false, false, false, 3)));
    List<SkyPoint> places =
        List.of(
            new SkyPoint(10, 0.3 * s),
            new SkyPoint(10, -0.2 * s),
            new SkyPoint(10, 3.6 * s),
            new SkyPoint(10 + 0.4 * s, 6 * s),
            new SkyPoint(10, 20 * s));
    assertThat(stars.match(places)).containsExactly(-1, 0, -1, 2, -1);
    assertThat(VisitStars.of(List.of()).match(places)).containsOnly(-1);
  }

  /** Association of all pixels that the field touches; every star in exactly one. */
  private static List<QuantumResult> blocks(
      QuantumTester tester,
      List<Star> sky,
      Map<Integer, List<QuantumResult>> frames,
      QuantumInput references)
      throws Exception {
    Healpix pixels = new Healpix(IsolatedStarsTask.ORDER);
    TreeSet<Long> touched = new TreeSet<>(pixels.cone(11.17, -30.465, 0.1));
    List<QuantumResult> blocks = new ArrayList<>();
    TreeSet<Long> keys = new TreeSet<>();
    int rows = 0;
    for (long pixel : touched) {
      List<QuantumInput> inputs = new ArrayList<>(List.of(references));
      frames.values().stream()
          .flatMap(List::stream)
          .forEach(f -> inputs.add(tester.input("stars", f)));
      var ended =
          tester
              .run(
                  new IsolatedStarsTask(IsolatedStarsTask.Config.defaults()),
                  DataId.of("instrument", "SimCam", "healpix9", pixel),
                  inputs.toArray(QuantumInput[]::new))
              .requireDone();
      for (IsolatedStar star : ended.table(DatasetTypes.ISOLATED_STAR_BLOCK, IsolatedStar.class)) {
        keys.add(star.getStarKey());
        rows++;
      }
      blocks.add(ended.result());
    }
    assertThat(keys).hasSize(rows);
    assertThat(rows).isBetween(sky.size() / 2, sky.size());
    return blocks;
  }

  private static void judge(VisitSolution.DetectorSolution detector) {
    TanSip truth = truth(2, detector.detector());
    TanSip wcs = detector.wcs().wcs();
    for (double[] p : new double[][] {{100, 100}, {900, 100}, {500, 500}, {900, 900}}) {
      SkyPoint a = wcs.toSky(p[0], p[1]);
      SkyPoint b = truth.toSky(p[0], p[1]);
      assertThat(1000 * Angles.separationArcsec(a.raDeg(), a.decDeg(), b.raDeg(), b.decDeg()))
          .as("mas at %s, %s", p[0], p[1])
          .isLessThan(6);
      double zp = ZP + 0.03 * (b.raDeg() - 11.17) / 0.07;
      double mag =
          -2.5 * Math.log10(detector.photoCalib().photoCalib().nJyPerElectron(p[0], p[1])) + 31.4;
      assertThat(mag - zp).as("zero point at %s, %s", p[0], p[1]).isBetween(-0.006, 0.006);
    }
  }
}
