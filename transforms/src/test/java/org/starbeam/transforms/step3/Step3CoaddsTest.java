package org.starbeam.transforms.step3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.coadd.CellPsf;
import org.starbeam.coadd.CoaddInputSelector;
import org.starbeam.coadd.CoaddInputSelector.Choice;
import org.starbeam.fits.FitsTable;
import org.starbeam.fits.ImageFile;
import org.starbeam.image.Box;
import org.starbeam.image.Chebyshev2D;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskedImage;
import org.starbeam.measurement.ApertureCorrection;
import org.starbeam.measurement.ApertureCorrections;
import org.starbeam.measurement.Fields;
import org.starbeam.psf.GaussianPsf;
import org.starbeam.psf.PsfModels;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.TanSip;
import org.starbeam.sky.Tract;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumTester;
import org.starbeam.transforms.sky.SkyRouting;

class Step3CoaddsTest {
  private static final int SIZE = 500;
  private static final double FLUX = 2e5;
  private static final double CORRECTION = 1.02;
  private static final Tract TRACT = RingsSkyMap.defaults().tract(4612);

  /** A place in the middle of the corner of four patches and four blocks. */
  private static final double X = 3000.4;

  private static final double Y = 3020.7;

  @TempDir Path repository;

  private static TanSip wcs(int visit) {
    double s = 0.2 / 3600;
    double angle = 0.4 * visit;
    SkyPoint center = TRACT.wcs().toSky(X + 5 * visit, Y - 7 * visit);
    return TanSip.tan(
        center,
        SIZE / 2.0,
        SIZE / 2.0,
        new double[] {
          -s * Math.cos(angle), s * Math.sin(angle), s * Math.sin(angle), s * Math.cos(angle)
        });
  }

  private static ExposureSummary summary(int visit, double seeing) {
    TanSip wcs = wcs(visit);
    List<Double> ra = new ArrayList<>();
    List<Double> dec = new ArrayList<>();
    double e = SIZE - 0.5;
    for (double[] c : new double[][] {{-0.5, -0.5}, {e, -0.5}, {e, e}, {-0.5, e}}) {
      SkyPoint sky = wcs.toSky(c[0], c[1]);
      ra.add(sky.raDeg());
      dec.add(sky.decDeg());
    }
    SkyPoint center = wcs.toSky(SIZE / 2.0, SIZE / 2.0);
    return ExposureSummary.newBuilder()
        .setVisit(visit)
        .setDetector(0)
        .setInstrument("SimCam")
        .setPhysicalFilter("r")
        .setBand("r")
        .setDayObs(20260907)
        .setSeqNum(visit)
        .setExpTime(30)
        .setExpMidptMjd(60000.25 + visit)
        .setRa(center.raDeg())
        .setDec(center.decDeg())
        .setRaCorners(ra)
        .setDecCorners(dec)
        .setPixelScale(0.2)
        .setPsfSigma(1.8)
        .setPsfArea(40)
        .setPsfIxx(3.24)
        .setPsfIyy(3.24)
        .setPsfIxy(0)
        .setSeeing(seeing)
        .setNPsfStar(40)
        .setNPsfReserved(8)
        .setZeroPoint(31.4)
        .setZeroPointErr(0.01)
        .setNPhotRef(60)
        .setPhotoCalibMethod("visit")
        .setSkyBg(1000)
        .setSkyNoise(30)
        .setMeanVar(900)
        .setNAstroRef(60)
        .setWcsMethod("visit")
        .setCrFraction(0)
        .setFracMasked(0)
        .setMagLim(24)
        .setEffTime(30)
        .setPolygonRa(ra)
        .setPolygonDec(dec)
        .setWidth(SIZE)
        .setHeight(SIZE)
        .build();
  }

