package org.starbeam.modelfit;

/**
 * Least squares with solutions that are not negative, from normal equations of a few unknowns: the
 * active sets of Lawson and Hanson. Cost O(n^4) at the worst.
 */
final class NonNegative {
  private static final double TOLERANCE = 1e-12;

  private NonNegative() {}

  /**
   * Minimises x'Ax/2 - b'x for x >= 0.
   *
   * @param a symmetric, positive on its diagonal; unknowns whose diagonal is 0 stay 0
   */
  static double[] solve(double[][] a, double[] b) {
    int n = b.length;
    double[] x = new double[n];
    boolean[] free = new boolean[n];
    for (int round = 0; round < 3 * n + 3; round++) {
      int enter = steepest(a, b, x, free);
      if (enter < 0) {
        return x;
      }
      free[enter] = true;
      double[] wanted = Normal.solve(a, b, free);
      while (!move(x, wanted, free)) {
        wanted = Normal.solve(a, b, free);
      }
    }
    return x;
  }

  private static int steepest(double[][] a, double[] b, double[] x, boolean[] free) {
    int best = -1;
    double most = 0;
    for (int i = 0; i < b.length; i++) {
      if (!free[i] && a[i][i] > 0) {
        double gradient = b[i];
        for (int j = 0; j < b.length; j++) {
          gradient -= a[i][j] * x[j];
        }
        double relative = gradient / Math.sqrt(a[i][i]);
        if (relative > most && gradient > TOLERANCE * Math.abs(b[i])) {
          most = relative;
          best = i;
        }
      }
    }
    return best;
  }

  /** Goes towards a solution as far as all stay positive; true when it is reached. */
  private static boolean move(double[] x, double[] wanted, boolean[] free) {
    double step = 1;
    int stops = -1;
    for (int i = 0; i < x.length; i++) {
      if (free[i] && wanted[i] <= 0) {
        double reach = x[i] <= 0 ? 0 : x[i] / (x[i] - wanted[i]);
        if (reach < step || stops < 0) {
          step = reach;
          stops = i;
        }
      }
    }
    for (int i = 0; i < x.length; i++) {
      x[i] = free[i] ? x[i] + step * (wanted[i] - x[i]) : 0;
    }
    if (stops >= 0) {
      x[stops] = 0;
      free[stops] = false;
    }
    return stops < 0;
  }
}
