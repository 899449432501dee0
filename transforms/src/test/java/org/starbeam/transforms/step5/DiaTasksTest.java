package org.starbeam.transforms.step5;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.schema.DiaObjectBand;
import org.starbeam.schema.DiaObjectRow;
import org.starbeam.schema.DiaSourceRow;
import org.starbeam.schema.ForcedSourceOnDiaObjectRow;
import org.starbeam.schema.ObjectRow;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyPoint;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.IdPacker;
import org.starbeam.transforms.quantum.QuantumTester;

/** associateDia and diaObjects on rows whose objects are known. */
class DiaTasksTest {
  private static final Healpix PIXELS = new Healpix(DiaPixels.ORDER);

  /** A corner of four pixels, on a tract border at RA 0. */
  private static final SkyPoint CORNER = new SkyPoint(0, 0);

  @TempDir Path repository;

  private static SkyPoint offset(double eastArcsec, double northArcsec) {
    double arcsec = Math.toRadians(1 / 3600.0);
    return new Gnomonic(CORNER).deproject(eastArcsec * arcsec, northArcsec * arcsec);
  }

  private static DiaSourceRow source(long id, long visit, SkyPoint place, float flux) {
    DiaSourceRow row = new DiaSourceRow();
    row.setDiaSourceId(id);
    row.setVisit(visit);
    row.setDetector(1);
    row.setBand(visit % 2 == 0 ? "g" : "r");
    row.setDiaObjectId(0L);
    row.setMidpointMjdTai(60000.0 + visit);
    row.setRa(place.raDeg());
    row.setDec(place.decDeg());
    row.setRaErr(1e-5f);
    row.setDecErr(1e-5f);
    row.setRaDecCov(0f);
    row.setPsfFlux(flux);
    row.setPsfFluxErr(10f);
    row.setPsfFluxFlag(false);
    row.setScienceFlux(flux + 100);
    row.setScienceFluxErr(10f);
    row.setForcedPsfFluxFlag(false);
    return row;
  }

  private static DataId visit(long number) {
    return DataId.of("instrument", "SimCam", "visit", number, "detector", 1);
  }

  private QuantumResult difference(QuantumTester tester, long number, List<DiaSourceRow> rows)
      throws Exception {
    return tester
        .given("diffim", visit(number))
        .table(DatasetTypes.DIA_SOURCE_DETECTOR, visit(number), DiaSourceRow.class, rows)
        .result();
  }

  private static QuantumTester.Ended associate(
      QuantumTester tester, long pixel, List<QuantumResult> differences) throws Exception {
    return tester
        .run(
            new AssociateDiaTask(AssociateDiaTask.Config.defaults()),
            DiaPixels.id(pixel),
            differences.stream()
                .map(d -> tester.input(AssociateDiaTask.DIFFERENCE, d))
                .toArray(QuantumInput[]::new))
        .requireDone();
  }

  /** 400 places around the corner, seen in four visits with 0.1 arcsec of scatter. */
  @Test
  void pixelsTogetherHaveEveryObjectAndEverySourceOnce() throws Exception {
    Map<Long, List<DiaSourceRow>> byVisit = new TreeMap<>();
    for (int place = 0; place < 400; place++) {
      for (long visit = 1; visit <= 4; visit++) {
        double jitter = 0.1 * Math.sin(7.0 * place + visit);
        SkyPoint p = offset(4 * (place % 20) - 39 + jitter, 4 * (place / 20) - 39 - jitter);
        byVisit
            .computeIfAbsent(visit, v -> new ArrayList<>())
            .add(source(10_000 * visit + place, visit, p, 500));
      }
    }
    try (QuantumTester tester = QuantumTester.in(repository)) {
      List<QuantumResult> differences = new ArrayList<>();
      for (Map.Entry<Long, List<DiaSourceRow>> e : byVisit.entrySet()) {
        differences.add(difference(tester, e.getKey(), e.getValue()));
      }
      TreeSet<Long> pixels = new TreeSet<>(PIXELS.cone(0, 0, 0.05));
      List<DiaObjectRow> objects = new ArrayList<>();
      List<DiaSourceRow> sources = new ArrayList<>();
      int occupied = 0;
      for (long pixel : pixels) {
        QuantumTester.Ended end = associate(tester, pixel, differences);
        List<DiaObjectRow> own = end.table(DatasetTypes.DIA_OBJECT_UNPUBLISHED, DiaObjectRow.class);
        objects.addAll(own);
        sources.addAll(end.table(DatasetTypes.DIA_SOURCE, DiaSourceRow.class));
        occupied += own.isEmpty() ? 0 : 1;
      }
      assertThat(occupied).isEqualTo(4);
      assertThat(objects).hasSize(400);
      assertThat(sources.stream().map(DiaSourceRow::getDiaSourceId).distinct()).hasSize(1600);
      assertThat(sources).hasSize(1600);
      check(objects, sources);
    }
  }

