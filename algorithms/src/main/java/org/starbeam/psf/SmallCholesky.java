package org.starbeam.psf;

/** Solves small symmetric positive systems in place. */
final class SmallCholesky {
  private SmallCholesky() {}

  /**
   * Solves A x = b.
   *
   * @param a lower triangle; overwritten by its factor
   * @param b overwritten by x
   * @return false when A is not positive definite
   */
  static boolean solve(double[][] a, double[] b) {
    return factor(a) && substitute(a, b);
  }

  /** Overwrites the lower triangle by L of A = L L'. */
  static boolean factor(double[][] a) {
    int n = a.length;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = a[i][j];
        for (int k = 0; k < j; k++) {
          sum -= a[i][k] * a[j][k];
        }
        if (i == j) {
          if (!(sum > 1e-14 * Math.abs(a[i][i]))) {
            return false;
          }
          a[i][i] = Math.sqrt(sum);
        } else {
          a[i][j] = sum / a[j][j];
        }
      }
    }
    return true;
  }

  /** Solves L L' x = b; always true. */
  static boolean substitute(double[][] l, double[] b) {
    int n = b.length;
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < i; k++) {
        b[i] -= l[i][k] * b[k];
      }
      b[i] /= l[i][i];
    }
    for (int i = n - 1; i >= 0; i--) {
      for (int k = i + 1; k < n; k++) {
        b[i] -= l[k][i] * b[k];
      }
      b[i] /= l[i][i];
    }
    return true;
  }
}
