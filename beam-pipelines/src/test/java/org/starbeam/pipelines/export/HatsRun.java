package org.starbeam.pipelines.export;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.avro.specific.SpecificRecord;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.schema.ForcedSourceRow;
import org.starbeam.schema.ObjectBand;
import org.starbeam.schema.ObjectRow;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.SkyPoint;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.QuantumTester;

/**
 * A run whose Object and ForcedSource lie around a corner of four partitions, around the north pole
 * and along a meridian, most of them within arcseconds of borders of pixels. Some parts have band g
 * beside r.
 */
final class HatsRun {
  static final String RUN = "r";
  static final Healpix ROWS = new Healpix(29);
  private static final Healpix PARTS = new Healpix(3);

  private HatsRun() {}

  /**
   * Makes the run.
   *
   * @param rows of Object; ForcedSource has two of every third, the later visit first in time
   */
  static RunCatalog make(Path root, int rows) throws IOException {
    Files.createDirectories(root.resolve("runs/r/campaign"));
    Map<Long, List<ObjectRow>> objects = new TreeMap<>();
    Map<Long, List<ForcedSourceRow>> forced = new TreeMap<>();
    Random random = new Random(92);
    for (int i = 0; i < rows; i++) {
      SkyPoint p = place(i, random);
      ObjectRow object = object(1_000_000L + 7L * i, p, i);
      long part = PARTS.pixel(p.raDeg(), p.decDeg());
      objects.computeIfAbsent(part, k -> new ArrayList<>()).add(object);
      for (int visit = 0; i % 3 == 0 && visit < 2; visit++) {
        forced.computeIfAbsent(part, k -> new ArrayList<>()).add(forced(object, visit));
      }
    }
    CampaignContext context = CampaignContext.of(root, RUN).withRetryDelaysMillis(List.of());
    try (QuantumTester tester = QuantumTester.in(context)) {
      for (Map.Entry<Long, List<ObjectRow>> part : objects.entrySet()) {
        List<String> bands = part.getKey() % 2 == 0 ? List.of("g", "r") : List.of("r");
        List<String> columns = new ArrayList<>(List.of("objectId", "coord_ra", "coord_dec"));
        columns.addAll(List.of("refBand", "detect_isPrimary"));
        bands.forEach(band -> columns.addAll(List.of(band + "_psfFlux", band + "_psfFlux_flag")));
        run(tester, "Object", part.getKey(), ObjectRow.class, part.getValue(), columns, bands);
      }
      for (Map.Entry<Long, List<ForcedSourceRow>> part : forced.entrySet()) {
        List<String> columns =
            List.of(
                "objectId",
                "visit",
                "detector",
                "coord_ra",
                "coord_dec",
                "band",
                "midpointMjdTai",
                "psfFlux");
        run(
            tester,
            "ForcedSource",
            part.getKey(),
            ForcedSourceRow.class,
            part.getValue(),
            columns,
            List.of());
      }
    }
    return RunCatalog.open(root, RUN);
  }

  private static SkyPoint place(int i, Random random) {
    double arcsec = 1 / 3600.0;
    if (i % 10 == 0) {
      return new SkyPoint(360 * random.nextDouble(), 90 - 20 * arcsec * random.nextDouble());
    }
    if (i % 10 == 1) {
      return new SkyPoint(90 + 20 * arcsec * random.nextGaussian(), 50 + 10 * random.nextDouble());
    }
    double spread = i % 2 == 0 ? 0.3 : 15 * arcsec;
    SkyPoint corner = PARTS.corners(555)[0];
    return new SkyPoint(
        corner.raDeg() + spread * random.nextGaussian(),
        corner.decDeg() + spread * random.nextGaussian());
  }

  private static ObjectRow object(long id, SkyPoint p, int i) {
    ObjectRow row = new ObjectRow();
    row.setObjectId(id);
    row.setCoordRa(p.raDeg());
    row.setCoordDec(p.decDeg());
    row.setRefBand("r");
    row.setDetectIsPrimary(i % 5 != 0);
    Map<String, ObjectBand> bands = new TreeMap<>();
    for (String band : List.of("g", "r")) {
      ObjectBand measured = new ObjectBand();
      measured.setPsfFlux(i % 11 == 0 ? Float.NaN : 100f + i);
      measured.setPsfFluxFlag(i % 11 == 0);
      bands.put(band, measured);
    }
    row.setBands(bands);
    return row;
  }

  private static ForcedSourceRow forced(ObjectRow object, int visit) {
    ForcedSourceRow row = new ForcedSourceRow();
    row.setObjectId(object.getObjectId());
    row.setVisit(2021090700000L + visit);
    row.setDetector(visit);
    row.setCoordRa(object.getCoordRa());
    row.setCoordDec(object.getCoordDec());
    row.setBand("r");
    row.setMidpointMjdTai(59_500.0 - visit);
    row.setPsfFlux(visit == 0 ? 3f : Float.NaN);
    return row;
  }

  private static <T extends SpecificRecord> void run(
      QuantumTester tester,
      String table,
      long pixel,
      Class<T> rowClass,
      List<T> rows,
      List<String> columns,
      List<String> bands)
      throws IOException {
    List<T> sorted = new ArrayList<>(rows);
    sorted.sort(Comparator.comparingLong(HatsRun::index));
    new ReleasePart<>(rowClass, sorted, columns, bands, HatsRun::index).write(tester, table, pixel);
  }

  private static long index(SpecificRecord row) {
    int ra = row.getSchema().getField("coord_ra").pos();
    int dec = row.getSchema().getField("coord_dec").pos();
    return ROWS.pixel((Double) row.get(ra), (Double) row.get(dec));
  }
}
