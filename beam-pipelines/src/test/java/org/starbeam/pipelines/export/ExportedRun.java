package org.starbeam.pipelines.export;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.starbeam.fits.FitsWriter;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.schema.CcdVisitRow;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.ObjectBand;
import org.starbeam.schema.ObjectRow;
import org.starbeam.schema.SourceRow;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.QuantumTester;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * A run with three objects, two sources, the outlines of two detectors, and their images: detector
 * 0 lies around (10, -30), detector 1 around (12, -30).
 */
public final class ExportedRun {
  public static final String RUN = "r";
  static final long VISIT = 2021090700012L;
  static final double PIXEL_DEG = 0.2 / 3600;
  private static final long PIXEL = 555;

  private ExportedRun() {}

  /** Makes the run in a repository. */
  public static RunCatalog make(Path root) throws IOException {
    Files.createDirectories(root.resolve("runs/r/campaign"));
    CampaignContext context = CampaignContext.of(root, RUN).withRetryDelaysMillis(List.of());
    try (QuantumTester tester = QuantumTester.in(context)) {
      objects().write(tester, "Object", PIXEL);
      sources().write(tester, "Source", PIXEL);
      detectors().write(tester, "CcdVisit", PIXEL);
      for (int detector = 0; detector < 2; detector++) {
        DataId id = DataId.of("instrument", "SimCam", "visit", VISIT, "detector", detector);
        tester.run(new Frame(detector), id).requireDone();
      }
    }
    return RunCatalog.open(root, RUN);
  }

  private static ReleasePart<ObjectRow> objects() {
    return new ReleasePart<>(
        ObjectRow.class,
        List.of(
            object(4_758_498_612_931_985_409L, 10, 3.5f, 0f, "r"),
            object(2, 12, null, 1f, "café"),
            object(3, 350, Float.NaN, null, null)),
        List.of(
            "objectId",
            "coord_ra",
            "coord_dec",
            "refBand",
            "refExtendedness",
            "shape_flag",
            "r_psfFlux"),
        List.of("r"),
        row -> 7);
  }

  private static ObjectRow object(long id, double ra, Float flux, Float extended, String band) {
    ObjectRow row = new ObjectRow();
    row.setObjectId(id);
    row.setCoordRa(ra);
    row.setCoordDec(-30.0);
    row.setRefBand(band);
    row.setRefExtendedness(extended);
    row.setShapeFlag(band == null ? null : Boolean.valueOf(id == 2));
    ObjectBand measured = new ObjectBand();
    measured.setPsfFlux(flux);
    row.setBands(Map.of("r", measured));
    return row;
  }

  /** The first is long along columns, the second along the rising diagonal; east is to the left. */
  private static ReleasePart<SourceRow> sources() {
    return new ReleasePart<>(
        SourceRow.class,
        List.of(source(1, 25, 4, 0), source(2, 16, 16, 12)),
        List.of(),
        List.of(),
        row -> 7);
  }

  private static SourceRow source(long id, double xx, double yy, double xy) {
    SourceRow row = new SourceRow();
    row.setSourceId(id);
    row.setRa(10.0 + id);
    row.setDec(-30.0);
    row.setIxx(xx);
    row.setIyy(yy);
    row.setIxy(xy);
    row.setExtendedness(1.0);
    row.setLocalWcsCDMatrix11(-PIXEL_DEG);
    row.setLocalWcsCDMatrix12(0.0);
    row.setLocalWcsCDMatrix21(0.0);
    row.setLocalWcsCDMatrix22(PIXEL_DEG);
    return row;
  }

  private static ReleasePart<CcdVisitRow> detectors() {
    CcdVisitRow row = new CcdVisitRow();
    row.setVisitId(VISIT);
    row.setDetector(0);
    row.setBand("g");
    row.setRa(10.0);
    row.setDec(-30.0);
    row.setLlcra(10.1);
    row.setLlcdec(-30.1);
    row.setLrcra(9.9);
    row.setLrcdec(-30.1);
    row.setUrcra(9.9);
    row.setUrcdec(-29.9);
    row.setUlcra(10.1);
    row.setUlcdec(-29.9);
    return new ReleasePart<>(CcdVisitRow.class, List.of(row), List.of(), List.of(), r -> 7);
  }

  private record Frame(int detector) implements QuantumTask {
    @Override
    public TaskSpec spec() {
      return new TaskSpec(
          "finalVisit", "step2", 1, "{}", List.of(), List.of(DatasetTypes.VISIT_IMAGE));
    }

    @Override
    public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
      ImageF image = new ImageF(new Box(0, 0, 20, 10));
      image.data[image.offset] = 5 + detector;
      context.stageFile(
          DatasetTypes.VISIT_IMAGE,
          quantum.dataId(),
          file -> {
            try (FitsWriter writer = FitsWriter.create(file)) {
              writer.primary(Map.of("VISIT", VISIT)).image("IMAGE", image, Map.of()).commit();
            }
          });
      return Outcome.done(summary());
    }

    private ExposureSummary summary() {
      ExposureSummary s = new ExposureSummary();
      s.setVisit(VISIT);
      s.setDetector(detector);
      s.setInstrument("SimCam");
      s.setPhysicalFilter("r_sim");
      s.setBand("r");
      s.setSeeing(0.7 + 0.1 * detector);
      double ra = 10 + 2 * detector;
      s.setRaCorners(List.of(ra + 0.1, ra - 0.1, ra - 0.1, ra + 0.1));
      s.setDecCorners(List.of(-30.1, -30.1, -29.9, -29.9));
      s.setPolygonRa(s.getRaCorners());
      s.setPolygonDec(s.getDecCorners());
      s.setPhotoCalibMethod("m");
      s.setWcsMethod("m");
      s.setFlags(List.of());
      s.setMissing(List.of());
      s.setRecovered(List.of());
      return s;
    }
  }
}
