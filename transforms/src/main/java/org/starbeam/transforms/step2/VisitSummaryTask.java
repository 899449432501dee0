package org.starbeam.transforms.step2;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.starbeam.association.IsolatedStarAssociator;
import org.starbeam.astrometry.ReferenceStars;
import org.starbeam.characterization.FrameModel;
import org.starbeam.characterization.VisitRecovery;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.photometry.PhotoCalib;
import org.starbeam.photometry.VisitZeroPoint;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.StarCandidate;
import org.starbeam.sky.SkyPoint;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.ingest.RefStars;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumResults;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Gathers the detectors of a visit: one zero point with a gradient over the field from the
 * reference stars of all detectors (specs/02 section 13), which detectors are absent and why, and
 * models for those that lack them or disagree with the rest. Where nothing is solved over visits,
 * the final calibration of the visit is made here too, with the stars of accepted runs.
 */
public final class VisitSummaryTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  public static final String NAME = "visitSummary";

  /** Role of the first characterizations, with their summaries as payload. */
  public static final String DETECTOR = "detector";

  /** Error of a zero point that is the average of the detectors'. */
  private static final double AVERAGE_ERR_MAG = 0.05;

  /** What lies nearer than this is in the aperture of the calibration flux or in its annulus. */
  private static final double NEAR_PX = 17;

  /** Share of a star's flux that a neighbour may have. */
  private static final double NEAR_FLUX = 0.01;

  /** Reference stars of a detector with nothing beside them that are enough. */
  private static final int ENOUGH_ALONE = 10;

  /** Stars that the fit must keep for others to be held back from it. */
  private static final int MIN_GIVEN = 30;

  /**
   * @param zeroPoint the fit's configuration
   * @param recovery models for detectors that lack them or disagree with their visit
   */
  public record Config(VisitZeroPoint.Config zeroPoint, VisitRecovery.Config recovery)
      implements Serializable {
    public static Config defaults() {
      return new Config(VisitZeroPoint.Config.defaults(), VisitRecovery.Config.defaults());
    }
  }

  /** What makes the bytes of a gather that also calibrates. */
  private record Calibrating(Config visit, AstrometricSolveTask.Config solution)
      implements Serializable {}

  private final Config config;
  private final AstrometricSolveTask.@Nullable Config solution;

  /** A visit gather after which visits are solved together. */
  public VisitSummaryTask(Config config) {
    this(config, null);
  }

  private VisitSummaryTask(Config config, AstrometricSolveTask.@Nullable Config solution) {
    this.config = config;
    this.solution = solution;
  }

  /** A visit gather that leaves the final calibration of its visit. */
  public VisitSummaryTask calibrating(AstrometricSolveTask.Config how) {
    return new VisitSummaryTask(config, how);
  }

  @Override
  public TaskSpec spec() {
    List<TaskSpec.InputRule> rules =
        List.of(TaskSpec.InputRule.gather(DETECTOR, 1), TaskSpec.InputRule.optional(RefStars.ROLE));
    if (solution == null) {
      return new TaskSpec(
          NAME,
          "step2",
          4,
          Configs.json(config),
          rules,
          List.of(DatasetTypes.INITIAL_VISIT_SUMMARY));
    }
    List<TaskSpec.InputRule> more = new ArrayList<>(rules);
    more.add(TaskSpec.InputRule.optional(VisitCalibration.ACCEPTED));
    return new TaskSpec(
        NAME,
        "step2",
        4,
        Configs.json(new Calibrating(config, solution)),
        more,
        List.of(DatasetTypes.INITIAL_VISIT_SUMMARY, DatasetTypes.VISIT_SOLUTION));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    List<VisitDetector> alone = VisitDetector.of(quantum, DETECTOR, context);
    ExposureSummary first = alone.get(0).summary();
    double area = alone.stream().mapToDouble(VisitDetector::middleArea).average().orElse(1);
    RefStars.Cone cone = field(alone);
    ReferenceStars references =
        RefStars.load(
            quantum.refs(RefStars.ROLE, DatasetTypes.REFCAT.name()),
            context.reader(),
            cone,
            first.getExpMidptMjd());
    List<Recovery> recovered =
        new VisitRecovery(config.recovery)
            .recover(VisitDetector.compared(alone, area)).stream().map(Recovery::of).toList();
    List<VisitDetector> detectors = VisitPhotometry.with(recovered, alone, references);
    recovered.forEach(r -> context.caveat(QuantumContext.Caveat.FALLBACK, r.sentence()));
    context.metric("recovered", recovered.size());
    ZeroPoint zeroPoint = zeroPoint(detectors, references, area, cone, context);
    VisitPhotometry photometry =
        new VisitPhotometry(
            first.getVisit(),
            first.getBand(),
            first.getExpMidptMjd(),
            first.getDayObs(),
            first.getExpTime(),
            first.getAirmass(),
            zeroPoint.fit,
            zeroPoint.fromReferences,
            ids(zeroPoint.used),
            zeroPoint.used.stream().mapToDouble(k -> k.star.refFlux()).toArray(),
            zeroPoint.used.stream().mapToDouble(k -> k.star.refFluxErr()).toArray(),
            ids(zeroPoint.reserved),
            area,
            constants(detectors, zeroPoint.fit, area),
            detectors.stream().map(VisitDetector::detector).toList(),
            absent(quantum),
            recovered);
    context.stageJson(DatasetTypes.INITIAL_VISIT_SUMMARY, quantum.dataId(), photometry);
    if (solution != null) {
      new VisitCalibration(solution).stage(quantum, context, photometry, alone);
    }
    return Outcome.done();
  }

  /** Circle about the mean of all detector corners that holds them. */
  static RefStars.Cone field(List<VisitDetector> detectors) {
    List<Double> ra = new ArrayList<>();
    List<Double> dec = new ArrayList<>();
    for (VisitDetector detector : detectors) {
      double right = detector.summary().getWidth() - 0.5;
      double top = detector.summary().getHeight() - 0.5;
      for (double[] corner :
          new double[][] {{-0.5, -0.5}, {right, -0.5}, {right, top}, {-0.5, top}}) {
        SkyPoint sky = detector.wcs().toSky(corner[0], corner[1]);
        ra.add(sky.raDeg());
        dec.add(sky.decDeg());
      }
    }
    return RefStars.Cone.around(ra, dec, 0);
  }

  /** A zero point and the ids of its stars. */
  private record ZeroPoint(
      VisitZeroPoint.Fit fit, boolean fromReferences, List<Known> used, List<Known> reserved) {}

  /** A source with a known flux. */
  private record Known(StarCandidate source, VisitZeroPoint.Star star) {
    /** Whether it belongs to the tenth of the stars that judges. */
    boolean isReserved() {
      return IsolatedStarAssociator.photometricReserve(source.getRefId());
    }
  }

  private ZeroPoint zeroPoint(
      List<VisitDetector> detectors,
      ReferenceStars references,
      double area,
      RefStars.Cone cone,
      QuantumContext context) {
    List<Known> known = new ArrayList<>();
    for (VisitDetector detector : detectors) {
      if (!isOff(detector)) {
        known.addAll(known(detector, references, area));
      }
    }
    List<Known> given = known.stream().filter(k -> !k.isReserved()).toList();
    List<Known> reserved = known.stream().filter(Known::isReserved).toList();
    if (given.size() < MIN_GIVEN) {
      given = known;
      reserved = List.of();
    }
    VisitZeroPoint solver = new VisitZeroPoint(config.zeroPoint);
    try {
      VisitZeroPoint.Fit fit =
          solver.fit(
              given.stream().map(Known::star).toList(), cone.center(), 3600 * cone.radiusDeg());
      report(context, fit);
      context.metric(
          "zeroPointReserved",
          ClippedStatistics.median(
              reserved.stream()
                  .mapToDouble(k -> solver.residual(fit, k.star))
                  .filter(Double::isFinite)
                  .toArray()));
      return new ZeroPoint(
          fit,
          true,
          sorted(given.stream().filter(k -> solver.isUsed(fit, k.star)).toList()),
          sorted(reserved));
    } catch (AlgorithmException e) {
      context.caveat(
          QuantumContext.Caveat.FALLBACK,
          references.size() == 0
              ? "no reference catalogue: the zero points of the detectors stay"
              : e.getMessage() + ": the zero points of the detectors stay");
      VisitZeroPoint.Fit fit = average(detectors, area, cone);
      report(context, fit);
      return new ZeroPoint(fit, false, List.of(), List.of());
    }
  }

  /** Whether a detector has a zero point that counts. */
  private static boolean isOwn(VisitDetector detector) {
    return Double.isFinite(detector.summary().getZeroPoint())
        && !detector.isRecovered(FrameModel.ZERO_POINT);
  }

  /** Whether a detector has a zero point that its visit replaces. */
  private static boolean isOff(VisitDetector detector) {
    return detector.isRecovered(FrameModel.ZERO_POINT)
        && !detector.summary().getMissing().contains(FrameModel.ZERO_POINT.word());
  }

  private static void report(QuantumContext context, VisitZeroPoint.Fit fit) {
    context.metric("photRefStars", fit.nUsed());
    context.metric("zeroPoint", fit.zeroPoint());
    context.metric("zeroPointSlope", Math.hypot(fit.slopeU(), fit.slopeV()));
    context.metric("zeroPointScatter", fit.scatterMag());
  }

  private static List<Known> sorted(List<Known> stars) {
    return stars.stream().sorted(Comparator.comparingLong(k -> k.source.getSourceId())).toList();
  }

  private static long[] ids(List<Known> stars) {
    return stars.stream().mapToLong(k -> k.source.getSourceId()).toArray();
  }

  private static Map<Integer, CalibDocument> constants(
      List<VisitDetector> detectors, VisitZeroPoint.Fit fit, double area) {
    Map<Integer, CalibDocument> out = new TreeMap<>();
    for (VisitDetector detector : detectors) {
      if (!detector.lacks(FrameModel.WCS)) {
        PhotoCalib calib =
            PhotoCalib.of(
                detector.box(),
                (x, y) -> fit.zeroPoint(),
                fit.zeroPointErr(),
                detector.wcs(),
                area,
                "single-frame");
        out.put(detector.detector(), CalibDocument.of(calib));
      }
    }
    return out;
  }

  /**
   * The detector's reference stars; those with nothing beside them that adds to their calibration
   * flux, where there are enough.
   */
  private static List<Known> known(VisitDetector detector, ReferenceStars references, double area) {
    List<Known> all = matched(detector, references, area);
    List<Known> alone =
        all.stream().filter(k -> detector.stars().stream().noneMatch(s -> disturbs(s, k))).toList();
    return alone.size() >= ENOUGH_ALONE ? alone : all;
  }

  private static boolean disturbs(StarCandidate other, Known known) {
    StarCandidate star = known.source;
    double distance = Math.hypot(other.getX() - star.getX(), other.getY() - star.getY());
    return other != star
        && distance < NEAR_PX
        && other.getPsfInstFlux() > NEAR_FLUX * star.getPsfInstFlux();
  }

  private static List<Known> matched(
      VisitDetector detector, ReferenceStars references, double area) {
    String band = detector.summary().getBand();
    List<Known> out = new ArrayList<>();
    for (StarCandidate star : detector.stars()) {
      int reference = references.indexOf(star.getRefId());
      if (star.getCandidate() && star.getRefId() != 0 && reference >= 0) {
        double ratio = detector.wcs().pixelArea(star.getX(), star.getY()) / area;
        SkyPoint sky = detector.wcs().toSky(star.getX(), star.getY());
        out.add(
            new Known(
                star,
                new VisitZeroPoint.Star(
                    detector.detector(),
                    sky.raDeg(),
                    sky.decDeg(),
                    star.getCalibInstFlux() * ratio,
                    star.getCalibInstFluxErr() * ratio,
                    references.flux(band, reference),
                    references.fluxErr(band, reference))));
      }
    }
    return out;
  }

  /** The mean of the detectors' own zero points, no gradient. */
  private static VisitZeroPoint.Fit average(
      List<VisitDetector> detectors, double area, RefStars.Cone cone) {
    Map<Integer, Double> delta = new HashMap<>();
    Map<Integer, Double> error = new HashMap<>();
    List<VisitDetector> measured = detectors.stream().filter(VisitSummaryTask::isOwn).toList();
    double mean =
        (measured.isEmpty() ? detectors : measured)
            .stream()
                .mapToDouble(d -> d.summary().getZeroPoint())
                .filter(Double::isFinite)
                .average()
                .orElseThrow(
                    () ->
                        new AlgorithmException(
                            "NO_ZERO_POINT", "no detector of the visit has a zero point"));
    for (VisitDetector d : detectors) {
      double own = d.summary().getZeroPoint();
      delta.put(d.detector(), isOwn(d) ? own - mean + 2.5 * Math.log10(d.middleArea() / area) : 0);
      error.put(d.detector(), isOwn(d) ? d.summary().getZeroPointErr() : AVERAGE_ERR_MAG);
    }
    return new VisitZeroPoint.Fit(
        cone.center(),
        3600 * cone.radiusDeg(),
        mean,
        0,
        0,
        AVERAGE_ERR_MAG,
        delta,
        error,
        0,
        0,
        0,
        false);
  }

  private static List<String> absent(Quantum quantum) {
    List<String> out = new ArrayList<>();
    for (QuantumInput input : quantum.inputs()) {
      if (input.getRole().equals(DETECTOR) && !QuantumResults.isPresent(input.getResult())) {
        out.add(
            input.getResult().getDataId()
                + ": "
                + input.getResult().getStatus()
                + " "
                + input.getResult().getRootCauses());
      }
    }
    return out;
  }
}
