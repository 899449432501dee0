package org.starbeam.repeatability;

import java.util.List;
import org.starbeam.image.ClippedStatistics;

/**
 * Correlations of the ellipticity residuals of stars, distortion (Ixx - Iyy, 2 Ixy) / (Ixx + Iyy)
 * of the star less that of the PSF model, over pairs of one visit within a range of distances (LSST
 * SRD, LPM-17; specs/07 section 11.1). Sums over visits; cost O(n^2) in the stars of a visit.
 */
public final class EllipticityCorrelation {
  /** A star at a place of the tangent plane, arcmin. */
  public record Star(double x, double y, double de1, double de2) {}

  /**
   * E1 = mean de1 de1', E2 = mean de2 de2', EX = mean (de1 de2' + de2 de1') / 2.
   *
   * @param pairs number of pairs
   * @param err of the largest of the three, from the scatter of the pairs
   */
  public record Result(long pairs, double e1, double e2, double ex, double err) {
    /** The largest absolute value of the three; NaN without pairs. */
    public double largest() {
      return Math.max(Math.abs(e1), Math.max(Math.abs(e2), Math.abs(ex)));
    }

    /** The usual correlation function, E1 + E2. */
    public double xiPlus() {
      return e1 + e2;
    }
  }

  /**
   * A value of several fields.
   *
   * @param value median over the fields of the largest absolute correlation; NaN of none
   * @param err by those of the fields
   * @param pairs of all fields
   */
  public record OfFields(double value, double err, long pairs) {
    private static final double ERR_OF_MEDIAN = 1.2533;

    /**
     * @param fields those without pairs do not count
     */
    public static OfFields of(List<Result> fields) {
      List<Result> known = fields.stream().filter(f -> f.pairs > 0).toList();
      double value =
          ClippedStatistics.median(known.stream().mapToDouble(Result::largest).toArray());
      double squares = known.stream().mapToDouble(f -> f.err * f.err).sorted().sum();
      double ofMedian = known.size() > 2 ? ERR_OF_MEDIAN : 1;
      return new OfFields(
          value,
          ofMedian * Math.sqrt(squares) / known.size(),
          known.stream().mapToLong(Result::pairs).sum());
    }
  }

  private final double lowest;
  private final double highest;
  private final double[] sum = new double[3];
  private final double[] squares = new double[3];
  private long pairs;

  /** Pairs of distances in (lowest, highest], arcmin. */
  public EllipticityCorrelation(double lowest, double highest) {
    this.lowest = lowest;
    this.highest = highest;
  }

  /** Adds the pairs of one visit; a star that lacks a number is in none. */
  public void add(List<Star> all) {
    List<Star> stars =
        all.stream().filter(s -> Double.isFinite(s.x + s.y + s.de1 + s.de2)).toList();
    for (int i = 0; i < stars.size(); i++) {
      Star a = stars.get(i);
      for (int j = i + 1; j < stars.size(); j++) {
        Star b = stars.get(j);
        double distance = Math.hypot(a.x - b.x, a.y - b.y);
        if (distance > lowest && distance <= highest) {
          pairs++;
          count(0, a.de1 * b.de1);
          count(1, a.de2 * b.de2);
          count(2, (a.de1 * b.de2 + a.de2 * b.de1) / 2);
        }
      }
    }
  }

  private void count(int k, double product) {
    sum[k] += product;
    squares[k] += product * product;
  }

  public Result result() {
    if (pairs == 0) {
      return new Result(0, Double.NaN, Double.NaN, Double.NaN, Double.NaN);
    }
    double err = 0;
    for (int k = 0; k < 3; k++) {
      double mean = sum[k] / pairs;
      err = Math.max(err, Math.sqrt(Math.max(0, squares[k] / pairs - mean * mean) / pairs));
    }
    return new Result(pairs, sum[0] / pairs, sum[1] / pairs, sum[2] / pairs, err);
  }
}
