package org.starbeam.transforms.step5;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.avro.specific.SpecificRecordBase;
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
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.RecordCoder;
import org.starbeam.transforms.dataset.RowFiller;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;
import org.starbeam.transforms.step4.DiffimTask;
import org.starbeam.transforms.step4.VisitImage;

/**
 * Point-source fluxes at given places whose centre lies on a detector, on its visit image and on
 * its difference image (specs/03 section 8.3): one row per place, visit and detector. Without a
 * difference image the difference columns are null and flagged.
 *
 * <p>Cost: 0.1 to 0.2 ms per place and image.
 *
 * @param <T> row of the table
 */
abstract class ForcedTask<T extends SpecificRecordBase> implements QuantumTask {
  private static final long serialVersionUID = 1L;

  /** Role of the final visit, with its summary. */
  static final String VISIT = "visit";

  /** Role of its difference image, if there is one. */
  static final String DIFFERENCE = "difference";

  /** Role of the tables of places under the detector. */
  static final String PLACES = "objects";

  /** Columns of every table of forced fluxes, after those of the id. */
  private static final List<String> MEASURED =
      List.of(
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
      MEASURED.stream().filter(column -> column.startsWith("pixelFlags_")).toList();

  private final ForcedConfig config;
  private final String name;
  private final int version;
  private final DatasetType places;
  private final DatasetType output;

  /**
   * @param places tables that the places are in
   * @param output the table that is written
   */
  ForcedTask(
      ForcedConfig config, String name, int version, DatasetType places, DatasetType output) {
    this.config = config;
    this.name = name;
    this.version = version;
    this.places = places;
    this.output = output;
  }

  abstract Class<T> rowClass();

  /** Columns of the id. */
  abstract List<String> idColumns();

  /** A row with the id. */
  abstract T row(ForcedPlaces.Entry place);

  /** Reads the places of a table. */
  abstract QuantumContext.DatasetReader.Loader<ForcedPlaces> reader();

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        name,
        "step5",
        version,
        Configs.json(config),
        List.of(
            TaskSpec.InputRule.required(VISIT),
            TaskSpec.InputRule.optional(DIFFERENCE),
            TaskSpec.InputRule.gather(PLACES, 1)),
        List.of(output));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    ExposureSummary summary = VisitImage.summary(quantum, VISIT);
    VisitImage visit =
        VisitImage.read(context.reader().path(quantum.ref(VISIT, DatasetTypes.VISIT_IMAGE.name())));
    VisitImage difference = difference(quantum, context);
    Measurement measurement = new Measurement(summary, visit, difference);
    List<T> rows = new ArrayList<>();
    for (ForcedPlaces.Entry place : places(quantum, context)) {
      T row = measurement.row(place);
      if (row != null) {
        rows.add(row);
      }
      if (rows.size() % 200 == 0) {
        context.checkCancelled();
      }
    }
    List<String> columns = new ArrayList<>(idColumns());
    columns.addAll(MEASURED);
    context.stageTable(output, quantum.dataId(), rowClass(), rows, columns);
    context.metric("forcedSources", rows.size());
    return Outcome.done(summary);
  }

  private static @Nullable VisitImage difference(Quantum quantum, QuantumContext context) {
    List<DatasetRef> refs = quantum.refs(DIFFERENCE, DatasetTypes.DIFFERENCE_IMAGE.name());
    return refs.isEmpty() ? null : VisitImage.read(context.reader().path(refs.get(0)));
  }

  private List<ForcedPlaces.Entry> places(Quantum quantum, QuantumContext context)
      throws IOException {
    List<ForcedPlaces.Entry> all = new ArrayList<>();
    for (DatasetRef ref : quantum.refs(PLACES, places.name())) {
      all.addAll(context.reader().cached(ref, ForcedPlaces.class, reader()).entries());
    }
    all.sort(Comparator.comparingLong(ForcedPlaces.Entry::id));
    return all;
  }

  /** The measurement on one detector of one visit. */
  private final class Measurement {
    private final ExposureSummary summary;
    private final VisitImage visit;
    private final @Nullable VisitImage difference;
    private final RowFiller fill = new RowFiller(RecordCoder.schema(rowClass()));

    Measurement(ExposureSummary summary, VisitImage visit, @Nullable VisitImage difference) {
      this.summary = summary;
      this.visit = visit;
      this.difference = difference;
    }

    @Nullable T row(ForcedPlaces.Entry place) {
      double[] p = visit.wcs().toPixel(place.ra(), place.dec());
      Box box = visit.file().image().box();
      if (Double.isNaN(p[0]) || !box.containsPosition(p[0], p[1])) {
        return null;
      }
      T row = ForcedTask.this.row(place);
      fill.value(row, "visit", summary.getVisit());
      fill.value(row, "detector", summary.getDetector());
      fill.value(row, "band", summary.getBand());
      fill.value(row, "tract", place.tract());
      fill.value(row, "patch", place.patch());
      fill.value(row, "coord_ra", place.ra());
      fill.value(row, "coord_dec", place.dec());
      fill.value(row, "x", p[0]);
      fill.value(row, "y", p[1]);
      fill.value(row, "midpointMjdTai", summary.getExpMidptMjd());
      fill.flag(row, "motionApplied", false);
      direct(row, p);
      changed(row, p);
      flags(row, p);
      return row;
    }

    private void direct(T row, double[] p) {
      ImageD psf = stamp(visit.psf(), p);
      fill.flag(row, "invalidPsfFlag", psf == null);
      if (psf == null) {
        fill.flag(row, "psfFlux_flag", true);
        return;
      }
      double correction = visit.psfFluxCorrection(p[0], p[1]);
      ForcedPhotometry.Result r = ForcedPhotometry.measure(visit.file().image(), psf, 1);
      double model = r.flux() * visit.psf().fluxErrFraction(p[0], p[1]);
      fill.number(row, "psfFlux", correction * r.flux());
      fill.number(row, "psfFluxErr", correction * Math.hypot(r.err(), model));
      fill.flag(row, "psfFlux_flag", r.flag());
      fill.value(row, "psfFluxMaskedFrac", (float) r.maskedFraction());
    }

    private void changed(T row, double[] p) {
      ImageD psf = difference == null ? null : stamp(difference.psf(), p);
      if (difference == null || psf == null) {
        fill.flag(row, "psfDiffFlux_flag", true);
        fill.flag(row, "diff_PixelFlags_nodataCenter", true);
        return;
      }
      double scale =
          config.noiseScaled()
              ? Math.max(1, difference.file().header().numberOr(DiffimTask.NOISE_SCALE, 1))
              : 1;
      double correction = difference.psfFluxCorrection(p[0], p[1]);
      MaskedImage image = difference.file().image();
      ForcedPhotometry.Result r = ForcedPhotometry.measure(image, psf, scale);
      fill.number(row, "psfDiffFlux", correction * r.flux());
      fill.number(row, "psfDiffFluxErr", correction * r.err());
      fill.flag(row, "psfDiffFlux_flag", r.flag());
      fill.flag(
          row, "diff_PixelFlags_nodataCenter", (centre(image.mask(), p) & MaskPlanes.NO_DATA) != 0);
    }

    private void flags(T row, double[] p) {
      MeasuredSource source = MeasuredSource.at(p[0], p[1]);
      new PixelFlags().measure(new MeasurementFrame(visit.file().image(), visit.psf()), source);
      fill.flags(row, PIXEL_FLAGS, source::flag);
    }
  }

  private static @Nullable ImageD stamp(PsfModel psf, double[] p) {
    ImageD image = psf.image(p[0], p[1]);
    double sum = 0;
    for (double v : image.data) {
      sum += v;
    }
    return Math.abs(sum - 1) < 0.01 ? image : null;
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
}
