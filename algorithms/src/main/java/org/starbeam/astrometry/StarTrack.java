package org.starbeam.astrometry;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.RefStar;
import org.starbeam.sky.Angles;
import org.starbeam.sky.EarthEphemeris;
import org.starbeam.sky.EpochPropagation;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Wcs;

/**
 * The places of one star over time in the tangent plane of an origin close to it, as {@link
 * StarMotionFitter} needs them (specs/06 section 4.4).
 *
 * <p>The error of a place is that of its centroid, carried to the sky by the derivative of the WCS,
 * and a floor per axis. Times are those at which the light passes the barycentre. The observer is
 * at the centre of the Earth, as for the reference stars that the WCS was fitted to: 0.004 mas for
 * a parallax of 100 mas.
 */
public final class StarTrack {
  /** Position noise per axis of every entry of the reference catalogue (specs/06 section 3). */
  private static final double REFERENCE_FLOOR_MAS = 0.1;

  private static final double MAS = Math.toDegrees(1) * 3.6e6;
  private static final double LIGHT_DAYS_PER_AU = EpochPropagation.LIGHT_SECONDS_PER_AU / 86_400;

  private final SkyPoint origin;
  private final Gnomonic plane;
  private final double epochMjd;
  private double[][] columns = new double[9][16];
  private int size;

  /**
   * @param origin within some arcseconds of the star
   * @param epochMjd reference epoch, TAI MJD
   */
  public StarTrack(SkyPoint origin, double epochMjd) {
    this.origin = origin;
    this.plane = new Gnomonic(origin);
    this.epochMjd = epochMjd;
  }

  /**
   * Adds a detection.
   *
   * @param taiMjd middle of the exposure
   * @param wcs of its detector
   * @param x column of the centroid
   * @param y row of the centroid
   * @param xx its variance along x, pixel^2
   * @param yy its variance along y
   * @param xy its covariance
   * @param floorMas error per axis beside that of the centroid
   */
  public void add(
      double taiMjd,
      Wcs wcs,
      double x,
      double y,
      double xx,
      double yy,
      double xy,
      double floorMas) {
    if (size == columns[0].length) {
      for (int k = 0; k < columns.length; k++) {
        columns[k] = Arrays.copyOf(columns[k], 2 * size);
      }
    }
    double[] place = plane.project(wcs.toSky(x, y));
    double[] jacobian = wcs.jacobian(x, y);
    double[] east = {1000 * jacobian[0], 1000 * jacobian[1]};
    double[] north = {1000 * jacobian[2], 1000 * jacobian[3]};
    double[] earth = EarthEphemeris.earth(taiMjd);
    double[] factors = EpochPropagation.parallaxFactors(origin.raDeg(), origin.decDeg(), earth);
    columns[0][size] = years(taiMjd, earth);
    columns[1][size] = factors[0];
    columns[2][size] = factors[1];
    columns[3][size] = place[0] * MAS;
    columns[4][size] = place[1] * MAS;
    columns[5][size] = quadratic(east, east, xx, yy, xy);
    columns[6][size] = quadratic(north, north, xx, yy, xy);
    columns[7][size] = quadratic(east, north, xx, yy, xy);
    columns[8][size] = floorMas * floorMas;
    size++;
  }

  private double years(double taiMjd, double[] earth) {
    double[] direction = Angles.vector(origin.raDeg(), origin.decDeg());
    double towards = direction[0] * earth[0] + direction[1] * earth[1] + direction[2] * earth[2];
    return (taiMjd - epochMjd + LIGHT_DAYS_PER_AU * towards) / EpochPropagation.DAYS_PER_YEAR;
  }

  private static double quadratic(double[] a, double[] b, double xx, double yy, double xy) {
    return a[0] * b[0] * xx + a[1] * b[1] * yy + (a[0] * b[1] + a[1] * b[0]) * xy;
  }

