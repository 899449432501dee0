package org.starbeam.warp;

/**
 * Lanczos weights L_n(x) = sinc(x) sinc(x / n) on the 2n taps around a position, normalised to unit
 * sum (specs/03 section 2.1). With a phase table a position is first rounded to the nearest of
 * {@code phases} sub-pixel phases, so that weights do not depend on how the position was computed.
 */
public final class LanczosKernel {
  private final int order;
  private final int phases;
  private final double[] table;

  /**
   * @param order n; taps floor(q) - n + 1 ... floor(q) + n
   * @param phases rows of the table; 0 evaluates every phase exactly
   */
  public LanczosKernel(int order, int phases) {
    this.order = order;
    this.phases = phases;
    this.table = new double[phases * 2 * order];
    for (int p = 0; p < phases; p++) {
      weights(order, (double) p / phases, table, p * 2 * order);
    }
  }

  public int order() {
    return order;
  }

  public int phases() {
    return phases;
  }

  /** Weights of phase p begin at index p * 2n. */
  double[] table() {
    return table;
  }

  /** Exact weights of a fraction in [0, 1). */
  public double[] weights(double fraction) {
    double[] out = new double[2 * order];
    weights(order, fraction, out, 0);
    return out;
  }

  /**
   * Weights of the phase nearest to a fraction in [0, 1]; exact without a phase table.
   *
   * @param out the 2n weights, modified
   */
  public void nearest(double fraction, double[] out) {
    if (phases == 0) {
      weights(order, fraction, out, 0);
      return;
    }
    int phase = (int) (fraction * phases + 0.5);
    if (phase < phases) {
      System.arraycopy(table, phase * 2 * order, out, 0, 2 * order);
    } else {
      java.util.Arrays.fill(out, 0);
      out[order] = 1;
    }
  }

  static void weights(int order, double fraction, double[] out, int at) {
    if (fraction == 0) {
      java.util.Arrays.fill(out, at, at + 2 * order, 0);
      out[at + order - 1] = 1;
      return;
    }
    double sum = 0;
    for (int k = 0; k < 2 * order; k++) {
      double x = k - order + 1 - fraction;
      out[at + k] = sinc(x) * sinc(x / order);
      sum += out[at + k];
    }
    for (int k = 0; k < 2 * order; k++) {
      out[at + k] /= sum;
    }
  }

  private static double sinc(double x) {
    double a = Math.PI * x;
    return a == 0 ? 1 : Math.sin(a) / a;
  }
}
