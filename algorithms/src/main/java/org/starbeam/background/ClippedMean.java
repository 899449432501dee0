package org.starbeam.background;

import java.util.Arrays;

/**
 * Clipped mean of specs/01 section 0.3: start at the median with the width of the quartiles, then
 * clip the full sample about the last mean, kappa sample deviations wide.
 *
 * @param n values used in the last pass
 * @param mean their mean, NaN when there is none
 * @param sd their sample standard deviation
 */
record ClippedMean(int n, double mean, double sd) {
  private static final double IQ_TO_STDEV = 0.741301109252801;

  /** Sorts the first {@code count} values in place. */
  static ClippedMean of(float[] values, int count, double kappa, int passes) {
    if (count == 0) {
      return new ClippedMean(0, Double.NaN, Double.NaN);
    }
    Arrays.sort(values, 0, count);
    double centre = quantile(values, count, 0.5);
    double sd = IQ_TO_STDEV * (quantile(values, count, 0.75) - quantile(values, count, 0.25));
    if (sd == 0) {
      sd = moments(values, 0, count)[1];
    }
    int used = count;
    for (int pass = 0; pass < passes; pass++) {
      int from = lowerBound(values, count, centre - kappa * sd);
      int to = upperBound(values, count, centre + kappa * sd);
      if (to <= from) {
        break;
      }
      double[] m = moments(values, from, to);
      centre = m[0];
      sd = m[1];
      used = to - from;
    }
    return new ClippedMean(used, centre, sd);
  }

  double error() {
    return sd / Math.sqrt(n);
  }

  private static double quantile(float[] sorted, int count, double q) {
    double at = q * (count - 1);
    int i = (int) at;
    return i + 1 >= count ? sorted[i] : sorted[i] + (at - i) * ((double) sorted[i + 1] - sorted[i]);
  }

  private static double[] moments(float[] v, int from, int to) {
    double shift = v[from];
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += v[i] - shift;
    }
    int n = to - from;
    double mean = shift + sum / n;
    double squares = 0;
    for (int i = from; i < to; i++) {
      squares += (v[i] - mean) * (v[i] - mean);
    }
    return new double[] {mean, n > 1 ? Math.sqrt(squares / (n - 1)) : 0};
  }

  private static int lowerBound(float[] v, int count, double limit) {
    int low = 0;
    int high = count;
    while (low < high) {
      int mid = (low + high) >>> 1;
      if (v[mid] < limit) {
        low = mid + 1;
      } else {
        high = mid;
      }
    }
    return low;
  }

  private static int upperBound(float[] v, int count, double limit) {
    int low = 0;
    int high = count;
    while (low < high) {
      int mid = (low + high) >>> 1;
      if (v[mid] <= limit) {
        low = mid + 1;
      } else {
        high = mid;
      }
    }
    return low;
  }
}
