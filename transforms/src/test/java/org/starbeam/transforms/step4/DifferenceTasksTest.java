package org.starbeam.transforms.step4;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.fits.FitsTable;
import org.starbeam.fits.ImageFile;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskedImage;
import org.starbeam.psf.GaussianPsf;
import org.starbeam.schema.DiaObjectRow;
import org.starbeam.schema.DiaSourceRow;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.ForcedSourceOnDiaObjectRow;
import org.starbeam.schema.ForcedSourceRow;
import org.starbeam.schema.ObjectRow;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.schema.SourceRow;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.TanSip;
import org.starbeam.sky.Tract;
import org.starbeam.sky.Wcs;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.IdPacker;
import org.starbeam.transforms.quantum.QuantumTester;
import org.starbeam.transforms.sky.SkyRouting;
import org.starbeam.transforms.step5.ForcedConfig;
import org.starbeam.transforms.step5.ForcedOnDiaObjectsTask;
import org.starbeam.transforms.step5.ForcedOnObjectsTask;
import org.starbeam.warp.NoiseCorrelation;

/** diffim and forced photometry on one detector with one transient. */
class DifferenceTasksTest {
  private static final int SIZE = 400;
  private static final double RA = 11.3;
  private static final double DEC = -30.6;
  private static final DataId VISIT =
      DataId.of("instrument", "SimCam", "visit", 2021090700100L, "detector", 1);
  private static final double NOISE = 10;

  private record Star(SkyPoint place, double flux) {}

  @TempDir Path repository;

  private final TanSip wcs =
      TanSip.tan(
          new SkyPoint(RA, DEC),
          199.5,
          199.5,
          new double[] {-0.2 / 3600, 0.3e-5, 0.3e-5, 0.2 / 3600});
  private final List<Star> stars = stars();
  private final Star transientStar = new Star(wcs.toSky(140.3, 250.8), 5000);

