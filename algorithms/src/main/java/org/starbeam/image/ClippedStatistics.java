package org.starbeam.image;

import java.io.Serializable;
import java.util.Arrays;
import org.hipparchus.special.Erf;

/**
 * Mean, median, quartiles, standard deviation and their clipped forms: the one definition used
 * everywhere (specs/01 section 0.3).
 *
 * <p>Values that are not finite or whose mask has a bit of {@code andMask} are left out. Quantiles
 * are linear between order statistics at fraction * (n - 1). Pass 1 clips about the median at kappa
 * * 0.7413 * (q3 - q1), or kappa * sd where q3 = q1; pass i clips about the last clipped mean at
 * kappa * last clipped sd; each pass looks at all selected values, |x - centre| &lt;= half-width.
 * Variances have n - 1 in the denominator. Of no value every statistic is NaN; of one the mean and
 * median are it and the deviations NaN. Source: afw Statistics, made safe against NaN and IQR = 0.
 *
 * <p>Cost O(n): order statistics by radix histogram of the float bits or by selection, never a full
 * sort. Results do not depend on the order of the values beyond the last bits of a double.
 */
public final class ClippedStatistics {
  /** Standard deviation of a Gaussian over its interquartile range. */
  public static final double IQR_TO_SIGMA = 0.741301109252801;

  /** Standard deviation of a Gaussian over its median absolute deviation. */
  public static final double MAD_TO_SIGMA = 1.4826;

  private static final int RADIX_FROM = 1 << 13;

  /**
   * @param kappa half-width of the clip in sigma
   * @param passes number of clipping passes, at least 1
   * @param unbiasTruncation divides the clipped deviation by what clipping leaves of a Gaussian
   *     (0.98487 for kappa 3, 3 passes); for every measurement of a noise
   */
  public record Config(double kappa, int passes, boolean unbiasTruncation) implements Serializable {
    public Config {
      if (!(kappa > 0) || passes < 1) {
        throw new IllegalArgumentException("kappa " + kappa + ", passes " + passes);
      }
    }

    /** Kappa 3, 3 passes, not unbiased. */
    public static Config defaults() {
      return new Config(3, 3, false);
    }

    /** The defaults for noise: unbiased. */
    public static Config noise() {
      return new Config(3, 3, true);
    }
  }

  /**
   * The statistics of one sample.
   *
   * @param n selected values
   * @param nUsed values that the last pass used
   * @param sd plain standard deviation
   * @param orMask bits set in any used pixel; 0 without a mask
   */
  public record Result(
      int n,
      int nUsed,
      double mean,
      double median,
      double q1,
      double q3,
      double sd,
      double meanClip,
      double sdClip,
      int orMask) {
    static final Result EMPTY =
        new Result(
            0,
            0,
            Double.NaN,
            Double.NaN,
            Double.NaN,
            Double.NaN,
            Double.NaN,
            Double.NaN,
            Double.NaN,
            0);

    public boolean isEmpty() {
      return n == 0;
    }

    public double iqr() {
      return q3 - q1;
    }

    /** Error of the clipped mean. */
    public double seMean() {
      return sdClip / Math.sqrt(nUsed);
    }
  }

  private final Config config;
  private final double truncation;

  public ClippedStatistics(Config config) {
    this.config = config;
    this.truncation =
        config.unbiasTruncation() ? truncationRatio(config.kappa(), config.passes()) : 1;
  }

  /** With {@link Config#defaults}. */
  public ClippedStatistics() {
    this(Config.defaults());
  }

  /** Statistics of the finite values of an array. */
  public Result of(float[] values) {
    return of(values, 0, values.length);
  }

  /** Statistics of the finite values of part of an array, which is not modified. */
  public Result of(float[] values, int from, int to) {
    float[] selected = new float[to - from];
    int n = 0;
    for (int i = from; i < to; i++) {
      float v = values[i];
      if (Float.isFinite(v)) {
        selected[n++] = v;
      }
    }
    return of(selected, new int[0], n);
  }