  private static void check(List<DiaObjectRow> objects, List<DiaSourceRow> sources) {
    Map<Long, DiaObjectRow> byId = new TreeMap<>();
    for (DiaObjectRow object : objects) {
      assertThat(byId.put(object.getDiaObjectId(), object)).isNull();
      IdPacker.Sky id = IdPacker.unpackSky(object.getDiaObjectId());
      assertThat(id.role()).isEqualTo(IdPacker.Role.DIA_OBJECT.code());
      int tract = RingsSkyMap.defaults().tractOf(object.getRa(), object.getDec());
      assertThat(object.getTract()).isEqualTo(tract);
      assertThat(object.getNDiaSources()).isEqualTo(4);
      assertThat(object.getFirstDiaSourceMjdTai()).isEqualTo(60001);
      assertThat(object.getLastDiaSourceMjdTai()).isEqualTo(60004);
      assertThat(object.getBands().get("g").getPsfFluxNdata()).isEqualTo(2);
      assertThat(object.getBands().get("g").getScienceFluxMean()).isCloseTo(600, within(1e-9));
    }
    Map<Long, TreeSet<Long>> places = new TreeMap<>();
    for (DiaSourceRow source : sources) {
      places
          .computeIfAbsent(source.getDiaObjectId(), id -> new TreeSet<>())
          .add(source.getDiaSourceId() % 10_000);
      assertThat(source.getCoordRa()).isEqualTo(byId.get(source.getDiaObjectId()).getRa());
    }
    assertThat(places.keySet()).isEqualTo(byId.keySet());
    assertThat(places.values()).allSatisfy(p -> assertThat(p).hasSize(1));
  }

  @Test
  void aTrailThatMovesIsKeptAsASourceWithoutAnObject() throws Exception {
    try (QuantumTester tester = QuantumTester.in(repository)) {
      SkyPoint place = offset(20, 20);
      DiaSourceRow trail = source(1, 1, place, 300);
      trail.setMovingCandidate(true);
      trail.setTrailLength(5.0);
      DiaSourceRow point = source(2, 2, place, 300);
      point.setMovingCandidate(true);
      point.setTrailLength(1.0);
      AssociateDiaTask task = new AssociateDiaTask(AssociateDiaTask.Config.defaults());
      assertThat(task.mayBeOfAnObject(trail)).isFalse();
      assertThat(task.mayBeOfAnObject(point)).isTrue();
      assertThat(task.mayBeOfAnObject(source(3, 3, place, 300))).isTrue();
    }
  }

  @Test
  void withoutSourcesThereAreTablesWithoutRows() throws Exception {
    try (QuantumTester tester = QuantumTester.in(repository)) {
      long pixel = PIXELS.pixel(0.1, 0.1);
      QuantumTester.Ended end = associate(tester, pixel, List.of(difference(tester, 1, List.of())));
      assertThat(end.table(DatasetTypes.DIA_SOURCE, DiaSourceRow.class)).isEmpty();
      QuantumTester.Ended objects =
          tester
              .run(
                  new DiaObjectsTask(),
                  DiaPixels.id(pixel),
                  tester.input(DiaObjectsTask.ASSOCIATION, end.result()))
              .requireDone();
      assertThat(objects.table(DatasetTypes.DIA_OBJECT, DiaObjectRow.class)).isEmpty();
    }
  }

  @Test
  void withoutAnyDifferenceThereIsNoWork() throws Exception {
    try (QuantumTester tester = QuantumTester.in(repository)) {
      QuantumResult none = tester.given("diffim", visit(1)).marker(QuantumStatus.NO_WORK);
      QuantumTester.Ended end =
          tester.run(
              new AssociateDiaTask(AssociateDiaTask.Config.defaults()),
              DiaPixels.id(7),
              tester.input(AssociateDiaTask.DIFFERENCE, none));
      assertThat(end.result().getStatus()).isEqualTo(QuantumStatus.NO_WORK);
    }
  }

