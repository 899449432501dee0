package org.starbeam.repeatability;

import java.util.Arrays;
import org.starbeam.image.ClippedStatistics;

/**
 * A median and its error.
 *
 * @param value NaN of none
 * @param err 1.2533 robust sigma / sqrt n
 */
public record Median(double value, double err, int n) {
  private static final double ERR_OF_MEDIAN = 1.2533;

  /** The median of values in any order. Not modified. */
  public static Median of(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    if (sorted.length == 0) {
      return new Median(Double.NaN, Double.NaN, 0);
    }
    double sigma =
        ClippedStatistics.IQR_TO_SIGMA
            * (ClippedStatistics.quantile(sorted, 0.75) - ClippedStatistics.quantile(sorted, 0.25));
    return new Median(
        ClippedStatistics.quantile(sorted, 0.5),
        ERR_OF_MEDIAN * sigma / Math.sqrt(sorted.length),
        sorted.length);
  }

  /** Robust standard deviation of the values; NaN of none. */
  public double scatter() {
    return err * Math.sqrt(n) / ERR_OF_MEDIAN;
  }
}
