package org.starbeam.warp;

import java.util.LinkedHashMap;
import java.util.Map;
import org.starbeam.fits.FitsTable;
import org.starbeam.image.ImageD;

/**
 * How resampling correlates the noise of neighbouring pixels (specs/03 section 2.3): the mean
 * autocovariance over lags -5 to 5 in x and y, relative to lag 0. A flux F = sum phi I / sum phi^2
 * (or any other linear combination with weights phi) whose error was computed from the variance
 * plane alone has the true error multiplied by sqrt({@link #factor}),
 *
 * <pre>  factor = sum_l rho(l) A(l) / A(0),   A(l) = sum_p phi(p) phi(p + l)  </pre>
 */
public final class NoiseCorrelation {
  /** Largest lag per axis. */
  public static final int MAX_LAG = 5;

  private static final int SIDE = 2 * MAX_LAG + 1;
  private static final int PHASES = 1000;

  private final double[] rho;

  private NoiseCorrelation(double[] rho) {
    this.rho = rho;
  }

  /** No correlation. */
  public static NoiseCorrelation white() {
    double[] rho = new double[SIDE * SIDE];
    rho[MAX_LAG * SIDE + MAX_LAG] = 1;
    return new NoiseCorrelation(rho);
  }

  /** A measured autocovariance, row by row from lag (-5, -5); normalised to lag 0. */
  public static NoiseCorrelation measured(double[] autocovariance) {
    if (autocovariance.length != SIDE * SIDE || !(autocovariance[MAX_LAG * SIDE + MAX_LAG] > 0)) {
      throw new IllegalArgumentException("expected 11 x 11 lags with a positive lag 0");
    }
    double[] rho = autocovariance.clone();
    double zero = rho[MAX_LAG * SIDE + MAX_LAG];
    for (int i = 0; i < rho.length; i++) {
      rho[i] /= zero;
    }
    return new NoiseCorrelation(rho);
  }

  /**
   * White noise resampled once by a Lanczos kernel to pixels of the same size, averaged over all
   * sub-pixel phases.
   */
  public static NoiseCorrelation lanczos(int order) {
    return lanczos(order, 1);
  }

  /**
   * The same to pixels of another size.
   *
   * @param step size of the new pixels in old pixels; below 1 neighbours share more of the noise
   */
  public static NoiseCorrelation lanczos(int order, double step) {
    double[] axis = axisCovariance(order, step);
    double[] rho = new double[SIDE * SIDE];
    for (int y = -MAX_LAG; y <= MAX_LAG; y++) {
      for (int x = -MAX_LAG; x <= MAX_LAG; x++) {
        rho[(y + MAX_LAG) * SIDE + x + MAX_LAG] = axis[Math.abs(x)] * axis[Math.abs(y)];
      }
    }
    return measured(rho);
  }

  /** Mean over phases of the weights that pixels 0 to 5 apart have in common, per axis. */
  static double[] axisCovariance(int order, double step) {
    double[] out = new double[MAX_LAG + 1];
    for (int lag = 0; lag <= MAX_LAG; lag++) {
      out[lag] = commonWeight(order, lag * step, PHASES);
    }
    return out;
  }

  /** Mean over phases of the weights that positions a distance apart have in common. */
  private static double commonWeight(int order, double distance, int phases) {
    double[] near = new double[2 * order];
    double[] far = new double[2 * order];
    double sum = 0;
    for (int p = 0; p < phases; p++) {
      double phase = (p + 0.5) / phases;
      LanczosKernel.weights(order, phase, near, 0);
      double position = phase + distance;
      int shift = (int) Math.floor(position);
      LanczosKernel.weights(order, position - shift, far, 0);
      for (int k = 0; k + shift < near.length; k++) {
        sum += near[k + shift] * far[k] / phases;
      }
    }
    return sum;
  }

