package org.starbeam.transforms.step2;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.starbeam.photometry.SelfCalibration;
import org.starbeam.photometry.VisitZeroPoint;

/**
 * The zero points of a band from the stars that its visits share, dataset {@code
 * photometric_solution}.
 *
 * @param minSnr stars with less were not used
 * @param visits zero points by visit; visits with too few stars are absent
 * @param starFlats by detector, what is not in the zero points' constants
 * @param floorMag noise beyond the photons'
 * @param nStars stars that count
 * @param nReferences reference stars that count
 * @param nVariable stars left out because they vary
 * @param absoluteErrMag error of the common zero
 */
public record PhotometricSolution(
    String band,
    double minSnr,
    Map<Long, VisitZeroPoint.Fit> visits,
    Map<Integer, SelfCalibration.StarFlat> starFlats,
    double floorMag,
    int nStars,
    int nReferences,
    int nVariable,
    double absoluteErrMag) {

  /** The zero point of a visit with the star flats of its detectors. */
  Optional<Of> visit(long visit) {
    return Optional.ofNullable(visits.get(visit)).map(fit -> new Of(this, fit));
  }

  /** Visits that have a zero point here. */
  List<Long> visitNumbers() {
    return visits.keySet().stream().sorted().toList();
  }

  /** What the solution says of one visit. */
  record Of(PhotometricSolution all, VisitZeroPoint.Fit fit) {
    /** Correction of the star flat, mag, at a place of -1 to 1 on a detector. */
    double flat(int detector, double x, double y) {
      SelfCalibration.StarFlat flat = all.starFlats.get(detector);
      return flat == null ? 0 : flat.at(x, y);
    }
  }
}
