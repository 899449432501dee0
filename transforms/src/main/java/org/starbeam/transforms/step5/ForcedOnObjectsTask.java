package org.starbeam.transforms.step5;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.difference.ForcedPhotometry;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.measurement.MeasuredSource;
import org.starbeam.measurement.MeasurementFrame;
import org.starbeam.measurement.PixelFlags;
import org.starbeam.psf.PsfModel;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.ForcedSourceRow;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.RowFiller;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;
import org.starbeam.transforms.step4.DiffimTask;
import org.starbeam.transforms.step4.VisitImage;

/**
 * Point-source fluxes at the positions of all primary objects whose centre lies on a detector, on
 * its visit image and on its difference image (specs/03 section 8.3): one row per object, visit and
 * detector. Without a difference image the difference columns are null and flagged.
 *
 * <p>Cost: 0.1 to 0.2 ms per object and image.
 */
public final class ForcedOnObjectsTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  static final String NAME = "forcedOnObjects";

  /** Role of the final visit, with its summary. */
  static final String VISIT = "visit";

  /** Role of its difference image, if there is one. */
  static final String DIFFERENCE = "difference";

  /** Role of the object tables of the tracts under the detector. */
  static final String OBJECTS = "objects";

  private static final List<String> COLUMNS =
      List.of(
          "objectId",
          "parentObjectId",
          "visit",
          "detector",
          "band",
          "tract",
          "patch",
          "coord_ra",
          "coord_dec",
          "x",
          "y",
          "midpointMjdTai",
          "motionApplied",
          "psfFlux",
          "psfFluxErr",
          "psfFlux_flag",
          "psfDiffFlux",
          "psfDiffFluxErr",
          "psfDiffFlux_flag",
          "psfFluxMaskedFrac",
          "invalidPsfFlag",
          "diff_PixelFlags_nodataCenter",
          "pixelFlags_bad",
          "pixelFlags_cr",
          "pixelFlags_crCenter",
          "pixelFlags_edge",
          "pixelFlags_interpolated",
          "pixelFlags_interpolatedCenter",
          "pixelFlags_nodata",
          "pixelFlags_saturated",
          "pixelFlags_saturatedCenter",
          "pixelFlags_streak",
          "pixelFlags_suspect",
          "pixelFlags_suspectCenter");

  /** Columns that hold flags of the measurement of the same name. */
  private static final List<String> PIXEL_FLAGS =
      COLUMNS.stream().filter(column -> column.startsWith("pixelFlags_")).toList();

  private static final RowFiller FILL = new RowFiller(ForcedSourceRow.getClassSchema());

  /**
   * @param noiseScaled whether the errors on the difference are multiplied by the noise that was
   *     measured on empty sky over the expected one
   */
  public record Config(boolean noiseScaled) implements Serializable {
    public static Config defaults() {
      return new Config(true);
    }
  }

  private final Config config;

  public ForcedOnObjectsTask(Config config) {
    this.config = config;
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "step5",
        2,
        Configs.json(config),
        List.of(
            TaskSpec.InputRule.required(VISIT),
            TaskSpec.InputRule.optional(DIFFERENCE),
            TaskSpec.InputRule.gather(OBJECTS, 1)),
        List.of(DatasetTypes.FORCED_SOURCE_DETECTOR));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    ExposureSummary summary = VisitImage.summary(quantum, VISIT);
    VisitImage visit =
        VisitImage.read(context.reader().path(quantum.ref(VISIT, DatasetTypes.VISIT_IMAGE.name())));
    VisitImage difference = difference(quantum, context);
    List<ForcedSourceRow> rows = new ArrayList<>();
    for (ObjectPositions.Entry object : objects(quantum, context)) {
      ForcedSourceRow row = row(config, summary, visit, difference, object);
      if (row != null) {
        rows.add(row);
      }
      if (rows.size() % 200 == 0) {
        context.checkCancelled();
      }
    }
    context.stageTable(
        DatasetTypes.FORCED_SOURCE_DETECTOR,
        quantum.dataId(),
        ForcedSourceRow.class,
        rows,
        COLUMNS);
    context.metric("forcedSources", rows.size());
    return Outcome.done(summary);
  }

  private static @Nullable VisitImage difference(Quantum quantum, QuantumContext context) {
    List<DatasetRef> refs = quantum.refs(DIFFERENCE, DatasetTypes.DIFFERENCE_IMAGE.name());
    return refs.isEmpty() ? null : VisitImage.read(context.reader().path(refs.get(0)));
  }

  private static List<ObjectPositions.Entry> objects(Quantum quantum, QuantumContext context)
      throws Exception {
    List<ObjectPositions.Entry> all = new ArrayList<>();
    for (DatasetRef ref : quantum.refs(OBJECTS, DatasetTypes.OBJECT.name())) {
      all.addAll(
          context.reader().cached(ref, ObjectPositions.class, ObjectPositions::read).entries());
    }
    all.sort(Comparator.comparingLong(ObjectPositions.Entry::id));
    return all;
  }

  private static @Nullable ForcedSourceRow row(
      Config config,
      ExposureSummary summary,
      VisitImage visit,
      @Nullable VisitImage difference,
      ObjectPositions.Entry object) {
    double[] p = visit.wcs().toPixel(object.ra(), object.dec());
    Box box = visit.file().image().box();
    if (Double.isNaN(p[0]) || !box.containsPosition(p[0], p[1])) {
      return null;
    }
    ForcedSourceRow row = new ForcedSourceRow();
    row.setObjectId(object.id());
    row.setParentObjectId(object.parent());
    row.setVisit(summary.getVisit());
    row.setDetector(summary.getDetector());
    row.setBand(summary.getBand());
    row.setTract(object.tract());
    row.setPatch(object.patch());
    row.setCoordRa(object.ra());
    row.setCoordDec(object.dec());
    row.setX(p[0]);
    row.setY(p[1]);
    row.setMidpointMjdTai(summary.getExpMidptMjd());
    row.setMotionApplied(false);
    direct(row, visit, p);
    changed(row, config, difference, p);
    flags(row, visit, p);
    return row;
  }

  private static void direct(ForcedSourceRow row, VisitImage visit, double[] p) {
    ImageD psf = stamp(visit.psf(), p);
    row.setInvalidPsfFlag(psf == null);
    if (psf == null) {
      row.setPsfFluxFlag(true);
      return;
    }
    double correction = visit.psfFluxCorrection(p[0], p[1]);
    ForcedPhotometry.Result r = ForcedPhotometry.measure(visit.file().image(), psf, 1);
    double model = r.flux() * visit.psf().fluxErrFraction(p[0], p[1]);
    row.setPsfFlux(number(correction * r.flux()));
    row.setPsfFluxErr(number(correction * Math.hypot(r.err(), model)));
    row.setPsfFluxFlag(r.flag());
    row.setPsfFluxMaskedFrac((float) r.maskedFraction());
  }

  private static void changed(
      ForcedSourceRow row, Config config, @Nullable VisitImage difference, double[] p) {
    ImageD psf = difference == null ? null : stamp(difference.psf(), p);
    if (difference == null || psf == null) {
      row.setPsfDiffFluxFlag(true);
      row.setDiffPixelFlagsNodataCenter(true);
      return;
    }
    double scale =
        config.noiseScaled
            ? Math.max(1, difference.file().header().numberOr(DiffimTask.NOISE_SCALE, 1))
            : 1;
    double correction = difference.psfFluxCorrection(p[0], p[1]);
    MaskedImage image = difference.file().image();
    ForcedPhotometry.Result r = ForcedPhotometry.measure(image, psf, scale);
    row.setPsfDiffFlux(number(correction * r.flux()));
    row.setPsfDiffFluxErr(number(correction * r.err()));
    row.setPsfDiffFluxFlag(r.flag());
    row.setDiffPixelFlagsNodataCenter((centre(image.mask(), p) & MaskPlanes.NO_DATA) != 0);
  }

  private static @Nullable ImageD stamp(PsfModel psf, double[] p) {
    ImageD image = psf.image(p[0], p[1]);
    double sum = 0;
    for (double v : image.data) {
      sum += v;
    }
    return Math.abs(sum - 1) < 0.01 ? image : null;
  }

  private static @Nullable Float number(double value) {
    return Double.isFinite(value) ? (float) value : null;
  }

  private static int centre(MaskI mask, double[] p) {
    int bits = 0;
    Box box = Box.around((int) Math.rint(p[0]), (int) Math.rint(p[1]), 1).intersect(mask.box());
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        bits |= mask.get(x, y);
      }
    }
    return bits;
  }

  private static void flags(ForcedSourceRow row, VisitImage visit, double[] p) {
    MeasuredSource source = MeasuredSource.at(p[0], p[1]);
    new PixelFlags().measure(new MeasurementFrame(visit.file().image(), visit.psf()), source);
    FILL.flags(row, PIXEL_FLAGS, source::flag);
  }
}