  /**
   * What the Lanczos weights around two positions have in common, by their distance along one axis
   * and averaged over all sub-pixel phases: {@code a(u) = integral L(x) L(x + u) dx}. Linear
   * between steps of 1/32 pixel.
   */
  public static final class Overlap {
    private static final int STEPS = 32;
    private static final int OVERLAP_PHASES = 64;

    private final double[] table;

    /**
     * @param order of the kernel
     * @param reach largest distance in pixels; beyond it the answer is 0
     */
    public Overlap(int order, int reach) {
      int far = Math.min(reach, 2 * order);
      table = new double[far * STEPS + 2];
      for (int i = 0; i <= far * STEPS; i++) {
        table[i] = commonWeight(order, (double) i / STEPS, OVERLAP_PHASES);
      }
    }

    /** a at a distance of either sign. */
    public double at(double distance) {
      double place = Math.abs(distance) * STEPS;
      int i = (int) place;
      return i + 1 >= table.length ? 0 : table[i] + (place - i) * (table[i + 1] - table[i]);
    }
  }

  /**
   * Covariance of two values resampled from pixels of this correlation, in units of the variance of
   * those pixels, averaged over sub-pixel phases: {@code sum_m rho(m) a(u - m_x) a(v - m_y)}.
   *
   * @param kernel of the resampling
   * @param u distance of the two positions along x, pixels
   * @param v the same along y
   */
  public double through(Overlap kernel, double u, double v) {
    double sum = 0;
    for (int dy = -MAX_LAG; dy <= MAX_LAG; dy++) {
      double ay = kernel.at(v - dy);
      for (int dx = -MAX_LAG; ay != 0 && dx <= MAX_LAG; dx++) {
        sum += rho(dx, dy) * ay * kernel.at(u - dx);
      }
    }
    return sum;
  }

  /** Correlation at a lag; 0 beyond {@link #MAX_LAG}. */
  public double rho(int dx, int dy) {
    return Math.abs(dx) > MAX_LAG || Math.abs(dy) > MAX_LAG
        ? 0
        : rho[(dy + MAX_LAG) * SIDE + dx + MAX_LAG];
  }

  /** One row per lag. */
  public FitsTable toTable() {
    int[] dx = new int[rho.length];
    int[] dy = new int[rho.length];
    for (int i = 0; i < rho.length; i++) {
      dx[i] = i % SIDE - MAX_LAG;
      dy[i] = i / SIDE - MAX_LAG;
    }
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("dx", dx);
    columns.put("dy", dy);
    columns.put("rho", rho.clone());
    return new FitsTable("NOISECORR", Map.of(), columns);
  }

  /** Reads what {@link #toTable} wrote. */
  public static NoiseCorrelation fromTable(FitsTable table) {
    return measured(table.doubles("rho"));
  }

  /** Factor F by which correlation raises the variance of a sum with weights phi. */
  public double factor(ImageD phi) {
    return factor(phi.data, phi.offset, phi.stride, phi.width(), phi.height());
  }

  /** The same for weights in a flat array. */
  public double factor(double[] phi, int offset, int stride, int width, int height) {
    double sum = 0;
    for (int dy = -MAX_LAG; dy <= MAX_LAG; dy++) {
      for (int dx = -MAX_LAG; dx <= MAX_LAG; dx++) {
        double r = rho(dx, dy);
        if (r != 0) {
          sum += r * autocorrelation(phi, offset, stride, width, height, dx, dy);
        }
      }
    }
    return sum / autocorrelation(phi, offset, stride, width, height, 0, 0);
  }

  private static double autocorrelation(
      double[] phi, int offset, int stride, int width, int height, int dx, int dy) {
    double sum = 0;
    for (int y = Math.max(0, -dy); y < Math.min(height, height - dy); y++) {
      int a = offset + y * stride;
      int b = offset + (y + dy) * stride + dx;
      for (int x = Math.max(0, -dx); x < Math.min(width, width - dx); x++) {
        sum += phi[a + x] * phi[b + x];
      }
    }
    return sum;
  }
}