  /** Statistics of the finite pixels of an image. */
  public Result of(ImageF image) {
    float[] selected = new float[image.box().area()];
    int n = 0;
    for (int row = 0; row < image.height(); row++) {
      int start = image.offset + row * image.stride;
      for (int i = start; i < start + image.width(); i++) {
        float v = image.data[i];
        if (Float.isFinite(v)) {
          selected[n++] = v;
        }
      }
    }
    return of(selected, new int[0], n);
  }

  /** Statistics of the finite pixels whose mask has none of the bits of {@code andMask}. */
  public Result of(ImageF image, MaskI mask, int andMask) {
    if (!image.box().equals(mask.box())) {
      throw new IllegalArgumentException(image.box() + " and mask " + mask.box());
    }
    float[] selected = new float[image.box().area()];
    int[] bits = new int[selected.length];
    int n = 0;
    for (int row = 0; row < image.height(); row++) {
      int from = image.offset + row * image.stride;
      int maskFrom = mask.offset + row * mask.stride;
      for (int x = 0; x < image.width(); x++) {
        float v = image.data[from + x];
        int m = mask.data[maskFrom + x];
        if (Float.isFinite(v) && (m & andMask) == 0) {
          selected[n] = v;
          bits[n++] = m;
        }
      }
    }
    return of(selected, bits, n);
  }

  private Result of(float[] v, int[] bits, int n) {
    if (n == 0) {
      return Result.EMPTY;
    }
    double[] q = quartiles(v, n);
    double shift = q[1];
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < n; i++) {
      double d = v[i] - shift;
      sum += d;
      squares += d * d;
    }
    Moments all = Moments.of(n, shift, sum, squares);
    Moments clipped = all;
    Interval last = new Interval(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
    double centre = q[1];
    double width = firstWidth(q, all);
    for (int pass = 0; pass < config.passes() && n > 1; pass++) {
      last = new Interval(centre - width, centre + width);
      clipped = clip(v, n, last, centre);
      centre = clipped.mean;
      width = config.kappa() * clipped.sd;
      if (clipped.n < 2) {
        break;
      }
    }
    int or = 0;
    for (int i = 0; i < bits.length && i < n; i++) {
      or |= last.holds(v[i]) ? bits[i] : 0;
    }
    return result(q, all, clipped, or);
  }

  /** Statistics of the finite values of an array of doubles, which is not modified. */
  public Result of(double[] values) {
    double[] v = new double[values.length];
    int n = 0;
    for (double value : values) {
      if (Double.isFinite(value)) {
        v[n++] = value;
      }
    }
    if (n == 0) {
      return Result.EMPTY;
    }
    double[] sorted = Arrays.copyOf(v, n);
    double[] q = new double[3];
    for (int k = 0; k < 3; k++) {
      double at = 0.25 * (k + 1) * (n - 1);
      int i = (int) at;
      double low = Selection.select(sorted, n, i);
      double high = i + 1 < n ? Selection.select(sorted, n, i + 1) : low;
      q[k] = low + (at - i) * (high - low);
    }
    Moments all = moments(v, n, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, q[1]);
    Moments clipped = all;
    double centre = q[1];
    double width = firstWidth(q, all);
    for (int pass = 0; pass < config.passes() && n > 1; pass++) {
      clipped = moments(v, n, centre - width, centre + width, centre);
      centre = clipped.mean;
      width = config.kappa() * clipped.sd;
      if (clipped.n < 2) {
        break;
      }
    }
    return result(q, all, clipped, 0);
  }

  private double firstWidth(double[] q, Moments all) {
    double iqr = q[2] - q[0];
    return config.kappa() * (iqr > 0 ? IQR_TO_SIGMA * iqr : all.sd);
  }

  private Result result(double[] q, Moments all, Moments clipped, int or) {
    return new Result(
        all.n,
        clipped.n,
        all.mean,
        q[1],
        q[0],
        q[2],
        all.sd,
        clipped.mean,
        clipped.sd / truncation,
        or);
  }

  private record Interval(double low, double high) {
    boolean holds(double v) {
      return v >= low && v <= high;
    }
  }

  private record Moments(int n, double mean, double sd) {
    static Moments of(int n, double shift, double sum, double squares) {
      if (n == 0) {
        return new Moments(0, Double.NaN, Double.NaN);
      }
      double mean = sum / n;
      double sd = n < 2 ? Double.NaN : Math.sqrt(Math.max(0, squares - n * mean * mean) / (n - 1));
      return new Moments(n, shift + mean, sd);
    }
  }

