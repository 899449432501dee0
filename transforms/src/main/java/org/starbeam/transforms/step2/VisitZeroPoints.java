package org.starbeam.transforms.step2;

import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.association.IsolatedStarAssociator;
import org.starbeam.characterization.FrameModel;
import org.starbeam.photometry.PhotoCalib;
import org.starbeam.photometry.VisitZeroPoint;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.IsolatedStar;
import org.starbeam.schema.StarCandidate;
import org.starbeam.sky.TanSip;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;

/**
 * The zero points of one visit: those of the stars that all visits of the band share, where they
 * were solved, else those of the visit's own reference stars.
 */
final class VisitZeroPoints {
  private final VisitPhotometry photometry;
  private final PhotometricSolution.@Nullable Of shared;

  private VisitZeroPoints(VisitPhotometry photometry, PhotometricSolution.@Nullable Of shared) {
    this.photometry = photometry;
    this.shared = shared;
  }

  static VisitZeroPoints of(Quantum quantum, QuantumContext context, VisitPhotometry photometry)
      throws IOException {
    PhotometricSolution.Of shared = null;
    for (DatasetRef ref :
        quantum.refs(AstrometricSolveTask.PHOTOMETRY, DatasetTypes.PHOTOMETRIC_SOLUTION.name())) {
      shared =
          context
              .reader()
              .json(ref, PhotometricSolution.class)
              .visit(photometry.visit())
              .orElse(shared);
    }
    return new VisitZeroPoints(photometry, shared);
  }

  VisitZeroPoint.Fit fit() {
    return shared == null ? photometry.zeroPoint() : shared.fit();
  }

  /** How clear the sky was; of a visit on its own, whether its detectors agree. */
  VisitClarity clarity() {
    return shared == null
        ? new VisitClarity(
            fit().nonPhotometric() ? VisitClarity.NON_PHOTOMETRIC : VisitClarity.PHOTOMETRIC,
            null,
            Map.of())
        : shared.clarity();
  }

  /** The calibration of a detector with the pixel areas of its WCS. */
  PhotoCalib calib(VisitDetector detector, TanSip wcs) {
    PhotoCalib own = detector.photoCalib();
    if (own != null
        && shared == null
        && !photometry.fromReferences()
        && !detector.isRecovered(FrameModel.ZERO_POINT)) {
      return own;
    }
    int number = detector.detector();
    double halfWidth = (detector.box().width() - 1) / 2.0;
    double halfHeight = (detector.box().height() - 1) / 2.0;
    return PhotoCalib.of(
        detector.box(),
        (x, y) ->
            fit().at(number, wcs.toSky(x, y))
                + (shared == null ? 0 : shared.flat(number, x / halfWidth - 1, y / halfHeight - 1)),
        fit().error(number),
        wcs,
        photometry.referenceAreaArcsec2(),
        shared == null ? "single-frame" : "global");
  }

  /**
   * Whether the zero point was fitted to a source.
   *
   * @param star that the source is, or null
   */
  boolean isUsed(StarCandidate source, @Nullable IsolatedStar star) {
    return shared == null ? photometry.isUsed(source) : takes(source, star, false);
  }

  /** Whether a source was held back from the fit. */
  boolean isReserved(StarCandidate source, @Nullable IsolatedStar star) {
    return shared == null ? photometry.isReserved(source) : takes(source, star, true);
  }

  private boolean takes(StarCandidate source, @Nullable IsolatedStar star, boolean reserved) {
    return star != null
        && shared != null
        && IsolatedStarAssociator.photometricReserve(star.getStarKey()) == reserved
        && SharedStars.takes(
            star, source.getCalibInstFlux(), source.getCalibInstFluxErr(), shared.all().minSnr());
  }
}
