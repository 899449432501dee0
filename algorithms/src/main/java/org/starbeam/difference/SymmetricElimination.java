package org.starbeam.difference;

/** Elimination of a symmetric positive system, for the many small changes of one system. */
final class SymmetricElimination {
  private SymmetricElimination() {}

  /**
   * The first unknown of {@code a x = b}; a is destroyed. NaN when a is not positive definite. The
   * unknowns are eliminated from the last, so the cost is n^3 / 3.
   */
  static double firstUnknown(double[] a, double[] b) {
    int n = b.length;
    for (int k = n - 1; k > 0; k--) {
      double pivot = a[k * n + k];
      if (!(pivot > 0)) {
        return Double.NaN;
      }
      for (int i = 0; i < k; i++) {
        double factor = a[i * n + k] / pivot;
        if (factor != 0) {
          for (int j = 0; j < k; j++) {
            a[i * n + j] -= factor * a[k * n + j];
          }
          b[i] -= factor * b[k];
        }
      }
    }
    return b[0] / a[0];
  }
}