  private static Moments clip(float[] v, int n, Interval in, double shift) {
    double sum = 0;
    double squares = 0;
    int used = 0;
    double low = in.low();
    double high = in.high();
    for (int i = 0; i < n; i++) {
      double x = v[i];
      boolean inside = x >= low && x <= high;
      double d = inside ? x - shift : 0;
      sum += d;
      squares += d * d;
      used += inside ? 1 : 0;
    }
    return Moments.of(used, shift, sum, squares);
  }

  private static Moments moments(double[] v, int n, double low, double high, double shift) {
    double sum = 0;
    double squares = 0;
    int used = 0;
    for (int i = 0; i < n; i++) {
      if (v[i] >= low && v[i] <= high) {
        double d = v[i] - shift;
        sum += d;
        squares += d * d;
        used++;
      }
    }
    return Moments.of(used, shift, sum, squares);
  }

  /** First quartile, median and third quartile of the first n finite values, not modified. */
  static double[] quartiles(float[] v, int n) {
    int[] ranks = new int[6];
    for (int k = 0; k < 3; k++) {
      int i = (int) (0.25 * (k + 1) * (n - 1));
      ranks[2 * k] = i;
      ranks[2 * k + 1] = Math.min(i + 1, n - 1);
    }
    float[] at = n >= RADIX_FROM ? Selection.radix(v, n, ranks) : Selection.small(v, n, ranks);
    double[] q = new double[3];
    for (int k = 0; k < 3; k++) {
      double fraction = 0.25 * (k + 1) * (n - 1) - ranks[2 * k];
      q[k] = at[2 * k] + fraction * ((double) at[2 * k + 1] - at[2 * k]);
    }
    return q;
  }

  /** Median of the finite values, NaN when there is none; the array is not modified. */
  public static double median(float[] values) {
    float[] v = new float[values.length];
    int n = 0;
    for (float value : values) {
      if (Float.isFinite(value)) {
        v[n++] = value;
      }
    }
    return n == 0 ? Double.NaN : quartiles(v, n)[1];
  }

  /** Median of the finite values, NaN when there is none; the array is not modified. */
  public static double median(double[] values) {
    double[] v = new double[values.length];
    int n = 0;
    for (double value : values) {
      if (Double.isFinite(value)) {
        v[n++] = value;
      }
    }
    if (n == 0) {
      return Double.NaN;
    }
    int i = (n - 1) / 2;
    double low = Selection.select(v, n, i);
    return n % 2 == 1 ? low : low + 0.5 * (Selection.select(v, n, i + 1) - low);
  }

  /** Quantile of sorted values by linear interpolation. */
  public static double quantile(double[] sorted, double fraction) {
    double at = fraction * (sorted.length - 1);
    int low = (int) at;
    int high = Math.min(sorted.length - 1, low + 1);
    return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
  }

  /** Scatter of the finite values by their interquartile range; NaN with fewer than two. */
  public static double scatter(double[] values) {
    double[] sorted = Arrays.stream(values).filter(Double::isFinite).sorted().toArray();
    return sorted.length < 2
        ? Double.NaN
        : IQR_TO_SIGMA * (quantile(sorted, 0.75) - quantile(sorted, 0.25));
  }

  /** Scatter of the finite values by their median absolute deviation; NaN when there is none. */
  public static double medianScatter(double[] values) {
    double middle = median(values);
    double[] away = new double[values.length];
    for (int i = 0; i < away.length; i++) {
      away[i] = Math.abs(values[i] - middle);
    }
    return MAD_TO_SIGMA * median(away);
  }

  /** Clipped over true standard deviation of a Gaussian sample. */
  public static double truncationRatio(double kappa, int passes) {
    double ratio = 1;
    for (int pass = 0; pass < passes; pass++) {
      double a = kappa * ratio;
      double inside = Erf.erf(a / Math.sqrt(2));
      double density = Math.exp(-0.5 * a * a) / Math.sqrt(2 * Math.PI);
      ratio = Math.sqrt(1 - 2 * a * density / inside);
    }
    return ratio;
  }
}
