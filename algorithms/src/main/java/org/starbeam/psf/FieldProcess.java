package org.starbeam.psf;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.fits.FitsTable;

/**
 * A Gaussian process of mean zero over an image, conditioned on noisy values at the stars (specs/02
 * section 7.3): kernel a^2 f(sqrt(d' S^-1 d)) with f(r) = exp(-r^2 / 2), or that of a von Karman
 * spectrum, r^(5/6) K_5/6(2 pi r). Amplitude, scales and angle are those that describe the
 * two-point function of the values best, binned in vectors of separation, not those of most
 * likelihood: pairs are counted once, and one bad star changes little. Cost: pairs x trials, and
 * N^3 / 3. Immutable.
 */
final class FieldProcess {
  /** Shape of the correlation. */
  enum Kernel {
    SQUARED_EXPONENTIAL,
    VON_KARMAN
  }

  /**
   * @param kernel shape
   * @param amplitude2 variance a^2
   * @param xx elements of S^-1, pixel^-2
   */
  record Covariance(Kernel kernel, double amplitude2, double xx, double xy, double yy) {
    double at(double dx, double dy) {
      double r2 = xx * dx * dx + 2 * xy * dx * dy + yy * dy * dy;
      return amplitude2
          * (kernel == Kernel.VON_KARMAN ? vonKarman(Math.sqrt(r2)) : Math.exp(-0.5 * r2));
    }

    Covariance withAmplitude2(double value) {
      return new Covariance(kernel, value, xx, xy, yy);
    }
  }

  private static final int MIN_STARS = 20;

  /** Bins of a separation's components on either side of zero, over half of the stars' extent. */
  private static final int BINS = 5;

  /** Fall of chi^2 of the two-point function at which a process is worth having. */
  private static final double WORTH = 9;

  private static final double[] SCALES = {0.05, 0.07, 0.1, 0.14, 0.2, 0.28, 0.4};
  private static final double[] AXIS_RATIOS = {1, 0.7, 0.5, 0.35};
  private static final int ANGLES = 8;
  private static final double ORDER = 5.0 / 6;

  /** 2^(nu - 1) Gamma(nu) for nu = 5 / 6. */
  private static final double AT_ZERO = Math.pow(2, ORDER - 1) * 1.1287870299081260;

  private final Covariance covariance;
  private final double[] x;
  private final double[] y;
  private final double[] weight;

  private FieldProcess(Covariance covariance, double[] x, double[] y, double[] weight) {
    this.covariance = covariance;
    this.x = x;
    this.y = y;
    this.weight = weight;
  }