  private static ForcedSourceOnDiaObjectRow forced(long id, double time, float flux, boolean bad) {
    ForcedSourceOnDiaObjectRow row = new ForcedSourceOnDiaObjectRow();
    row.setDiaObjectId(id);
    row.setDetector(1);
    row.setBand("i");
    row.setMidpointMjdTai(time);
    row.setPsfDiffFlux(flux);
    row.setPsfDiffFluxErr(2f);
    row.setPsfDiffFluxFlag(bad);
    return row;
  }

  private static ObjectRow object(long id, SkyPoint place, boolean primary) {
    ObjectRow row = new ObjectRow();
    row.setObjectId(id);
    row.setCoordRa(place.raDeg());
    row.setCoordDec(place.decDeg());
    row.setDetectIsPrimary(primary);
    row.setTract(1L);
    row.setPatch(1L);
    row.setBands(Map.of());
    return row;
  }

  /**
   * Forced fluxes 4 and 8 of error 2: mean 6, error sqrt 2, chi2 2; the flagged one is left out.
   */
  @Test
  void forcedFluxesAndTheNearestObjectsAreAdded() throws Exception {
    SkyPoint place = offset(20, 20);
    long pixel = PIXELS.pixel(place.raDeg(), place.decDeg());
    try (QuantumTester tester = QuantumTester.in(repository)) {
      QuantumTester.Ended association =
          associate(
              tester, pixel, List.of(difference(tester, 2, List.of(source(5, 2, place, 300)))));
      long id =
          association
              .table(DatasetTypes.DIA_OBJECT_UNPUBLISHED, DiaObjectRow.class)
              .get(0)
              .getDiaObjectId();
      QuantumResult forced =
          tester
              .given("forcedOnDiaObjects", visit(2))
              .table(
                  DatasetTypes.FORCED_SOURCE_ON_DIA_OBJECT_DETECTOR,
                  visit(2),
                  ForcedSourceOnDiaObjectRow.class,
                  List.of(
                      forced(id, 60000, 4, false),
                      forced(id, 60001, 8, false),
                      forced(id, 60002, 1000, true),
                      forced(id + 1, 60003, 1000, false)))
              .result();
      DataId tract = DataId.of("skymap", "lsst_cells_v1", "tract", 1);
      QuantumResult objects =
          tester
              .given("objectTable", tract)
              .table(
                  DatasetTypes.OBJECT,
                  tract,
                  ObjectRow.class,
                  List.of(
                      object(11, offset(20, 29), true),
                      object(12, offset(23, 20), true),
                      object(13, offset(20, 20), false),
                      object(14, offset(20, 31), true)))
              .result();
      List<DiaObjectRow> rows =
          tester
              .run(
                  new DiaObjectsTask(),
                  DiaPixels.id(pixel),
                  tester.input(DiaObjectsTask.ASSOCIATION, association.result()),
                  tester.input(DiaObjectsTask.FORCED, forced),
                  tester.input(DiaObjectsTask.OBJECTS, objects))
              .requireDone()
              .table(DatasetTypes.DIA_OBJECT, DiaObjectRow.class);
      assertThat(rows).hasSize(1);
      DiaObjectBand i = rows.get(0).getBands().get("i");
      assertThat(i.getForcedPsfFluxMean()).isCloseTo(6, within(1e-9));
      assertThat(i.getForcedPsfFluxMeanErr()).isCloseTo(Math.sqrt(2), within(1e-9));
      assertThat(i.getForcedPsfFluxNdata()).isEqualTo(2);
      assertThat(i.getForcedPsfFluxChi2()).isCloseTo(2f, within(1e-5f));
      assertThat(i.getPsfFluxNdata()).isZero();
      assertThat(rows.get(0).getBands().get("g").getPsfFluxNdata()).isEqualTo(1);
      assertThat(rows.get(0).getNearbyObj1()).isEqualTo(12);
      assertThat(rows.get(0).getNearbyObj1Dist()).isCloseTo(3f, within(1e-3f));
      assertThat(rows.get(0).getNearbyObj2()).isEqualTo(11);
      assertThat(rows.get(0).getNearbyObj3()).isZero();
      assertThat(rows.get(0).getNearbyObj3Dist()).isNull();
    }
  }
}
