package org.starbeam.transforms.step1;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.astrometry.ReferenceStars;
import org.starbeam.astrometry.SipApproximation;
import org.starbeam.astrometry.SipFitter;
import org.starbeam.characterization.Characterization;
import org.starbeam.characterization.FirstLight;
import org.starbeam.characterization.FrameModel;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsTable;
import org.starbeam.fits.FitsWriter;
import org.starbeam.image.Box;
import org.starbeam.isr.IsrTask;
import org.starbeam.measurement.CatalogEntry;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.MeasuredSource;
import org.starbeam.photometry.PhotoCalib;
import org.starbeam.photometry.ZeroPointFitter;
import org.starbeam.psf.PsfDeterminer;
import org.starbeam.psf.PsfModels;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.StarCandidate;
import org.starbeam.sky.Angles;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.TanSip;
import org.starbeam.sky.Wcs;
import org.starbeam.transforms.calibs.IsrInputs;
import org.starbeam.transforms.calibs.IsrRunner;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.ingest.RefStars;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;
import org.starbeam.transforms.quantum.TaskSpec.InputRule;

/**
 * First characterization of one detector of one visit: ISR, background, cosmic rays, match, PSF,
 * catalogue, aperture corrections, WCS and zero point, fused so that no pixel leaves the worker
 * (specs/02 section 0.2). Writes the models, the stars and the summary. A model that cannot be had
 * is left to the visit's other detectors (section 14.2): the summary names it, positions of stars
 * are NaN where there is no WCS.
 */
public record SingleFrameTask(Config config) implements QuantumTask {
  /** Pointing error that is allowed for, degrees. */
  private static final double POINTING_MARGIN_DEG = 0.05;

  public static final String NAME = "singleFrame";

  /** Table of {@code initial_psf} with the WCS by camera and pointing. */
  public static final String INITIAL_WCS = "INITWCS";

  /** Card of {@code initial_psf} that names the models that the pass did not find. */
  public static final String MISSING = "MISSING";

  /**
   * @param isr instrument signature removal
   * @param firstLight the pass
   * @param psf PSF fit
   * @param zeroPoint zero point
   */
  public record Config(
      IsrTask.Config isr,
      FirstLight.Config firstLight,
      PsfDeterminer.Config psf,
      ZeroPointFitter.Config zeroPoint)
      implements Serializable {
    public static Config defaults() {
      return new Config(
          IsrTask.Config.defaults(),
          FirstLight.Config.defaults(),
          PsfDeterminer.Config.defaults(),
          ZeroPointFitter.Config.defaults());
    }
  }