  /**
   * @param value at each star, mean zero
   * @param variance of their noise
   * @return null where the values show no correlation
   */
  static @Nullable FieldProcess fit(
      Kernel kernel, double[] x, double[] y, double[] value, double[] variance) {
    if (x.length < MIN_STARS) {
      return null;
    }
    Covariance covariance = covariance(kernel, x, y, value, variance);
    if (covariance == null) {
      return null;
    }
    int n = x.length;
    double[][] a = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        a[i][j] = covariance.at(x[i] - x[j], y[i] - y[j]);
      }
      a[i][i] += variance[i];
    }
    double[] weight = value.clone();
    return SmallCholesky.solve(a, weight) ? new FieldProcess(covariance, x, y, weight) : null;
  }

  double at(double px, double py) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += weight[i] * covariance.at(px - x[i], py - y[i]);
    }
    return sum;
  }

  /** The kernel whose correlation is nearest to that of the values; null for none. */
  private static @Nullable Covariance covariance(
      Kernel kernel, double[] x, double[] y, double[] value, double[] variance) {
    double extent = Math.max(extent(x), extent(y));
    List<double[]> bins = bins(x, y, value, variance, extent);
    Covariance best = null;
    double most = WORTH;
    for (Covariance trial : trials(kernel, extent)) {
      double mm = 0;
      double ms = 0;
      for (double[] bin : bins) {
        double m = trial.at(bin[0], bin[1]);
        mm += bin[3] * m * m;
        ms += bin[3] * m * bin[2];
      }
      double amplitude2 = ms / mm;
      if (amplitude2 > 0 && amplitude2 * ms > most) {
        most = amplitude2 * ms;
        best = trial.withAmplitude2(amplitude2);
      }
    }
    return best;
  }

  private static double extent(double[] v) {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (double d : v) {
      low = Math.min(low, d);
      high = Math.max(high, d);
    }
    return high - low;
  }

  /** {dx, dy, mean product, inverse variance} of pairs by their separation. */
  private static List<double[]> bins(
      double[] x, double[] y, double[] value, double[] variance, double extent) {
    int side = 2 * BINS + 1;
    double[][] sum = new double[side * (BINS + 1)][4];
    double size = 0.5 * extent / (BINS + 0.5);
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < i; j++) {
        double dx = x[i] - x[j];
        double dy = y[i] - y[j];
        double sign = dy < 0 ? -1 : 1;
        int column = (int) Math.rint(sign * dx / size) + BINS;
        int row = (int) Math.rint(sign * dy / size);
        if (column >= 0 && column < side && row <= BINS) {
          double[] bin = sum[row * side + column];
          double w = 1 / (variance[i] * variance[j]);
          bin[0] += w * sign * dx;
          bin[1] += w * sign * dy;
          bin[2] += w * value[i] * value[j];
          bin[3] += w;
        }
      }
    }
    List<double[]> out = new ArrayList<>();
    for (double[] bin : sum) {
      if (bin[3] > 0) {
        out.add(new double[] {bin[0] / bin[3], bin[1] / bin[3], bin[2] / bin[3], bin[3]});
      }
    }
    return out;
  }

  private static List<Covariance> trials(Kernel kernel, double extent) {
    List<Covariance> out = new ArrayList<>();
    for (double scale : SCALES) {
      double along = 1 / (scale * extent * scale * extent);
      for (double ratio : AXIS_RATIOS) {
        double across = along / (ratio * ratio);
        for (int k = 0; k < (ratio == 1 ? 1 : ANGLES); k++) {
          double c = Math.cos(Math.PI * k / ANGLES);
          double s = Math.sin(Math.PI * k / ANGLES);
          out.add(
              new Covariance(
                  kernel,
                  1,
                  along * c * c + across * s * s,
                  (along - across) * c * s,
                  along * s * s + across * c * c));
        }
      }
    }
    return out;
  }

  /** (x / 2)^nu K_nu(x) of x = 2 pi r and nu = 5 / 6, over its value at zero. */
  static double vonKarman(double r) {
    double z = 2 * Math.PI * r;
    if (z < 1e-4) {
      return 1;
    }
    double h = 0.1;
    double sum = 0.5 * Math.exp(-z);
    for (double t = h; z * Math.cosh(t) < 700; t += h) {
      sum += Math.exp(-z * Math.cosh(t)) * Math.cosh(ORDER * t);
    }
    return Math.pow(z, ORDER) * sum * h / AT_ZERO;
  }

  /** Adds a row for each process to the columns of a table; nothing where there is none. */
  static void toColumns(@Nullable FieldProcess[] processes, Map<String, Object> columns) {
    int stars = 0;
    for (FieldProcess p : processes) {
      stars = p == null ? stars : Math.max(stars, p.x.length);
    }
    if (stars == 0) {
      return;
    }
    double[][] kernel = new double[processes.length][5];
    double[][][] values = new double[3][processes.length][stars];
    for (int i = 0; i < processes.length; i++) {
      FieldProcess p = processes[i];
      if (p != null) {
        Covariance c = p.covariance;
        kernel[i] = new double[] {c.kernel.ordinal(), c.amplitude2, c.xx, c.xy, c.yy};
        values[0][i] = p.x;
        values[1][i] = p.y;
        values[2][i] = p.weight;
      }
    }
    columns.put("KERNEL", kernel);
    columns.put("STARX", values[0]);
    columns.put("STARY", values[1]);
    columns.put("WEIGHT", values[2]);
  }

  /** What {@link #toColumns} wrote, by row. */
  static @Nullable FieldProcess[] fromColumns(FitsTable table) {
    double[][] coefficients = table.vectors("COEFF");
    @Nullable FieldProcess[] out = new FieldProcess[coefficients.length];
    if (table.columns().containsKey("KERNEL")) {
      double[][] kernel = table.vectors("KERNEL");
      for (int i = 0; i < out.length; i++) {
        double[] k = kernel[i];
        if (k[1] > 0) {
          out[i] =
              new FieldProcess(
                  new Covariance(Kernel.values()[(int) k[0]], k[1], k[2], k[3], k[4]),
                  table.vectors("STARX")[i],
                  table.vectors("STARY")[i],
                  table.vectors("WEIGHT")[i]);
        }
      }
    }
    return out;
  }
}
