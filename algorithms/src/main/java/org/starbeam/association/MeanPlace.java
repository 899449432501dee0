package org.starbeam.association;

import java.util.List;
import org.starbeam.sky.Angles;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.SkyPoint;

/**
 * Place of an object from its detections (specs/03 section 8.1): the mean of the detections in the
 * plane about their unweighted mean direction, weighted by the inverse variance of each axis.
 * Errors below {@value #FLOOR_MAS} mas count as that much. When no detection has finite errors, the
 * unweighted mean, with errors NaN.
 *
 * @param raErrDeg error of ra times cos(dec)
 * @param decErrDeg error of dec
 * @param covDeg2 covariance of the two, deg^2
 * @param mjdTai mean of the epochs, unweighted
 */
public record MeanPlace(
    SkyPoint place, double raErrDeg, double decErrDeg, double covDeg2, double mjdTai) {
  private static final double FLOOR_MAS = 5;
  private static final double FLOOR_DEG = FLOOR_MAS / 3.6e6;

  /** One detection, with errors as in {@link MeanPlace}. */
  public record Fix(
      double raDeg,
      double decDeg,
      double raErrDeg,
      double decErrDeg,
      double covDeg2,
      double mjdTai) {
    private boolean hasErrors() {
      return raErrDeg >= 0 && decErrDeg >= 0 && Double.isFinite(raErrDeg + decErrDeg);
    }
  }

  /**
   * The mean of detections that lie close together, in the order of the list.
   *
   * @param fixes at least one, positions finite
   */
  public static MeanPlace of(List<Fix> fixes) {
    double[] sum = new double[3];
    double time = 0;
    for (Fix f : fixes) {
      double[] v = Angles.vector(f.raDeg, f.decDeg);
      for (int k = 0; k < 3; k++) {
        sum[k] += v[k];
      }
      time += f.mjdTai / fixes.size();
    }
    SkyPoint middle = Angles.direction(sum);
    if (fixes.stream().noneMatch(Fix::hasErrors)) {
      return new MeanPlace(middle, Double.NaN, Double.NaN, Double.NaN, time);
    }
    Gnomonic plane = new Gnomonic(middle);
    double[] offset = new double[2];
    double[] weight = new double[2];
    double cov = 0;
    for (Fix f : fixes) {
      if (f.hasErrors()) {
        double[] p = plane.project(f.raDeg, f.decDeg);
        double east = 1 / square(Math.max(FLOOR_DEG, f.raErrDeg));
        double north = 1 / square(Math.max(FLOOR_DEG, f.decErrDeg));
        offset[0] += east * p[0];
        offset[1] += north * p[1];
        weight[0] += east;
        weight[1] += north;
        cov += Double.isFinite(f.covDeg2) ? east * north * f.covDeg2 : 0;
      }
    }
    return new MeanPlace(
        plane.deproject(offset[0] / weight[0], offset[1] / weight[1]),
        1 / Math.sqrt(weight[0]),
        1 / Math.sqrt(weight[1]),
        cov / (weight[0] * weight[1]),
        time);
  }

  private static double square(double value) {
    return value * value;
  }
}
