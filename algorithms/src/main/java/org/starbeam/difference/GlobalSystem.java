package org.starbeam.difference;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;

/**
 * The normal equations of all stamps together. Unknowns: the kernel's sum, then the spatial terms
 * of its functions 1, 2, ..., then the background.
 */
final class GlobalSystem {
  private final Box domain;
  private final KernelBasis basis;
  private final int spatial;
  private final int functions;
  private final int backgrounds;
  private final int size;
  private final double[] matrix;
  private final double[] right;

  /**
   * @param domain the box over which kernel and background vary
   * @param use which of the real stamps take part; pseudo-stamps all do
   */
  GlobalSystem(
      AlardLuptonSolver.Config config,
      Box domain,
      KernelBasis basis,
      List<StampSystem> real,
      List<StampSystem> pseudo,
      boolean[] use) {
    this.domain = domain;
    this.basis = basis;
    spatial = config.spatialOrder() == 0 ? 1 : 3;
    functions = basis.count();
    backgrounds = BackgroundPolynomial.terms(config.backgroundOrder());
    size = 1 + (functions - 1) * spatial + backgrounds;
    matrix = new double[size * size];
    right = new double[size];
    for (int i = 0; i < use.length; i++) {
      if (use[i]) {
        accumulate(real.get(i), matrix, right, 1);
      }
    }
    pseudo.forEach(s -> accumulate(s, matrix, right, 1));
  }

  /** P_k at a stamp. */
  private double[] polynomial(AlardLuptonSolver.Stamp s) {
    return new double[] {
      1,
      SpatialKernel.scaled(s.x(), domain.x0(), domain.width()),
      SpatialKernel.scaled(s.y(), domain.y0(), domain.height())
    };
  }

  /** Global unknowns of local unknown i: first index, number of polynomial terms. */
  private int first(int i) {
    return i == 0
        ? 0
        : i < functions ? 1 + (i - 1) * spatial : 1 + (functions - 1) * spatial + i - functions;
  }

  private int terms(int i) {
    return i == 0 || i >= functions ? 1 : spatial;
  }

  private void accumulate(StampSystem s, double[] a, double[] b, double sign) {
    double[] p = polynomial(s.stamp());
    int m = functions + backgrounds;
    for (int i = 0; i < m; i++) {
      for (int k = 0; k < terms(i); k++) {
        int row = first(i) + k;
        b[row] += sign * p[k] * s.right()[i];
        for (int j = 0; j < m; j++) {
          double value = sign * p[k] * s.matrix()[i * m + j];
          for (int l = 0; l < terms(j); l++) {
            a[row * size + first(j) + l] += value * p[l];
          }
        }
      }
    }
  }

  Box domain() {
    return domain;
  }

  NormalEquations.Solution solve() {
    return NormalEquations.solve(matrix, right);
  }

  /** The kernel sum with one stamp taken out; NaN when that leaves no solution. */
  double sumWithout(StampSystem s) {
    double[] a = matrix.clone();
    double[] b = right.clone();
    accumulate(s, a, b, -1);
    return SymmetricElimination.firstUnknown(a, b);
  }

  /** Local coefficients of a stamp from the global solution. */
  private double[] local(StampSystem s, double[] solution) {
    double[] p = polynomial(s.stamp());
    double[] out = new double[functions + backgrounds];
    for (int i = 0; i < out.length; i++) {
      for (int k = 0; k < terms(i); k++) {
        out[i] += p[k] * solution[first(i) + k];
      }
    }
    return out;
  }

  /** Mean and standard deviation of D / sigma in the core of a stamp. */
  double[] residual(StampSystem s, double[] solution, double fwhm, double modelError) {
    double[] c = local(s, solution);
    double radius = Math.max(3, 1.5 * fwhm);
    int side = 2 * s.half() + 1;
    double sum = 0;
    double squares = 0;
    int n = 0;
    for (int i = 0; i < s.data().length; i++) {
      int dx = i % side - s.half();
      int dy = i / side - s.half();
      if (dx * dx + dy * dy <= radius * radius) {
        double d = s.left()[i];
        for (int k = 0; k < c.length; k++) {
          d -= c[k] * s.model()[k][i];
        }
        double error = modelError * s.data()[i];
        d /= Math.sqrt(s.sigma2()[i] + error * error);
        sum += d;
        squares += d * d;
        n++;
      }
    }
    double mean = sum / n;
    return new double[] {mean, Math.sqrt(Math.max(0, squares / n - mean * mean))};
  }

  SpatialKernel kernel(double[] solution, @Nullable KernelOffsets offsets) {
    double[][] c = new double[functions][3];
    for (int i = 0; i < functions; i++) {
      for (int k = 0; k < terms(i); k++) {
        c[i][k] = solution[first(i) + k];
      }
    }
    return new SpatialKernel(basis, domain, c, offsets);
  }

  double[] background(double[] solution) {
    return Arrays.copyOfRange(solution, size - backgrounds, size);
  }
}