  private List<Star> stars() {
    Random random = new Random(5);
    List<Star> out = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      double x = 20 + 360 * random.nextDouble();
      double y = 20 + 360 * random.nextDouble();
      out.add(new Star(wcs.toSky(x, y), Math.pow(10, 3.2 + 1.5 * random.nextDouble())));
    }
    return out;
  }

  private static MaskedImage image(
      Box box, Wcs wcs, double sigma, List<Star> stars, double noise, long seed) {
    Random random = new Random(seed);
    MaskedImage out = new MaskedImage(box);
    for (int i = 0; i < box.area(); i++) {
      out.image().data[i] = (float) (noise * random.nextGaussian());
      out.variance().data[i] = (float) (noise * noise);
    }
    for (Star s : stars) {
      double[] p = wcs.toPixel(s.place.raDeg(), s.place.decDeg());
      ImageD psf = new GaussianPsf(sigma).image(p[0], p[1]);
      Box part = psf.box().intersect(box);
      for (int y = part.y0(); y < part.y1(); y++) {
        for (int x = part.x0(); x < part.x1(); x++) {
          out.image().data[out.image().index(x, y)] += (float) (s.flux * psf.get(x, y));
        }
      }
    }
    return out;
  }

  private QuantumResult visit(QuantumTester tester) throws Exception {
    List<Star> now = new ArrayList<>(stars);
    now.add(transientStar);
    MaskedImage pixels = image(new Box(0, 0, SIZE, SIZE), wcs, 2.1, now, NOISE, 1);
    Map<String, Object> cards = new LinkedHashMap<>();
    cards.put("BUNIT", "nJy");
    ImageFile file =
        new ImageFile(pixels, cards, wcs.toHeader(), List.of(new GaussianPsf(2.1).toTable()));
    List<SourceRow> sources = new ArrayList<>();
    for (int i = 0; i < stars.size(); i++) {
      double[] p = wcs.toPixel(stars.get(i).place.raDeg(), stars.get(i).place.decDeg());
      SourceRow row = new SourceRow();
      row.setSourceId((long) i);
      row.setX(p[0]);
      row.setY(p[1]);
      row.setPsfFlux(stars.get(i).flux);
      row.setPsfFluxErr(75.0);
      row.setDetectIsPrimary(true);
      sources.add(row);
    }
    return tester
        .given("finalVisit", VISIT)
        .file(DatasetTypes.VISIT_IMAGE, VISIT, path -> file.write(path, ImageFile.Form.plain()))
        .table(DatasetTypes.SOURCE_DETECTOR, VISIT, SourceRow.class, sources)
        .payload(summary())
        .result();
  }

  private ExposureSummary summary() {
    SkyPoint[] corners = {
      wcs.toSky(0, 0), wcs.toSky(SIZE, 0), wcs.toSky(SIZE, SIZE), wcs.toSky(0, SIZE)
    };
    List<Double> ra = List.of(corners).stream().map(SkyPoint::raDeg).toList();
    List<Double> dec = List.of(corners).stream().map(SkyPoint::decDeg).toList();
    ExposureSummary s = new ExposureSummary();
    for (var field : s.getSchema().getFields()) {
      Object value =
          switch (field.schema().getType()) {
            case STRING -> "";
            case INT -> 0;
            case LONG -> 0L;
            case DOUBLE -> 0.0;
            case BOOLEAN -> false;
            case ARRAY -> List.of();
            case MAP -> Map.of();
            default -> null;
          };
      s.put(field.pos(), value);
    }
    s.setVisit(2021090700100L);
    s.setDetector(1);
    s.setInstrument("SimCam");
    s.setBand("g");
    s.setDayObs(20210907);
    s.setSeqNum(100);
    s.setExpMidptMjd(59465.1);
    s.setRaCorners(ra);
    s.setDecCorners(dec);
    s.setPolygonRa(ra);
    s.setPolygonDec(dec);
    return s;
  }

  private List<QuantumResult> templates(QuantumTester tester) throws Exception {
    List<QuantumResult> out = new ArrayList<>();
    for (DataId id : SkyRouting.patches(summary())) {
      Tract tract = RingsSkyMap.defaults().tract(id.getInt("tract"));
      double[] p = tract.wcs().toPixel(RA, DEC);
      Box need = Box.around((int) p[0], (int) p[1], 300);
      Box box = tract.patchOuterBox(id.getInt("patch")).grow(-50).intersect(need);
      MaskedImage pixels = image(box, tract.wcs(), 1.7, stars, 3, id.getInt("patch") + 10L);
      Map<String, Object> cards = new LinkedHashMap<>();
      cards.put("BUNIT", "nJy");
      ImageFile file =
          new ImageFile(
              pixels,
              cards,
              tract.wcs().toHeader(),
              List.of(
                  new GaussianPsf(1.7).toTable(),
                  NoiseCorrelation.white().toTable(),
                  inputsOfAnotherVisit()));
      out.add(
          tester
              .given("templateCoadd", id)
              .file(
                  DatasetTypes.TEMPLATE_COADD, id, path -> file.write(path, ImageFile.Form.plain()))
              .result());
    }
    return out;
  }

  private static FitsTable inputsOfAnotherVisit() {
    return new FitsTable(
        "INPUTS",
        Map.of(),
        Map.of("cx", new int[1], "cy", new int[1], "visit", new long[] {2021090700099L}));
  }

  private QuantumTester.Ended subtract(QuantumTester tester, QuantumResult visit) throws Exception {
    List<org.starbeam.schema.QuantumInput> inputs = new ArrayList<>();
    inputs.add(tester.input(DiffimTask.VISIT, visit));
    for (QuantumResult t : templates(tester)) {
      inputs.add(tester.input(DiffimTask.TEMPLATE, t));
    }
    return tester
        .run(
            new DiffimTask(DiffimTask.Config.defaults()),
            VISIT,
            inputs.toArray(new org.starbeam.schema.QuantumInput[0]))
        .requireDone();
  }

  @Test
  void theTransientIsARowAndTheForcedFluxesFollow() throws Exception {
    try (QuantumTester tester = QuantumTester.in(repository)) {
      QuantumResult visit = visit(tester);
      QuantumTester.Ended difference = subtract(tester, visit);
      List<DiaSourceRow> rows =
          difference.table(DatasetTypes.DIA_SOURCE_DETECTOR, DiaSourceRow.class);
      assertThat(rows).hasSize(1);
      DiaSourceRow row = rows.get(0);
      assertThat(row.getPsfFlux()).isCloseTo(5000f, within(3.5f * row.getPsfFluxErr()));
      assertThat(row.getX()).isCloseTo(140.3, within(0.1));
      assertThat(row.getRa()).isCloseTo(transientStar.place.raDeg(), within(1e-5));
      assertThat(IdPacker.unpackObservation(row.getDiaSourceId()).counter())
          .isEqualTo(IdPacker.FIRST_DIA_SOURCE_COUNTER);
      assertThat(difference.result().getPayload()).isInstanceOf(ExposureSummary.class);
      checkForced(tester, visit, difference.result(), row);
    }
  }

  private void checkForced(
      QuantumTester tester, QuantumResult visit, QuantumResult difference, DiaSourceRow dia)
      throws Exception {
    DataId tract = DataId.of("skymap", SkyRouting.SKYMAP, "tract", 4613);
    List<ObjectRow> objects = new ArrayList<>();
    List<Star> all = new ArrayList<>(stars);
    all.add(transientStar);
    all.add(new Star(wcs.toSky(-30, 100), 1));
    for (int i = 0; i < all.size(); i++) {
      ObjectRow object = new ObjectRow();
      object.setObjectId((long) i);
      object.setTract(4613L);
      object.setPatch(4L);
      object.setDetectIsPrimary(true);
      object.setCoordRa(all.get(i).place.raDeg());
      object.setCoordDec(all.get(i).place.decDeg());
      object.setBands(Map.of());
      objects.add(object);
    }
    QuantumResult table =
        tester
            .given("objectTable", tract)
            .table(DatasetTypes.OBJECT, tract, ObjectRow.class, objects)
            .result();
    List<ForcedSourceRow> rows =
        tester
            .run(
                new ForcedOnObjectsTask(ForcedConfig.defaults()),
                VISIT,
                tester.input("visit", visit),
                tester.input("difference", difference),
                tester.input("objects", table))
            .requireDone()
            .table(DatasetTypes.FORCED_SOURCE_DETECTOR, ForcedSourceRow.class);
    assertThat(rows).hasSize(stars.size() + 1);
    double diffSquares = 0;
    for (int i = 0; i < stars.size(); i++) {
      double pull = rows.get(i).getPsfDiffFlux() / rows.get(i).getPsfDiffFluxErr();
      diffSquares += Math.min(9, pull * pull);
    }
    assertThat(Math.sqrt(diffSquares / stars.size())).isBetween(0.7, 1.4);
    ForcedSourceRow changed = rows.get(stars.size());
    assertThat(changed.getPsfDiffFlux())
        .isCloseTo(dia.getPsfFlux(), within(2 * dia.getPsfFluxErr()));
    assertThat(changed.getPsfFlux()).isCloseTo(5000f, within(4 * changed.getPsfFluxErr()));
    assertThat(changed.getMidpointMjdTai()).isEqualTo(59465.1);
    checkForcedOnDiaObjects(tester, visit, difference, changed);
  }

  /** The same place gives the same fluxes, whichever table it is from. */
  private void checkForcedOnDiaObjects(
      QuantumTester tester, QuantumResult visit, QuantumResult difference, ForcedSourceRow there)
      throws Exception {
    DataId pixel = DataId.of("healpix8", 1);
    List<DiaObjectRow> objects = new ArrayList<>();
    for (Star star : List.of(transientStar, new Star(wcs.toSky(-30, 100), 1))) {
      DiaObjectRow object = new DiaObjectRow();
      object.setDiaObjectId(7L + objects.size());
      object.setRa(star.place.raDeg());
      object.setDec(star.place.decDeg());
      object.setTract(4613L);
      object.setPatch(4L);
      object.setBands(Map.of());
      objects.add(object);
    }
    QuantumResult table =
        tester
            .given("associateDia", pixel)
            .table(DatasetTypes.DIA_OBJECT_UNPUBLISHED, pixel, DiaObjectRow.class, objects)
            .result();
    List<ForcedSourceOnDiaObjectRow> rows =
        tester
            .run(
                new ForcedOnDiaObjectsTask(ForcedConfig.defaults()),
                VISIT,
                tester.input("visit", visit),
                tester.input("difference", difference),
                tester.input("objects", table))
            .requireDone()
            .table(
                DatasetTypes.FORCED_SOURCE_ON_DIA_OBJECT_DETECTOR,
                ForcedSourceOnDiaObjectRow.class);
    assertThat(rows).hasSize(1);
    assertThat(rows.get(0).getDiaObjectId()).isEqualTo(7);
    assertThat(rows.get(0).getPsfFlux()).isEqualTo(there.getPsfFlux());
    assertThat(rows.get(0).getPsfDiffFlux()).isEqualTo(there.getPsfDiffFlux());
    assertThat(rows.get(0).getPsfDiffFluxErr()).isEqualTo(there.getPsfDiffFluxErr());
  }

  @Test
  void withoutATemplateInTheBandThereIsNoWork() throws Exception {
    try (QuantumTester tester = QuantumTester.in(repository)) {
      QuantumResult visit = visit(tester);
      QuantumTester.Ended none =
          tester.run(
              new DiffimTask(DiffimTask.Config.defaults()),
              VISIT,
              tester.input(DiffimTask.VISIT, visit));
      assertThat(none.result().getStatus()).isEqualTo(QuantumStatus.NO_WORK);
    }
  }
}
