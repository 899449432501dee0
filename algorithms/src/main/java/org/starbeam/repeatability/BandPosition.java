package org.starbeam.repeatability;

import java.util.List;
import java.util.Optional;
import org.starbeam.sky.Angles;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.SkyPoint;

/**
 * Where the visits of a band saw a star: a weighted straight line through its places on the tangent
 * plane, and how far a star is in one band from where it is in another (AB1 of the LSST SRD,
 * LPM-17; specs/07 section 11.3). The weight of a place is the inverse of the mean variance of its
 * axes.
 *
 * @param visits that have a place with errors
 * @param mjd weighted mean of the times
 * @param mean weighted mean of the places
 * @param errMas of the mean per axis, by the errors of the places
 * @param slopeErr of the slope of the line, mas/yr; infinite when all places are of one time
 */
public record BandPosition(
    String band,
    int visits,
    double mjd,
    SkyPoint mean,
    double errMas,
    double slopeErr,
    Axis east,
    Axis north) {
  private static final double MAS = Math.toDegrees(1) * 3.6e6;
  private static final double DAYS_PER_YEAR = 365.25;
  private static final double SIGNIFICANT = 5;

  /**
   * One axis of the line.
   *
   * @param slope mas/yr, 0 when it is not determined
   * @param chi2 of the places about the line
   */
  public record Axis(double slope, double chi2) {}

  /**
   * A place at a time.
   *
   * @param eastErrMas error of right ascension times cos(dec)
   */
  public record Place(
      double mjd, double raDeg, double decDeg, double eastErrMas, double northErrMas) {
    /** 1 / mas^2; 0 of a place that lacks something. */
    double weight() {
      double variance = (eastErrMas * eastErrMas + northErrMas * northErrMas) / 2;
      boolean known =
          Double.isFinite(mjd + raDeg + decDeg)
              && eastErrMas > 0
              && northErrMas > 0
              && Double.isFinite(variance);
      return known ? 1 / variance : 0;
    }
  }

  /** The line through the places that have errors, in their order; nothing where none has. */
  public static Optional<BandPosition> of(String band, List<Place> places) {
    List<Place> good = places.stream().filter(p -> p.weight() > 0).toList();
    if (good.isEmpty()) {
      return Optional.empty();
    }
    double[] sum = new double[3];
    double weights = 0;
    double days = 0;
    double first = good.get(0).mjd;
    for (Place p : good) {
      double w = p.weight();
      double[] v = Angles.vector(p.raDeg, p.decDeg);
      weights += w;
      days += w * (p.mjd - first);
      for (int k = 0; k < 3; k++) {
        sum[k] += w * v[k];
      }
    }
    double mjd = first + days / weights;
    SkyPoint mean = Angles.direction(sum);
    Line east = new Line();
    Line north = new Line();
    Gnomonic plane = new Gnomonic(mean);
    for (Place p : good) {
      double[] xy = plane.project(p.raDeg, p.decDeg);
      double years = (p.mjd - mjd) / DAYS_PER_YEAR;
      east.add(p.weight(), years, MAS * xy[0]);
      north.add(p.weight(), years, MAS * xy[1]);
    }
    return Optional.of(
        new BandPosition(
            band,
            good.size(),
            mjd,
            mean,
            1 / Math.sqrt(weights),
            1 / Math.sqrt(east.tt),
            east.axis(),
            north.axis()));
  }

  /** Sums of a line whose times have the weighted mean 0. */
  private static final class Line {
    private double w;
    private double tt;
    private double x;
    private double tx;
    private double xx;

    void add(double weight, double t, double value) {
      w += weight;
      tt += weight * t * t;
      x += weight * value;
      tx += weight * t * value;
      xx += weight * value * value;
    }

    Axis axis() {
      double slope = tt > 0 ? tx / tt : 0;
      return new Axis(slope, Math.max(0, xx - x * x / w - slope * tx));
    }
  }

  /**
   * {east, north} of a star in one band from where it is in a reference band at the epoch of that,
   * mas. Its motion is the common slope of all bands, where that is significant at five sigma; the
   * errors of the places are made larger where the lines do not fit.
   *
   * @param all the star in all bands
   */
  public static double[] offset(
      List<BandPosition> all, BandPosition ofBand, BandPosition reference) {
    double[] xy = new Gnomonic(reference.mean).project(ofBand.mean);
    double years = (reference.mjd - ofBand.mjd) / DAYS_PER_YEAR;
    return new double[] {
      MAS * xy[0] + years * motion(all, true), MAS * xy[1] + years * motion(all, false)
    };
  }

  private Axis axis(boolean isEast) {
    return isEast ? east : north;
  }

  /** The common slope of all bands where it is significant, else 0; mas/yr. */
  private static double motion(List<BandPosition> all, boolean isEast) {
    double weights = 0;
    double sum = 0;
    int freedom = -1;
    for (BandPosition p : all) {
      double w = 1 / (p.slopeErr * p.slopeErr);
      weights += w;
      sum += w * p.axis(isEast).slope;
      freedom += p.visits - 1;
    }
    if (!(weights > 0) || freedom < 1) {
      return 0;
    }
    double slope = sum / weights;
    double chi2 = 0;
    for (BandPosition p : all) {
      double away = (p.axis(isEast).slope - slope) / p.slopeErr;
      chi2 += p.axis(isEast).chi2 + away * away;
    }
    double err = Math.sqrt(Math.max(1, chi2 / freedom) / weights);
    return Math.abs(slope) > SIGNIFICANT * err ? slope : 0;
  }
}
