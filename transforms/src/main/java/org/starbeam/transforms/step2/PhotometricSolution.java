package org.starbeam.transforms.step2;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.starbeam.photometry.GrayExtinction;
import org.starbeam.photometry.SelfCalibration;
import org.starbeam.photometry.VisitZeroPoint;

/**
 * The zero points of a band from the stars that its visits share, dataset {@code
 * photometric_solution}.
 *
 * @param minSnr stars with less were not used
 * @param visits zero points by visit; visits with too few stars are absent
 * @param clarity how clear the sky was, by visit
 * @param sky throughput and extinction of the band
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
    Map<Long, VisitClarity> clarity,
    Sky sky,
    Map<Integer, SelfCalibration.StarFlat> starFlats,
    double floorMag,
    int nStars,
    int nReferences,
    int nVariable,
    double absoluteErrMag) {

  /**
   * What a clear sky lets through.
   *
   * @param zeroPoint AB magnitude of one electron per second at airmass 1, mean time of the visits
   * @param perYear its change by year
   * @param extinction mag per airmass
   * @param sigmaMag robust scatter of clear visits
   */
  public record Sky(double zeroPoint, double perYear, double extinction, double sigmaMag) {
    static Sky of(GrayExtinction.Result found) {
      return new Sky(found.zeroPoint(), found.perYear(), found.extinction(), found.sigmaMag());
    }
  }

  /** The zero point of a visit with the star flats of its detectors. */
  Optional<Of> visit(long visit) {
    return Optional.ofNullable(visits.get(visit))
        .map(fit -> new Of(this, fit, Objects.requireNonNull(clarity.get(visit))));
  }

  /** Visits that have a zero point here. */
  List<Long> visitNumbers() {
    return visits.keySet().stream().sorted().toList();
  }

  /** What the solution says of one visit. */
  record Of(PhotometricSolution all, VisitZeroPoint.Fit fit, VisitClarity clarity) {
    /** Correction of the star flat, mag, at a place of -1 to 1 on a detector. */
    double flat(int detector, double x, double y) {
      SelfCalibration.StarFlat flat = all.starFlats.get(detector);
      return flat == null ? 0 : flat.at(x, y);
    }
  }
}
