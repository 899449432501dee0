package org.starbeam.image;

/**
 * Least squares with unknowns that are not negative, from normal equations (Lawson and Hanson).
 * Cost O(n^4) at the worst, for the few unknowns of a blend.
 */
public final class NonNegativeSolver {
  private static final double RIDGE = 1e-10;

  private NonNegativeSolver() {}

  /**
   * The minimum of x' A x / 2 - b' x with x at least 0.
   *
   * @param a symmetric, not negative; an unknown whose diagonal is 0 stays 0
   * @param b right side
   */
  public static double[] solve(double[][] a, double[] b) {
    int n = b.length;
    boolean[] free = new boolean[n];
    double[] x = new double[n];
    for (int round = 0; round < 3 * n + 10; round++) {
      int enter = steepest(a, b, x, free);
      if (enter < 0) {
        break;
      }
      free[enter] = true;
      double[] trial = restricted(a, b, free);
      for (int inner = 0; inner <= n && !positive(trial, free); inner++) {
        back(x, trial, free);
        trial = restricted(a, b, free);
      }
      x = trial;
    }
    return x;
  }

  /** The held unknown whose release lowers the sum fastest, in units of its curvature; or -1. */
  private static int steepest(double[][] a, double[] b, double[] x, boolean[] free) {
    int best = -1;
    double most = 0;
    for (int i = 0; i < b.length; i++) {
      if (free[i] || !(a[i][i] > 0)) {
        continue;
      }
      double slope = b[i];
      double size = Math.abs(b[i]);
      for (int j = 0; j < b.length; j++) {
        slope -= a[i][j] * x[j];
        size += Math.abs(a[i][j] * x[j]);
      }
      if (slope > 1e-9 * size && slope * slope / a[i][i] > most) {
        most = slope * slope / a[i][i];
        best = i;
      }
    }
    return best;
  }

  private static boolean positive(double[] x, boolean[] free) {
    for (int i = 0; i < x.length; i++) {
      if (free[i] && !(x[i] > 0)) {
        return false;
      }
    }
    return true;
  }

  /** Goes from x towards the trial until the first unknown reaches 0, and holds it there. */
  private static void back(double[] x, double[] trial, boolean[] free) {
    double alpha = 1;
    int hit = -1;
    for (int i = 0; i < x.length; i++) {
      if (free[i] && !(trial[i] > 0)) {
        double share = x[i] > 0 ? x[i] / (x[i] - trial[i]) : 0;
        if (hit < 0 || share < alpha) {
          alpha = share;
          hit = i;
        }
      }
    }
    for (int i = 0; i < x.length; i++) {
      if (free[i]) {
        x[i] += alpha * (trial[i] - x[i]);
      }
    }
    if (hit >= 0) {
      free[hit] = false;
      x[hit] = 0;
    }
  }

  /** The solution in the free unknowns, 0 elsewhere, by Cholesky with a ridge. */
  private static double[] restricted(double[][] a, double[] b, boolean[] free) {
    int[] index = new int[b.length];
    int n = 0;
    for (int i = 0; i < b.length; i++) {
      if (free[i]) {
        index[n++] = i;
      }
    }
    double[][] l = new double[n][n];
    double[] y = new double[n];
    for (int i = 0; i < n; i++) {
      double[] row = a[index[i]];
      for (int j = 0; j <= i; j++) {
        double sum = row[index[j]] * (i == j ? 1 + RIDGE : 1);
        for (int k = 0; k < j; k++) {
          sum -= l[i][k] * l[j][k];
        }
        l[i][j] = i == j ? Math.sqrt(Math.max(sum, RIDGE * row[index[i]])) : sum / l[j][j];
      }
      double value = b[index[i]];
      for (int k = 0; k < i; k++) {
        value -= l[i][k] * y[k];
      }
      y[i] = value / l[i][i];
    }
    double[] out = new double[b.length];
    for (int i = n - 1; i >= 0; i--) {
      for (int k = i + 1; k < n; k++) {
        y[i] -= l[k][i] * y[k];
      }
      y[i] /= l[i][i];
      out[index[i]] = y[i];
    }
    return out;
  }
}
