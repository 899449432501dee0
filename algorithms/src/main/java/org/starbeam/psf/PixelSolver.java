package org.starbeam.psf;

import java.util.Arrays;
import java.util.List;

/**
 * The global linear step of a pixel model: the constant term C that minimises
 *
 * <pre>
 *   sum_s sum_i w_si [D_si - beta_s - F_s (L_s (C + V_s))_i]^2 + sum_g q_g (C_g - C0_g)^2
 * </pre>
 *
 * with the varying part V_s of each star held and the prior precision q, by conjugate gradients on
 * a correction to the present C. The normal matrix is never formed: its product with a vector costs
 * 4 a (grid + stamp) x grid multiplications per star. Preconditioner: the diagonal, with L_s taken
 * as a shift.
 */
final class PixelSolver {
  private final int grid;
  private final boolean[] free;
  private final double[] priorMean;
  private final double[] priorPrecision;
  private final int maxSteps;
  private final double tolerance;
  private final double[] scratch;

  /**
   * @param free grid points that may differ from zero
   * @param priorMean C0
   * @param priorPrecision q
   */
  PixelSolver(
      int grid,
      int side,
      boolean[] free,
      double[] priorMean,
      double[] priorPrecision,
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

  /** Improves C in place; returns the largest change of any sample. */
  double improve(List<StarFit> stars, double[] c) {
    int n = c.length;
    double[] x = new double[n];
    double[] r = gradient(stars, c);
    double[] diagonal = diagonal(stars);
    double[] z = new double[n];
    precondition(diagonal, r, z);
    double[] p = z.clone();
    double[] q = new double[n];
    double rz = dot(r, z);
    double first = rz;
    for (int i = 0; i < maxSteps && rz > tolerance * tolerance * first; i++) {
      multiply(stars, p, q);
      double alpha = rz / dot(p, q);
      for (int g = 0; g < n; g++) {
        x[g] += alpha * p[g];
        r[g] -= alpha * q[g];
      }
      precondition(diagonal, r, z);
      double next = dot(r, z);
      double beta = next / rz;
      rz = next;
      for (int g = 0; g < n; g++) {
        p[g] = z[g] + beta * p[g];
      }
    }
    double largest = 0;
    for (int g = 0; g < n; g++) {
      c[g] += x[g];
      largest = Math.max(largest, Math.abs(x[g]));
    }
    return largest;
  }

  /** Right side: residuals of the present model through L' W, and the pull of the prior. */
  private double[] gradient(List<StarFit> stars, double[] c) {
    double[] out = new double[c.length];
    for (StarFit star : stars) {
      double[] weighted = new double[star.weight.length];
      for (int i = 0; i < weighted.length; i++) {
        double w = star.weight[i];
        weighted[i] = w > 0 ? w * star.residual(i) : 0;
      }
      spread(star, weighted, out);
    }
    for (int g = 0; g < out.length; g++) {
      double pull = priorPrecision[g] * (priorMean[g] - c[g]);
      out[g] = free[g] ? out[g] + pull : 0;
    }
    return out;
  }

  private void spread(StarFit star, double[] pixels, double[] out) {
    LanczosTaps.addTransposed(
        pixels, grid, star.tapsX, star.tapsY, star.flux * star.unit(), scratch, out);
  }

  private void multiply(List<StarFit> stars, double[] p, double[] out) {
    Arrays.fill(out, 0);
    for (StarFit star : stars) {
      double[] pixels = new double[star.weight.length];
      LanczosTaps.apply(p, grid, star.tapsX, star.tapsY, star.flux * star.unit(), scratch, pixels);
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] *= star.weight[i];
      }
      spread(star, pixels, out);
    }
    for (int g = 0; g < out.length; g++) {
      out[g] = free[g] ? out[g] + priorPrecision[g] * p[g] : 0;
    }
  }

  private double[] diagonal(List<StarFit> stars) {
    double[] out = priorPrecision.clone();
    int mid = grid / 2;
    for (StarFit star : stars) {
      double f2 = star.flux * star.flux * star.unit();
      double cx = star.x - star.stamp.x0();
      double cy = star.y - star.stamp.y0();
      for (int gy = 0; gy < grid; gy++) {
        int row = clamp((int) Math.rint(cy + (gy - mid) * star.step), star.side);
        for (int gx = 0; gx < grid; gx++) {
          int column = clamp((int) Math.rint(cx + (gx - mid) * star.step), star.side);
          out[gy * grid + gx] += f2 * star.weight[row * star.side + column];
        }
      }
    }
    return out;
  }

  private static int clamp(int i, int n) {
    return Math.max(0, Math.min(n - 1, i));
  }

  private void precondition(double[] diagonal, double[] r, double[] z) {
    for (int g = 0; g < z.length; g++) {
      z[g] = free[g] ? r[g] / diagonal[g] : 0;
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
