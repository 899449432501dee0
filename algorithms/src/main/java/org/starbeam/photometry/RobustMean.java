package org.starbeam.photometry;

import java.util.Arrays;
import org.starbeam.image.ClippedStatistics;

/**
 * Weighted location of a sample with outliers: Tukey's biweight started from the densest part of
 * the sample, with an intrinsic scatter that brings chi^2 per degree of freedom to 1.
 */
final class RobustMean {
  private static final double CUT = 4.685;
  private static final int ROUNDS = 12;

  private RobustMean() {}

  /**
   * @param value the location
   * @param error its standard error, intrinsic scatter included
   * @param intrinsic scatter beyond the given errors
   * @param used points with weight
   */
  record Result(double value, double error, double intrinsic, int used) {}

  /** Location of n points; not modified. Non-finite points are left out. */
  static Result of(double[] values, double[] sigma, double modeWidth) {
    double center = mode(values, modeWidth);
    double intrinsic = 0;
    Result result = new Result(center, Double.NaN, 0, 0);
    for (int round = 0; round < ROUNDS; round++) {
      double scale = scale(values, sigma, center, intrinsic);
      double sum = 0;
      double weights = 0;
      double squares = 0;
      int used = 0;
      for (int i = 0; i < values.length; i++) {
        double s = Math.hypot(sigma[i], intrinsic);
        double t = (values[i] - center) / (s * CUT * Math.max(1, scale));
        if (Math.abs(t) < 1) {
          double w = (1 - t * t) * (1 - t * t) / (s * s);
          sum += w * (values[i] - center);
          weights += w;
          squares += w * w * s * s;
          used++;
        }
      }
      if (!(weights > 0)) {
        break;
      }
      center += sum / weights;
      result =
          new Result(center, Math.max(1, scale) * Math.sqrt(squares) / weights, intrinsic, used);
      intrinsic = intrinsic(values, sigma, center);
    }
    return result;
  }

  /** Robust ratio of deviations to errors: 1 for right errors. */
  private static double scale(double[] values, double[] sigma, double center, double intrinsic) {
    double[] d = new double[values.length];
    int n = 0;
    for (int i = 0; i < values.length; i++) {
      double t = Math.abs(values[i] - center) / Math.hypot(sigma[i], intrinsic);
      if (Double.isFinite(t)) {
        d[n++] = t;
      }
    }
    return n == 0 ? 1 : ClippedStatistics.MAD_TO_SIGMA * median(d, n);
  }

  /** The scatter that, added to the errors, makes the median deviation Gaussian. */
  static double intrinsic(double[] values, double[] sigma, double center) {
    if (scale(values, sigma, center, 0) <= 1) {
      return 0;
    }
    double low = 1e-6;
    double high = 1;
    for (int step = 0; step < 30; step++) {
      double middle = Math.sqrt(low * high);
      if (scale(values, sigma, center, middle) > 1) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return high;
  }

  /** Middle of the interval of a width that holds most points. */
  static double mode(double[] values, double width) {
    double[] v = Arrays.stream(values).filter(Double::isFinite).sorted().toArray();
    if (v.length == 0) {
      return Double.NaN;
    }
    int best = 0;
    int bestFrom = 0;
    int bestTo = 0;
    int to = 0;
    for (int from = 0; from < v.length; from++) {
      while (to < v.length && v[to] <= v[from] + width) {
        to++;
      }
      if (to - from > best) {
        best = to - from;
        bestFrom = from;
        bestTo = to;
      }
    }
    return median(Arrays.copyOfRange(v, bestFrom, bestTo), bestTo - bestFrom);
  }

  static double median(double[] values, int n) {
    double[] v = Arrays.copyOf(values, n);
    Arrays.sort(v);
    return n == 0 ? Double.NaN : n % 2 == 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
  }
}