  private static void writeImage(Path file, int visit) {
    Random random = new Random(visit);
    MaskedImage image = new MaskedImage(new Box(0, 0, SIZE, SIZE));
    for (int i = 0; i < SIZE * SIZE; i++) {
      image.image().data[i] = (float) (30 * random.nextGaussian());
      image.variance().data[i] = 900;
    }
    GaussianPsf psf = new GaussianPsf(1.8);
    SkyPoint star = TRACT.wcs().toSky(X, Y);
    double[] p = wcs(visit).toPixel(star.raDeg(), star.decDeg());
    ImageD stamp = psf.image(p[0], p[1]);
    Box box = stamp.box();
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        image.image().set(x, y, image.image().get(x, y) + (float) (FLUX * stamp.get(x, y)));
      }
    }
    Map<String, Object> cards = new LinkedHashMap<>();
    cards.put("BUNIT", "nJy");
    ApertureCorrection correction =
        new ApertureCorrection(
            Fields.PSF_FLUX,
            Chebyshev2D.constant(image.box(), CORRECTION),
            new double[][] {{0}},
            List.of(new int[] {0, 0}),
            40,
            0);
    FitsTable corrections = new ApertureCorrections(List.of(correction)).toTable();
    new ImageFile(
            image,
            cards,
            wcs(visit).toHeader(),
            List.of(psf.toTable(), wcs(visit).toTable(), corrections))
        .write(file, ImageFile.Form.quantised(30, image, visit + "/0"));
  }

  static QuantumInput visit(QuantumTester tester, int visit, double seeing) throws Exception {
    DataId id = DataId.of("instrument", "SimCam", "visit", visit, "detector", 0);
    QuantumResult result =
        tester
            .given("finalVisit", id)
            .file(DatasetTypes.VISIT_IMAGE, id, file -> writeImage(file, visit))
            .payload(summary(visit, seeing))
            .result();
    return tester.input("visit", result);
  }

  @Test
  void visitImagesBecomeTheSameStarInEveryPatchThatShowsIt() throws Exception {
    try (QuantumTester tester = QuantumTester.in(repository)) {
      List<QuantumInput> visits = new ArrayList<>();
      for (int v = 1; v <= 3; v++) {
        visits.add(visit(tester, v, 0.85));
      }
      visits.add(visit(tester, 4, 2.5));
      DataId tract = DataId.of("skymap", SkyRouting.SKYMAP, "tract", TRACT.id(), "band", "r");
      var selected =
          tester
              .run(
                  new SelectVisitsTask(CoaddInputSelector.Config.defaults()),
                  Quantum.of(tract, visits))
              .requireDone();
      var selection =
          selected.json(DatasetTypes.COADD_INPUT_SELECTION, SelectVisitsTask.Selection.class);
      assertThat(selection.choices()).hasSize(4);
      assertThat(selection.choices().get(3)).isEqualTo(new Choice(4, 0, false, "FWHM"));
      List<QuantumResult> cells = new ArrayList<>();
      for (int block : selection.blocks()) {
        List<QuantumInput> inputs = new ArrayList<>(visits);
        inputs.add(tester.input("selection", selected.result()));
        var ended =
            tester.run(
                new CellCoaddTask(CellCoaddTask.Config.defaults()),
                Quantum.of(tract.with("block", block), inputs));
        if (ended.result().getStatus() != QuantumStatus.NO_WORK) {
          ended.requireDone();
        }
        cells.add(ended.result());
      }
      List<MaskedImage> views = new ArrayList<>();
      Box star = Box.around((int) Math.rint(X), (int) Math.rint(Y), 15);
      for (double dx : new double[] {-20, 20}) {
        int patch = TRACT.patchOf((int) (X + dx), (int) Y);
        QuantumInput[] inputs =
            cells.stream().map(c -> tester.input("cells", c)).toArray(QuantumInput[]::new);
        var deep =
            tester.run(PatchCoaddTask.deep(), tract.with("patch", patch), inputs).requireDone();
        ImageFile file = ImageFile.read(deep.path(DatasetTypes.DEEP_COADD));
        views.add(file.image().view(star).copy());
        assertThat(PsfModels.fromTable(file.requireTable("PSF"))).isInstanceOf(CellPsf.class);
        ImageD psf = PsfModels.fromTable(file.requireTable("PSF")).image(X, Y);
        double flux = 0;
        double norm = 0;
        for (int y = star.y0(); y < star.y1(); y++) {
          for (int x = star.x0(); x < star.x1(); x++) {
            flux += file.image().image().get(x, y) * psf.get(x, y);
            norm += psf.get(x, y) * psf.get(x, y);
          }
        }
        assertThat(flux / norm / FLUX - 1).isCloseTo(0, within(0.01));
        assertThat(file.requireTable("CELLS").ints("nInput")).containsAnyOf(3);
        assertThat(Arrays.stream(file.requireTable("CELLS").doubles("apCorr")).boxed())
            .allSatisfy(c -> assertThat(c).isCloseTo(CORRECTION, within(1e-6)));
        CoaddRegion region = CoaddRegion.read(deep.path(DatasetTypes.DEEP_COADD), "r", star);
        assertThat(region.band().apertureCorrection().applyAsDouble(X, Y))
            .isCloseTo(CORRECTION, within(1e-6));
        assertThat(file.requireTable("INPUTS").longs("visit")).doesNotContain(4);
      }
      assertThat(views.get(0).image().data).isEqualTo(views.get(1).image().data);
      assertThat(views.get(0).mask().data).isEqualTo(views.get(1).mask().data);
    }
  }

  @Test
  void theMeasuredPartOfASelectionLeavesDetectorsOutWithAReason() throws Exception {
    try (QuantumTester tester = QuantumTester.in(repository)) {
      DataId tract = DataId.of("skymap", SkyRouting.SKYMAP, "tract", TRACT.id(), "band", "r");
      List<QuantumInput> visits = new ArrayList<>();
      visits.add(visit(tester, 1, 0.85));
      visits.add(visit(tester, 2, 1.15));
      visits.add(visit(tester, 3, 2.5));
      SelectVisitsTask task =
          new SelectVisitsTask(CoaddInputSelector.Config.defaults(), "seeing < 1 OR seeing > 2");
      var selection =
          tester
              .run(task, Quantum.of(tract, visits))
              .requireDone()
              .json(DatasetTypes.COADD_INPUT_SELECTION, SelectVisitsTask.Selection.class);
      assertThat(selection.choices())
          .containsExactly(
              new Choice(1, 0, true, ""),
              new Choice(2, 0, false, "SELECTION"),
              new Choice(3, 0, false, "FWHM"));
      SelectVisitsTask without = new SelectVisitsTask(CoaddInputSelector.Config.defaults(), "");
      assertThat(without.spec().configJson())
          .as("nothing is computed again for want of a selection")
          .isEqualTo(Configs.json(CoaddInputSelector.Config.defaults()));
    }
  }

  @Test
  void aBandThatTheLimitsLeaveWithoutInputsSaysWhichTheyWere() throws Exception {
    try (QuantumTester tester = QuantumTester.in(repository)) {
      DataId tract = DataId.of("skymap", SkyRouting.SKYMAP, "tract", TRACT.id(), "band", "r");
      SelectVisitsTask task = new SelectVisitsTask(CoaddInputSelector.Config.defaults());
      List<QuantumInput> visits = List.of(visit(tester, 1, 2.5), visit(tester, 2, 2.6));
      QuantumRecord record = tester.run(task, Quantum.of(tract, visits)).requireDone().record();
      assertThat(record.getCaveats()).asString().contains("CLIPPED_INPUT");
      assertThat(record.getMessage()).contains("band r", "FWHM=2", "tasks.selectVisits");
      DataId other = tract.with("band", "i");
      assertThat(
              tester
                  .run(task, Quantum.of(other, List.of(visit(tester, 3, 0.9))))
                  .requireDone()
                  .record()
                  .getCaveats())
          .isEmpty();
    }
  }
}
