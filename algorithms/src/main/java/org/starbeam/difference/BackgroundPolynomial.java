package org.starbeam.difference;

import org.starbeam.image.Box;

/**
 * The background between two matched images: products of Chebyshev polynomials T_i(u) T_j(v) of
 * total order i + j, where u and v run from -1 to 1 over a box.
 */
final class BackgroundPolynomial {
  private BackgroundPolynomial() {}

  /** Number of terms up to a total order. */
  static int terms(int order) {
    return (order + 1) * (order + 2) / 2;
  }

  /** The total order that has a number of terms. */
  private static int orderOf(int terms) {
    int order = 0;
    while (terms(order) < terms) {
      order++;
    }
    return order;
  }

  /** The terms at a pixel; by total order, then by falling i. */
  static void fill(double[] out, Box domain, double x, double y, int order) {
    double u = SpatialKernel.scaled(x, domain.x0(), domain.width());
    double v = SpatialKernel.scaled(y, domain.y0(), domain.height());
    int k = 0;
    for (int total = 0; total <= order; total++) {
      for (int j = 0; j <= total; j++) {
        out[k++] = chebyshev(total - j, u) * chebyshev(j, v);
      }
    }
  }

  /** Value at a pixel of the polynomial with these coefficients. */
  static double at(double[] coefficients, Box domain, double x, double y) {
    double[] q = new double[coefficients.length];
    fill(q, domain, x, y, orderOf(coefficients.length));
    double sum = 0;
    for (int i = 0; i < q.length; i++) {
      sum += q[i] * coefficients[i];
    }
    return sum;
  }

  private static double chebyshev(int n, double t) {
    return switch (n) {
      case 0 -> 1;
      case 1 -> t;
      case 2 -> 2 * t * t - 1;
      default -> 2 * t * chebyshev(n - 1, t) - chebyshev(n - 2, t);
    };
  }
}
