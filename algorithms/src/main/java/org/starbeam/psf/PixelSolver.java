package org.starbeam.psf;

import java.util.Arrays;
import java.util.List;

/**
 * The global linear step of a pixel model: the C_k that minimise
 *
 * <pre>
 *   sum_s sum_i w_si [D_si - beta_s - F_s sum_k b_k(X_s) (L_s C_k)_i]^2
 *     + sum_k sum_g q_kg (C_kg - C0_kg)^2
 * </pre>
 *
 * with the prior precisions q, by conjugate gradients on a correction to the present C. The normal
 * matrix is never formed: its product with a vector costs 4 a (grid + stamp) x grid multiplications
 * per star. Preconditioner: the blocks of one grid point, with L_s taken as a shift.
 */
final class PixelSolver {
  private final int grid;
  private final boolean[] free;
  private final double[][] priorMean;
  private final double[][] priorPrecision;
  private final int maxSteps;
  private final double tolerance;
  private final double[] scratch;

  /**
   * @param free grid points that may differ from zero
   * @param priorMean C0 [term][point]
   * @param priorPrecision q [term][point]
   */
  PixelSolver(
      int grid,
      int side,
      boolean[] free,
      double[][] priorMean,
      double[][] priorPrecision,
      int maxSteps,
      double tolerance) {
    this.grid = grid;
    this.free = free;
    this.priorMean = priorMean;
    this.priorPrecision = priorPrecision;
    this.maxSteps = maxSteps;
    this.tolerance = tolerance;
    this.scratch = new double[grid * side];
  }

  /** Improves C in place; returns the largest change of any coefficient. */
  double improve(List<StarFit> stars, double[][] c) {
    int terms = c.length;
    int n = grid * grid;
    double[] x = new double[terms * n];
    double[] r = gradient(stars, c);
    double[][][] blocks = blocks(stars, terms);
    double[] z = new double[terms * n];
    precondition(blocks, r, z);
    double[] p = z.clone();
    double[] q = new double[terms * n];
    double rz = dot(r, z);
    double first = rz;
    for (int i = 0; i < maxSteps && rz > tolerance * tolerance * first; i++) {
      multiply(stars, p, q, terms);
      double alpha = rz / dot(p, q);
      for (int k = 0; k < x.length; k++) {
        x[k] += alpha * p[k];
        r[k] -= alpha * q[k];
      }
      precondition(blocks, r, z);
      double next = dot(r, z);
      double beta = next / rz;
      rz = next;
      for (int k = 0; k < p.length; k++) {
        p[k] = z[k] + beta * p[k];
      }
    }
    double largest = 0;
    for (int k = 0; k < terms; k++) {
      for (int g = 0; g < n; g++) {
        c[k][g] += x[k * n + g];
        largest = Math.max(largest, Math.abs(x[k * n + g]));
      }
    }
    return largest;
  }

  /** Right side: residuals of the present model through L' W, and the pull of the prior. */
  private double[] gradient(List<StarFit> stars, double[][] c) {
    int n = grid * grid;
    double[] out = new double[c.length * n];
    double[] sum = new double[n];
    for (StarFit star : stars) {
      double[] weighted = new double[star.weight.length];
      for (int i = 0; i < weighted.length; i++) {
        double w = star.weight[i];
        weighted[i] = w > 0 ? w * star.residual(i) : 0;
      }
      spread(star, weighted, sum, out);
    }
    for (int k = 0; k < c.length; k++) {
      for (int g = 0; g < n; g++) {
        out[k * n + g] += priorPrecision[k][g] * (priorMean[k][g] - c[k][g]);
        out[k * n + g] = free[g] ? out[k * n + g] : 0;
      }
    }
    return out;
  }

  /** Adds F b_k L' pixels to every term. */
  private void spread(StarFit star, double[] pixels, double[] sum, double[] out) {
    int n = grid * grid;
    Arrays.fill(sum, 0);
    LanczosTaps.addTransposed(
        pixels, grid, star.tapsX, star.tapsY, star.flux * star.unit(), scratch, sum);
    for (int k = 0; k < star.basis.length; k++) {
      double f = star.basis[k];
      for (int g = 0; g < n; g++) {
        out[k * n + g] += f * sum[g];
      }
    }
  }

  private void multiply(List<StarFit> stars, double[] p, double[] out, int terms) {
    int n = grid * grid;
    Arrays.fill(out, 0);
    double[] local = new double[n];
    double[] sum = new double[n];
    for (StarFit star : stars) {
      Arrays.fill(local, 0);
      for (int k = 0; k < terms; k++) {
        double f = star.basis[k];
        for (int g = 0; g < n; g++) {
          local[g] += f * p[k * n + g];
        }
      }
      double[] pixels = new double[star.weight.length];
      LanczosTaps.apply(
          local, grid, star.tapsX, star.tapsY, star.flux * star.unit(), scratch, pixels);
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] *= star.weight[i];
      }
      spread(star, pixels, sum, out);
    }
    for (int k = 0; k < terms; k++) {
      for (int g = 0; g < n; g++) {
        int at = k * n + g;
        out[at] = free[g] ? out[at] + priorPrecision[k][g] * p[at] : 0;
      }
    }
  }

  /** Cholesky factor of the terms x terms block of every grid point. */
  private double[][][] blocks(List<StarFit> stars, int terms) {
    int n = grid * grid;
    double[][][] blocks = new double[n][terms][terms];
    int mid = grid / 2;
    for (StarFit star : stars) {
      double unit = star.unit();
      double f2 = star.flux * star.flux * unit;
      double cx = star.x - star.stamp.x0();
      double cy = star.y - star.stamp.y0();
      for (int gy = 0; gy < grid; gy++) {
        int row = clamp((int) Math.rint(cy + (gy - mid) * star.step), star.side);
        for (int gx = 0; gx < grid; gx++) {
          int column = clamp((int) Math.rint(cx + (gx - mid) * star.step), star.side);
          double w = f2 * star.weight[row * star.side + column];
          double[][] block = blocks[gy * grid + gx];
          for (int a = 0; a < terms; a++) {
            for (int b = 0; b <= a; b++) {
              block[a][b] += w * star.basis[a] * star.basis[b];
            }
          }
        }
      }
    }
    for (int g = 0; g < n; g++) {
      for (int k = 0; k < terms; k++) {
        blocks[g][k][k] += priorPrecision[k][g];
      }
      if (!SmallCholesky.factor(blocks[g])) {
        throw new IllegalStateException("prior precision must be positive");
      }
    }
    return blocks;
  }

  private static int clamp(int i, int n) {
    return Math.max(0, Math.min(n - 1, i));
  }

  private void precondition(double[][][] blocks, double[] r, double[] z) {
    int n = grid * grid;
    int terms = r.length / n;
    double[] b = new double[terms];
    for (int g = 0; g < n; g++) {
      for (int k = 0; k < terms; k++) {
        b[k] = r[k * n + g];
      }
      SmallCholesky.substitute(blocks[g], b);
      for (int k = 0; k < terms; k++) {
        z[k * n + g] = free[g] ? b[k] : 0;
      }
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
