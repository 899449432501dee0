package org.starbeam.photometry;

import java.io.Serializable;
import java.util.List;
import java.util.Map;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.sky.SkyPoint;

/**
 * Zero points of all visits of a band from the stars that they have in common (specs/06 sections 10
 * to 12, gray model). A star's magnitude is the same in every visit:
 *
 * <pre>
 * m(star) = m_visit + z_v + g_v . (u, v) + delta_vd + S_d(x, y)
 * </pre>
 *
 * with m_visit the magnitude by the visit's own constant, z_v its correction, g_v a slope over the
 * field, delta_vd what a detector differs by in this visit and S_d the star flat of the detector, a
 * constant or a surface of degree 2, the same in all visits; 0 where visits do not move stars over
 * the detectors, so that nothing tells it. Reference stars are observations of the absolute
 * magnitude. Robust (Tukey's biweight), variable stars are left out, the noise beyond the photons'
 * is estimated between two bounds. A visit whose detectors scatter by more than a clear sky allows
 * gets a wider prior and is called non-photometric. Cost O(rounds x iterations x observations).
 */
public final class SelfCalibration {
  /**
   * @param minStars fewest stars of a visit that is solved; one with fewer keeps its own zero point
   * @param visitPriorMag spread of the corrections of visits
   * @param gradientPriorMag spread of the slopes, per field radius
   * @param deltaPriorMag spread of the detectors of a visit
   * @param starFlatPriorMag spread of the terms of star flats
   * @param nonPhotometricMag scatter of a visit's detectors above which clouds have structure
   * @param surfaceObservations observations on a detector from which its star flat is a surface
   * @param referenceFloorMag error added to every reference magnitude
   * @param minFloorMag least noise beyond the photons'
   * @param maxFloorMag largest noise beyond the photons'
   * @param variableRatio scatter of a star over what is expected, with six observations, above
   *     which it is variable
   */
  public record Config(
      int minStars,
      double visitPriorMag,
      double gradientPriorMag,
      double deltaPriorMag,
      double starFlatPriorMag,
      double nonPhotometricMag,
      int surfaceObservations,
      double referenceFloorMag,
      double minFloorMag,
      double maxFloorMag,
      double variableRatio)
      implements Serializable {
    public static Config defaults() {
      return new Config(5, 0.3, 0.010, 0.005, 0.010, 0.015, 2000, 0.010, 0.001, 0.003, 5);
    }
  }

  /**
   * A visit.
   *
   * @param center where (u, v) = 0
   * @param radiusArcsec where |(u, v)| = 1
   * @param zeroPoint of its own, by which the magnitudes of its observations were made
   */
  public record Visit(long id, SkyPoint center, double radiusArcsec, double zeroPoint) {}

  /**
   * A star seen by a visit.
   *
   * @param star index of the star
   * @param visit index in the list of visits
   * @param x place on the detector, -1 to 1
   * @param y place on the detector, -1 to 1
   * @param mag AB magnitude by the visit's constant zero point, pixel area allowed for
   * @param err photon noise, mag
   */
  public record Observation(
      int star,
      int visit,
      int detector,
      SkyPoint place,
      double x,
      double y,
      double mag,
      double err) {}

  /** A star of known magnitude. */
  public record Reference(int star, double mag, double err) {}

  /**
   * A star flat.
   *
   * @param terms coefficients of T0, T1(x), T1(y), T2(x), T1(x) T1(y), T2(y), mag
   */
  public record StarFlat(double[] terms) {
    /** Number of terms. */
    static final int TERMS = 6;

    /** Correction at a place, -1 to 1 in both directions, mag. */
    public double at(double x, double y) {
      double[] basis = basis(x, y);
      double sum = 0;
      for (int k = 0; k < TERMS; k++) {
        sum += terms[k] * basis[k];
      }
      return sum;
    }

    static double[] basis(double x, double y) {
      return new double[] {1, x, y, 2 * x * x - 1, x * y, 2 * y * y - 1};
    }
  }

  /**
   * The calibration of a band.
   *
   * @param visits zero points by visit, those with enough stars; the deltas hold the constants of
   *     the star flats
   * @param starFlats the rest of the star flats, constant term 0, by detector
   * @param floorMag noise beyond the photons'
   * @param nStars stars with weight
   * @param nReferences reference stars with weight
   * @param nVariable stars left out because they vary
   * @param absoluteErrMag error of the common zero
   * @param scatterMag robust scatter of bright observations about their stars
   * @param starMag magnitudes of the stars, NaN where unknown
   */
  public record Result(
      Map<Long, VisitZeroPoint.Fit> visits,
      Map<Integer, StarFlat> starFlats,
      double floorMag,
      int nStars,
      int nReferences,
      int nVariable,
      double absoluteErrMag,
      double scatterMag,
      double[] starMag) {}

  private final Config config;

  public SelfCalibration(Config config) {
    this.config = config;
  }

  /**
   * Solves a band.
   *
   * @param nStars number of stars, whose indices are below it
   * @throws AlgorithmException NO_SHARED_STARS when no visit has enough stars
   */
  public Result solve(
      int nStars, List<Visit> visits, List<Observation> observations, List<Reference> references) {
    return new SelfCalibrationProblem(config, nStars, visits, observations, references).solve();
  }
}
