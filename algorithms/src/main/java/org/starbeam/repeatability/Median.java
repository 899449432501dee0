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
  static Median of(double[] values) {
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
        1.2533 * sigma / Math.sqrt(sorted.length),
        sorted.length);
  }
}
