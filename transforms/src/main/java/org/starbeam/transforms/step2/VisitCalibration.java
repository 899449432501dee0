package org.starbeam.transforms.step2;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.association.MovingFrame;
import org.starbeam.astrometry.ReferenceStars;
import org.starbeam.astrometry.VisitRefiner;
import org.starbeam.characterization.FrameModel;
import org.starbeam.photometry.PhotoCalib;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.IsolatedStar;
import org.starbeam.schema.RefStar;
import org.starbeam.schema.StarCandidate;
import org.starbeam.sky.SkyPoint;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.ingest.RefStars;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;

/**
 * The calibration of the detectors of one visit, dataset {@code visit_solution}: each WCS is fitted
 * to the reference stars and to mean places of isolated stars that other visits have told; the zero
 * point, of all visits of the band where they are solved together, else the visit's own, becomes a
 * calibration field with the pixel areas of the new WCS. The stars are those of the same campaign,
 * solved together, or those of accepted runs, which stay as they are. A detector that got its WCS
 * from the visit finds its stars by their places; one without a WCS is left out.
 */
final class VisitCalibration {
  /** Role of blocks of accepted runs, whose stars are found by their places. */
  static final String ACCEPTED = "accepted";

  private final AstrometricSolveTask.Config config;

  VisitCalibration(AstrometricSolveTask.Config config) {
    this.config = config;
  }

  /** Calibrates the visit and stages its solution. */
  void stage(
      Quantum quantum,
      QuantumContext context,
      VisitPhotometry photometry,
      List<VisitDetector> alone)
      throws IOException {
    RefStars.Cone field = VisitSummaryTask.field(alone);
    List<RefStar> catalogue =
        RefStars.entries(
            quantum.refs(RefStars.ROLE, DatasetTypes.REFCAT.name()),
            context.reader(),
            new RefStars.Cone(field.center(), field.radiusDeg() + AstrometricSolveTask.MARGIN_DEG));
    List<VisitDetector> detectors =
        VisitPhotometry.with(
            photometry.recovered(), alone, ReferenceStars.at(catalogue, photometry.expMidptMjd()));
    MovingFrame frame = new MovingFrame(catalogue, config.referenceEpochYr());
    VisitRefiner refiner = new VisitRefiner(config.fitter(), catalogue, photometry.expMidptMjd());
    List<IsolatedStar> blocks =
        new ArrayList<>(IsolatedStarsTask.blocks(quantum, ACCEPTED, context));
    blocks.addAll(IsolatedStarsTask.blocks(quantum, AstrometricSolveTask.BLOCK, context));
    Map<Long, IsolatedStar> stars = bySource(blocks, photometry.visit());
    AcceptedStars accepted = AcceptedStars.of(quantum, context, frame, photometry.expMidptMjd());
    AcceptedStars everyone = AcceptedStars.of(blocks, frame, photometry.expMidptMjd());
    StarsOfVisit isolated =
        new StarsOfVisit(context.release(), blocks, frame, photometry.expMidptMjd());
    VisitZeroPoints zeroPoints = VisitZeroPoints.of(quantum, context, photometry);
    List<VisitSolution.DetectorSolution> solutions = new ArrayList<>();
    for (VisitDetector detector : detectors) {
      if (detector.lacks(FrameModel.WCS)) {
        continue;
      }
      boolean moved = detector.isRecovered(FrameModel.WCS);
      Map<Long, IsolatedStar> members = moved ? Map.of() : stars;
      AcceptedStars known = moved ? everyone : accepted;
      VisitRefiner.Result refined =
          refiner.refine(
              measurements(detector, members, known, frame, photometry.expMidptMjd()),
              detector.wcs(),
              detector.box(),
              detector.summary().getExpTime());
      VisitStars seen =
          isolated.on(
              detector,
              refined.wcs(),
              source ->
                  members.containsKey(source.getSourceId())
                      ? members.get(source.getSourceId())
                      : known.at(source.getRa(), source.getDec()),
              refined.used(),
              zeroPoints);
      solutions.add(solution(detector, refined, zeroPoints, seen));
    }
    context.metric("detectors", solutions.size());
    context.metric(
        "sigmaMas",
        solutions.stream()
            .mapToDouble(s -> Math.hypot(s.sigmaEastMas(), s.sigmaNorthMas()) / Math.sqrt(2))
            .filter(Double::isFinite)
            .average()
            .orElse(Double.NaN));
    context.stageJson(
        DatasetTypes.VISIT_SOLUTION,
        quantum.dataId(),
        new VisitSolution(
            photometry.visit(), photometry.band(), photometry.expMidptMjd(), solutions));
  }

