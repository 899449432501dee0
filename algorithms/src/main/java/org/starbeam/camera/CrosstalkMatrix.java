package org.starbeam.camera;

/**
 * Crosstalk between the amplifiers of a detector, in ADU of the target per ADU of the source: what
 * the target has too much is {@code sum over s of linear[s][t] I_s + quadratic[s][t] I_s^2}, all
 * amplifiers in read order.
 */
public final class CrosstalkMatrix {
  private final int size;
  private final double[] linear;
  private final double[] quadratic;

  private CrosstalkMatrix(int size, double[] linear, double[] quadratic) {
    this.size = size;
    this.linear = linear;
    this.quadratic = quadratic;
  }

  /** No crosstalk between so many amplifiers. */
  public static CrosstalkMatrix none(int size) {
    return new CrosstalkMatrix(size, new double[size * size], new double[size * size]);
  }

  /** From rows of targets: {@code rows[target][source]}, as camera files have it. */
  public static CrosstalkMatrix ofTargets(double[][] rows) {
    return ofSources(transpose(rows), new double[rows.length][rows.length]);
  }

  /** From {@code linear[source][target]} and {@code quadratic[source][target]}. */
  public static CrosstalkMatrix ofSources(double[][] linear, double[][] quadratic) {
    return new CrosstalkMatrix(linear.length, flat(linear), flat(quadratic));
  }

  public double linear(int source, int target) {
    return linear[source * size + target];
  }

  public double quadratic(int source, int target) {
    return quadratic[source * size + target];
  }

  /** True when nothing couples. */
  public boolean isZero() {
    for (int i = 0; i < linear.length; i++) {
      if (linear[i] != 0 || quadratic[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private static double[] flat(double[][] rows) {
    double[] out = new double[rows.length * rows.length];
    for (int i = 0; i < rows.length; i++) {
      if (rows[i].length != rows.length) {
        throw new IllegalArgumentException(
            "crosstalk row " + i + " has " + rows[i].length + " values of " + rows.length);
      }
      System.arraycopy(rows[i], 0, out, i * rows.length, rows.length);
    }
    return out;
  }

  private static double[][] transpose(double[][] rows) {
    double[][] out = new double[rows.length][rows.length];
    for (int i = 0; i < rows.length; i++) {
      for (int j = 0; j < rows[i].length; j++) {
        out[j][i] = rows[i][j];
      }
    }
    return out;
  }
}