  private static final double MIN_SNR = 5;

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "step1",
        9,
        Configs.json(config),
        inputRules(),
        List.of(
            DatasetTypes.INITIAL_PSF,
            DatasetTypes.INITIAL_STARS_DETECTOR,
            DatasetTypes.INITIAL_SUMMARY_DETECTOR));
  }

  /** Roles of what ISR needs; a calibrated frame comes without them. */
  public static List<InputRule> inputRules() {
    List<InputRule> rules = new ArrayList<>();
    rules.add(InputRule.required(IsrInputs.RAW));
    List<String> roles = new ArrayList<>(List.of(IsrInputs.CAMERA, IsrInputs.MAPPING));
    roles.addAll(IsrInputs.CALIBRATIONS);
    for (String role : roles) {
      rules.add(new InputRule(role, InputRule.Kind.REQUIRED, 0));
    }
    rules.add(InputRule.gather(RefStars.ROLE, 0));
    return rules;
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    PostIsrFrame frame = PostIsrFrame.of(new IsrRunner(config.isr).run(quantum, context));
    context.checkCancelled();
    RefStars.Cone field = field(frame);
    ReferenceStars references =
        RefStars.load(
            quantum.refs(RefStars.ROLE, DatasetTypes.REFCAT.name()),
            context.reader(),
            field,
            frame.info().getMidTaiMjd());
    boolean blind = references.size() == 0;
    if (blind && !frame.isUsableWithoutReferences()) {
      throw noReferences(field, frame);
    }
    FirstLight.Result result =
        new FirstLight(config.firstLight, PsfDeterminer.of(config.psf))
            .run(
                new FirstLight.Inputs(
                    frame.state(),
                    frame.initialWcs(),
                    frame.trusted() || blind,
                    references,
                    frame.band(),
                    frame.info().getExposureTime(),
                    context.seed("neighbours")));
    Calibrated calibrated = calibrate(quantum, frame, result, references, field);
    report(context, frame, result, calibrated);
    stage(quantum, context, frame, result, references, calibrated);
    return Outcome.done(calibrated.summary);
  }

  /** A circle around the frame with room for an error of the pointing. */
  private static RefStars.Cone field(PostIsrFrame frame) {
    Box box = frame.box();
    List<Double> ra = new ArrayList<>();
    List<Double> dec = new ArrayList<>();
    for (int corner = 0; corner < 4; corner++) {
      double x = corner % 2 == 0 ? box.x0() : box.x1();
      double y = corner < 2 ? box.y0() : box.y1();
      SkyPoint sky = frame.initialWcs().toSky(x, y);
      ra.add(sky.raDeg());
      dec.add(sky.decDeg());
    }
    return RefStars.Cone.around(ra, dec, POINTING_MARGIN_DEG);
  }

  private static String where(RefStars.Cone field) {
    return String.format(
        Locale.ROOT,
        "the reference catalogue has no star within %.2f degrees of RA %.4f, Dec %.4f",
        field.radiusDeg(),
        field.center().raDeg(),
        field.center().decDeg());
  }

  private static BadInputException noReferences(RefStars.Cone field, PostIsrFrame frame) {
    return new BadInputException(
        "NO_REFERENCES",
        where(field)
            + ", where the header points; put a catalogue that covers the field into refcat/. Where"
            + " there is none, camera.yaml can give filter "
            + frame.info().getPhysicalFilter()
            + " a nominal zero_point: then WCS and zero point stay nominal and the frame is marked"
            + " degraded");
  }

  /** Why the WCS of a frame was not refined, and what it is. */
  private static String unrefined(Quantum quantum, PostIsrFrame frame, RefStars.Cone field) {
    Wcs header = frame.headerWcs();
    String text = quantum.dataId() + ": WCS not refined, for " + where(field) + "; it stays ";
    if (header == frame.initialWcs()) {
      return text + "that of the header";
    }
    text += "that of the camera file and the pointing in the header";
    return header == null
        ? text
        : String.format(
            Locale.ROOT,
            "%s; the header's own WCS lies %.1f arcsec from it in the middle of the detector",
            text,
            separation(frame.box(), header, frame.initialWcs()));
  }

  /** Distance on the sky of what two solutions say of the middle of a detector, arcsec. */
  private static double separation(Box box, Wcs a, Wcs b) {
    double x = box.x0() + (box.width() - 1) / 2.0;
    double y = box.y0() + (box.height() - 1) / 2.0;
    SkyPoint p = a.toSky(x, y);
    SkyPoint q = b.toSky(x, y);
    return Angles.separationArcsec(p.raDeg(), p.decDeg(), q.raDeg(), q.decDeg());
  }

  /** What the reference catalogue said of the frame. */
  private record Calibrated(
      TanSip wcs,
      boolean isPlaced,
      @Nullable PhotoCalib photoCalib,
      ExposureSummary summary,
      List<String> fallbacks) {}

  private Calibrated calibrate(
      Quantum quantum,
      PostIsrFrame frame,
      FirstLight.Result result,
      ReferenceStars references,
      RefStars.Cone field) {
    List<String> fallbacks = new ArrayList<>(result.characterization().notes());
    Map<FrameModel, String> missing = new EnumMap<>(FrameModel.class);
    missing.putAll(result.missing());
    boolean placed = !missing.containsKey(FrameModel.WCS);
    SipFitter.Fit fit = result.solution() == null ? null : result.solution().fit();
    if (fit == null && placed) {
      fallbacks.add(
          !frame.trusted()
              ? unrefined(quantum, frame, field)
              : references.size() == 0
                  ? "no reference catalogue: the WCS and the zero point of the file stay"
                  : "no match to the reference catalogue: the WCS of the file stays");
    }
    TanSip wcs =
        result.wcs() instanceof TanSip sip
            ? sip
            : new SipApproximation().of(result.wcs(), frame.box()).wcs();
    PhotoCalib photoCalib = null;
    int stars = 0;
    try {
      ZeroPointFitter.Result zeroPoint = zeroPoint(frame, result, references, wcs);
      stars = zeroPoint.nUsed();
      photoCalib =
          PhotoCalib.of(
              frame.box(),
              (x, y) -> zeroPoint.zeroPoint(),
              zeroPoint.zeroPointErr(),
              wcs,
              frame.nominalPixelArea(),
              "single-frame");
    } catch (AlgorithmException e) {
      if (Double.isNaN(frame.nJyPerCount()) && references.size() == 0) {
        throw e;
      }
      if (!frame.trusted() && references.size() > 0) {
        missing.put(FrameModel.ZERO_POINT, e.getMessage());
      } else if (references.size() > 0) {
        fallbacks.add(e.getMessage() + ": the calibration of the file stays");
      } else if (!frame.trusted()) {
        fallbacks.add(e.getMessage() + ": the nominal zero point of the camera file stands in");
      }
      if (!Double.isNaN(frame.nJyPerCount())) {
        photoCalib = PhotoCalib.constant(frame.box(), frame.nJyPerCount(), 0, "single-frame");
      }
    }
    missing.forEach(
        (model, why) ->
            fallbacks.add(
                quantum.dataId() + ": no " + model.word() + " (" + why + "), left to the visit"));
    ExposureSummary summary =
        SummaryMaker.of(
            frame,
            result.characterization(),
            wcs,
            fit == null ? "camera-model" : "single-frame",
            fit,
            photoCalib,
            stars);
    summary.setMissing(missing.keySet().stream().map(FrameModel::word).toList());
    return new Calibrated(wcs, placed, photoCalib, summary, fallbacks);
  }

  private ZeroPointFitter.Result zeroPoint(
      PostIsrFrame frame, FirstLight.Result result, ReferenceStars references, Wcs wcs) {
    List<CatalogEntry> rows = result.characterization().catalogue();
    double[][] columns = new double[4][rows.size()];
    int n = 0;
    for (int i = 0; i < rows.size(); i++) {
      MeasuredSource s = rows.get(i).source();
      int reference = result.referenceOf()[i];
      if (reference < 0 || !isPhotometric(s)) {
        continue;
      }
      double area = wcs.pixelArea(s.x(), s.y()) / frame.nominalPixelArea();
      columns[0][n] = area * s.get(Fields.CALIB_FLUX);
      columns[1][n] = area * s.get(Fields.err(Fields.CALIB_FLUX));
      columns[2][n] = references.flux(frame.band(), reference);
      columns[3][n] = references.fluxErr(frame.band(), reference);
      n++;
    }
    int used = n;
    double[][] trimmed =
        Arrays.stream(columns).map(column -> Arrays.copyOf(column, used)).toArray(double[][]::new);
    return new ZeroPointFitter(config.zeroPoint)
        .fit(trimmed[0], trimmed[1], trimmed[2], trimmed[3]);
  }

  private static boolean isPhotometric(MeasuredSource s) {
    return !s.flag(Fields.flag(Fields.CALIB_FLUX))
        && !s.flag(Fields.pixelFlag("saturated"))
        && !s.flag(Fields.pixelFlag("suspectCenter"))
        && s.get(Fields.SIZE_EXTENDEDNESS) < 0.5;
  }

  private static void report(
      QuantumContext context, PostIsrFrame frame, FirstLight.Result result, Calibrated calibrated) {
    for (String fallback : calibrated.fallbacks) {
      context.caveat(QuantumContext.Caveat.FALLBACK, fallback);
    }
    if (frame.headerWcs() != null) {
      context.metric("headerWcsOffset", separation(frame.box(), frame.headerWcs(), calibrated.wcs));
    }
    Characterization c = result.characterization();
    context.metric("nSource", c.detections());
    context.metric("nPsfStar", c.psfFit().used());
    context.metric("psfDegree", c.psfFit().degree());
    context.metric("seeing", calibrated.summary.getSeeing());
    context.metric("zeroPoint", calibrated.summary.getZeroPoint());
    context.metric("cosmicRayPixels", c.frame().cosmicRayPixels());
  }

  private static void stage(
      Quantum quantum,
      QuantumContext context,
      PostIsrFrame frame,
      FirstLight.Result result,
      ReferenceStars references,
      Calibrated calibrated)
      throws IOException {
    Characterization c = result.characterization();
    List<FitsTable> tables = new ArrayList<>();
    tables.addAll(PsfModels.toTables(c.psfFit().model()));
    tables.add(c.corrections().toTable());
    tables.add(calibrated.wcs.toTable());
    FitsTable initial = new SipApproximation().of(frame.initialWcs(), frame.box()).wcs().toTable();
    tables.add(new FitsTable(INITIAL_WCS, initial.header(), initial.columns()));
    if (calibrated.photoCalib != null) {
      tables.add(calibrated.photoCalib.toTable());
    }
    tables.add(c.frame().background().toTable());
    context.stageFile(
        DatasetTypes.INITIAL_PSF,
        quantum.dataId(),
        file -> write(file, frame, calibrated.summary.getMissing(), tables));
    context.stageTable(
        DatasetTypes.INITIAL_STARS_DETECTOR,
        quantum.dataId(),
        StarCandidate.class,
        stars(context, frame, result, references, calibrated),
        List.of());
    context.stageJson(DatasetTypes.INITIAL_SUMMARY_DETECTOR, quantum.dataId(), calibrated.summary);
  }

  private static void write(
      Path file, PostIsrFrame frame, List<String> missing, List<FitsTable> tables) {
    try (FitsWriter writer = FitsWriter.create(file)) {
      writer.primary(
          Map.of(
              "INSTRUME",
              frame.info().getInstrument(),
              "VISIT",
              frame.visit(),
              "DETECTOR",
              frame.info().getDetector(),
              "BAND",
              frame.band(),
              MISSING,
              String.join(",", missing)));
      tables.forEach(writer::table);
      writer.commit();
    }
  }

  /** Leaves of the catalogue with S/N above 5; which of them are good single stars. */
  private static List<StarCandidate> stars(
      QuantumContext context,
      PostIsrFrame frame,
      FirstLight.Result result,
      ReferenceStars references,
      Calibrated calibrated) {
    FrameIds ids = FrameIds.of(frame.info(), context);
    List<StarCandidate> out = new ArrayList<>();
    List<CatalogEntry> rows = result.characterization().catalogue();
    for (int i = 0; i < result.characterization().detections(); i++) {
      MeasuredSource s = rows.get(i).source();
      double snr = s.get(Fields.PSF_FLUX) / s.get(Fields.err(Fields.PSF_FLUX));
      if (rows.get(i).isLeaf() && snr > MIN_SNR) {
        int reference = result.referenceOf()[i];
        long refId = reference < 0 ? 0 : references.id(reference);
        boolean single = rows.get(i).parent() < 0;
        SkyPoint sky =
            calibrated.isPlaced
                ? calibrated.wcs.toSky(s.x(), s.y())
                : new SkyPoint(Double.NaN, Double.NaN);
        out.add(star(ids.source(i), frame, s, sky, refId, single));
      }
    }
    return out;
  }

  private static StarCandidate star(
      long id, PostIsrFrame frame, MeasuredSource s, SkyPoint sky, long refId, boolean single) {
    return StarCandidate.newBuilder()
        .setSourceId(id)
        .setVisit(frame.visit())
        .setDetector(frame.info().getDetector())
        .setBand(frame.band())
        .setX(s.x())
        .setY(s.y())
        .setXx(square(s.get(Fields.X_ERR)))
        .setYy(square(s.get(Fields.Y_ERR)))
        .setXy(s.get(Fields.XY_COV))
        .setRa(sky.raDeg())
        .setDec(sky.decDeg())
        .setCalibInstFlux(s.get(Fields.CALIB_FLUX))
        .setCalibInstFluxErr(s.get(Fields.err(Fields.CALIB_FLUX)))
        .setApInstFlux(s.get(Fields.aperture(12)))
        .setApInstFluxErr(s.get(Fields.err(Fields.aperture(12))))
        .setPsfInstFlux(s.get(Fields.PSF_FLUX))
        .setPsfInstFluxErr(s.get(Fields.err(Fields.PSF_FLUX)))
        .setLocalBackground(s.get(Fields.LOCAL_BACKGROUND))
        .setSizeExtendedness(s.get(Fields.SIZE_EXTENDEDNESS))
        .setRefId(refId)
        .setPsfUsed(s.flag("calib_psf_used"))
        .setPsfReserved(s.flag("calib_psf_reserved"))
        .setCandidate(single && isCandidate(s))
        .setFlagged(!isCandidate(s))
        .build();
  }

  /** The cut of specs/06 section 1.2. */
  static boolean isCandidate(MeasuredSource s) {
    double snr = s.get(Fields.CALIB_FLUX) / s.get(Fields.err(Fields.CALIB_FLUX));
    return snr >= 10
        && snr <= 2000
        && s.get(Fields.SIZE_EXTENDEDNESS) < 0.5
        && !s.flag(Fields.flag(Fields.CENTROID))
        && !s.flag(Fields.flag(Fields.CALIB_FLUX))
        && !s.flag(Fields.pixelFlag("edge"))
        && !s.flag(Fields.pixelFlag("saturated"))
        && !s.flag(Fields.pixelFlag("interpolatedCenter"))
        && !s.flag(Fields.pixelFlag("crCenter"))
        && !s.flag(Fields.pixelFlag("bad"))
        && !s.flag(Fields.pixelFlag("suspectCenter"))
        && !s.flag(Fields.pixelFlag("streak"))
        && !s.flag(Fields.pixelFlag("nodata"));
  }

  private static double square(double v) {
    return v * v;
  }
}