  /** Isolated stars of which a source of this visit is a member, by that source. */
  private static Map<Long, IsolatedStar> bySource(List<IsolatedStar> blocks, long visit) {
    Map<Long, IsolatedStar> out = new HashMap<>();
    for (IsolatedStar star : blocks) {
      for (int i = 0; i < star.getMemberVisits().size(); i++) {
        if (star.getMemberVisits().get(i) == visit) {
          out.put(star.getMemberSourceIds().get(i), star);
        }
      }
    }
    return out;
  }

  private static List<VisitRefiner.Measurement> measurements(
      VisitDetector detector,
      Map<Long, IsolatedStar> stars,
      AcceptedStars accepted,
      MovingFrame frame,
      double mjd) {
    List<VisitRefiner.Measurement> out = new ArrayList<>();
    for (StarCandidate s : detector.stars()) {
      IsolatedStar member = stars.get(s.getSourceId());
      IsolatedStar known = member == null ? accepted.at(s.getRa(), s.getDec()) : null;
      IsolatedStar star = member == null ? known : member;
      if (!s.getCandidate() || s.getRefId() == 0 && star == null) {
        continue;
      }
      long refId = star != null && star.getRefId() != 0 ? star.getRefId() : s.getRefId();
      SkyPoint others = null;
      int nOthers = 0;
      double meanMjd = mjd;
      if (known != null) {
        nOthers = known.getNVisit();
        others = frame.fromReferenceEpoch(known.getRa(), known.getDec(), mjd);
        meanMjd = known.getMeanMjd() == null ? mjd : known.getMeanMjd();
      } else if (star != null && star.getNVisit() > 1) {
        nOthers = star.getNVisit() - 1;
        SkyPoint mine = frame.toReferenceEpoch(s.getRa(), s.getDec(), mjd);
        SkyPoint rest =
            VisitRefiner.meanOfOthers(
                new SkyPoint(star.getRa(), star.getDec()), star.getNVisit(), mine);
        others = frame.fromReferenceEpoch(rest.raDeg(), rest.decDeg(), mjd);
        if (star.getMeanMjd() != null) {
          meanMjd = (star.getNVisit() * star.getMeanMjd() - mjd) / nOthers;
        }
      }
      out.add(
          new VisitRefiner.Measurement(
              s.getSourceId(),
              s.getX(),
              s.getY(),
              Math.sqrt((s.getXx() + s.getYy()) / 2),
              s.getPsfInstFlux() / s.getPsfInstFluxErr(),
              refId,
              others,
              nOthers,
              meanMjd,
              star != null && star.getReserved()));
    }
    return out;
  }

  private static VisitSolution.DetectorSolution solution(
      VisitDetector detector,
      VisitRefiner.Result refined,
      VisitZeroPoints zeroPoints,
      VisitStars stars) {
    ExposureSummary summary = detector.summary();
    PhotoCalib calib = zeroPoints.calib(detector, refined.wcs());
    return new VisitSolution.DetectorSolution(
        summary.getDetector(),
        WcsDocument.of(refined.wcs()),
        CalibDocument.of(calib),
        refined.refined()
            ? "global"
            : detector.isRecovered(FrameModel.WCS) ? "camera-model" : "single-frame",
        refined.nStars(),
        refined.nReference(),
        refined.offsetMeanArcsec(),
        refined.sigmaEastMas(),
        refined.sigmaNorthMas(),
        refined.floorMas(),
        refined.chi2Dof(),
        refined.reservedMas(),
        zeroPoints.fit().nUsed(),
        zeroPoints.clarity().photometricClass(),
        zeroPoints.clarity().zeroPointScale(),
        zeroPoints.clarity().detectors().get(summary.getDetector()),
        refined.refined()
            ? Double.valueOf(refined.sipMaxErrorMas())
            : summary.getWcsSipMaxErrorMas(),
        summary.getAstromOffsetMean(),
        summary.getAstromOffsetStd(),
        stars,
        detector.recovery());
  }
}