  public int size() {
    return size;
  }

  /** Square of the floor of a detection, mas^2. */
  double floorVariance(int i) {
    return columns[8][i];
  }

  /** The detections in the order in which they were added, with their floors as given. */
  public StarMotionFitter.Detections detections() {
    return detections(1);
  }

  /**
   * The same with other floors.
   *
   * @param floorScale factor of the squares of the floors
   */
  public StarMotionFitter.Detections detections(double floorScale) {
    double[][] c = new double[columns.length][];
    for (int k = 0; k < c.length; k++) {
      c[k] = Arrays.copyOf(columns[k], size);
    }
    for (int i = 0; i < size; i++) {
      c[5][i] += floorScale * columns[8][i];
      c[6][i] += floorScale * columns[8][i];
    }
    return new StarMotionFitter.Detections(c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]);
  }

  /**
   * What the reference catalogue says of the star at the reference epoch, with the covariance of
   * the five parameters carried there, {@code J C J^T}; null for an entry without motion, parallax
   * or their errors.
   */
  public StarMotionFitter.@Nullable Constraint constraint(RefStar star) {
    double[] errors = {
      star.getRaErrMas(),
      star.getDecErrMas(),
      ReferenceStars.orNan(star.getPmRaErr()),
      ReferenceStars.orNan(star.getPmDecErr()),
      ReferenceStars.orNan(star.getParallaxErrMas())
    };
    double[] motion = {
      ReferenceStars.orNan(star.getPmRa()),
      ReferenceStars.orNan(star.getPmDec()),
      ReferenceStars.orNan(star.getParallaxMas())
    };
    if (!Arrays.stream(errors).allMatch(e -> e > 0)
        || !Arrays.stream(motion).allMatch(Double::isFinite)) {
      return null;
    }
    double epochYr = EpochPropagation.julianYear(epochMjd);
    EpochPropagation.Star entry =
        new EpochPropagation.Star(
            star.getRa(),
            star.getDec(),
            star.getEpochYr(),
            motion[0],
            motion[1],
            motion[2],
            Double.NaN);
    double[] place = barycentric(entry, epochYr);
    double[] before = barycentric(entry, epochYr - 0.5);
    double[] after = barycentric(entry, epochYr + 0.5);
    return new StarMotionFitter.Constraint(
        new double[] {place[0], place[1], after[0] - before[0], after[1] - before[1], motion[2]},
        moved(star, errors, epochYr - star.getEpochYr()));
  }

  private double[] barycentric(EpochPropagation.Star star, double epochYr) {
    double[] place = plane.project(EpochPropagation.barycentric(star, epochYr));
    return new double[] {place[0] * MAS, place[1] * MAS};
  }

  private static double[][] moved(RefStar star, double[] errors, double years) {
    double[][] c = new double[StarMotionFitter.PARAMETERS][StarMotionFitter.PARAMETERS];
    for (int k = 0; k < errors.length; k++) {
      c[k][k] = errors[k] * errors[k];
    }
    double[] cross = {orZero(star.getRaPmRaCov()), orZero(star.getDecPmDecCov())};
    for (int axis = 0; axis < 2; axis++) {
      double motion = c[axis + 2][axis + 2];
      c[axis][axis] +=
          2 * years * cross[axis]
              + years * years * motion
              + REFERENCE_FLOOR_MAS * REFERENCE_FLOOR_MAS;
      c[axis][axis + 2] = cross[axis] + years * motion;
      c[axis + 2][axis] = c[axis][axis + 2];
    }
    return c;
  }

  private static double orZero(@Nullable Double value) {
    return value == null || !Double.isFinite(value) ? 0 : value;
  }

  /** Barycentric place at the reference epoch of a fitted star. */
  public SkyPoint place(StarMotionFitter.Solution star) {
    return plane.deproject(star.parameters()[0] / MAS, star.parameters()[1] / MAS);
  }
}
