package org.starbeam.psf;

import java.util.Arrays;
import java.util.List;

/**
 * The global linear step of a pixel model: the terms C_k that minimise
 *
 * <pre>
 *   sum_s sum_i w_si [D_si - beta_s - F_s (L_s (sum_k b_k(X_s) C_k + V_s))_i]^2
 *     + sum_k sum_g q_kg (C_kg - C0_kg)^2
 * </pre>
 *
 * with the rest V_s of each star's model held and the prior precision q, by conjugate gradients on
 * a correction to the present C. The normal matrix is never formed: its product with a vector costs
 * 4 a (grid + stamp) x grid multiplications per star. Preconditioner: for every sample the block of
 * its terms, with L_s taken as a shift.
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
   * @param priorMean C0 by term
   * @param priorPrecision q by term
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

  /**
   * Improves the first terms of the model in place; returns the largest change of any sample.
   *
   * @param stars whose models are drawn
   */
  double improve(List<StarFit> stars, double[][] c) {
    double[][] x = zeros(c);
    double[][] r = gradient(stars, c);
    double[][][] blocks = blocks(stars, c.length);
    double[][] z = zeros(c);
    precondition(blocks, r, z);
    double[][] p = zeros(c);
    axpy(1, z, p);
    double[][] q = zeros(c);
    double rz = dot(r, z);
    double first = rz;
    for (int i = 0; i < maxSteps && rz > tolerance * tolerance * first; i++) {
      multiply(stars, p, q);
      double alpha = rz / dot(p, q);
      axpy(alpha, p, x);
      axpy(-alpha, q, r);
      precondition(blocks, r, z);
      double next = dot(r, z);
      double beta = next / rz;
      rz = next;
      for (int k = 0; k < p.length; k++) {
        for (int g = 0; g < p[k].length; g++) {
          p[k][g] = z[k][g] + beta * p[k][g];
        }
      }
    }
    axpy(1, x, c);
    double largest = 0;
    for (double[] term : x) {
      for (double v : term) {
        largest = Math.max(largest, Math.abs(v));
      }
    }
    return largest;
  }

  /** Mean over terms and samples of the diagonal of the normal matrix without its prior. */
  double meanDiagonal(List<StarFit> stars, int terms) {
    double[][] none = new double[terms][grid * grid];
    double[][] diagonal = diagonal(stars, none);
    double sum = 0;
    int n = 0;
    for (double[] term : diagonal) {
      for (int g = 0; g < term.length; g++) {
        sum += free[g] ? term[g] : 0;
        n += free[g] ? 1 : 0;
      }
    }
    return sum / n;
  }

  private static double[][] zeros(double[][] like) {
    return new double[like.length][like[0].length];
  }

  private static void axpy(double f, double[][] from, double[][] to) {
    for (int k = 0; k < to.length; k++) {
      for (int g = 0; g < to[k].length; g++) {
        to[k][g] += f * from[k][g];
      }
    }
  }

  private static double dot(double[][] a, double[][] b) {
    double sum = 0;
    for (int k = 0; k < a.length; k++) {
      sum += PixelGridFit.dot(a[k], b[k]);
    }
    return sum;
  }

  /** Right side: residuals of the present model through L' W, and the pull of the prior. */
  private double[][] gradient(List<StarFit> stars, double[][] c) {
    double[][] out = zeros(c);
    double[] one = new double[c[0].length];
    for (StarFit star : stars) {
      double[] weighted = new double[star.weight.length];
      for (int i = 0; i < weighted.length; i++) {
        double w = star.weight[i];
        weighted[i] = w > 0 ? w * star.residual(i) : 0;
      }
      spread(star, weighted, one, out);
    }
    for (int k = 0; k < out.length; k++) {
      for (int g = 0; g < out[k].length; g++) {
        double pull = priorPrecision[k][g] * (priorMean[k][g] - c[k][g]);
        out[k][g] = free[g] ? out[k][g] + pull : 0;
      }
    }
    return out;
  }

  /** Adds L' of pixels, times the star's terms. */
  private void spread(StarFit star, double[] pixels, double[] one, double[][] out) {
    Arrays.fill(one, 0);
    LanczosTaps.addTransposed(
        pixels, grid, star.tapsX, star.tapsY, star.flux * star.unit(), scratch, one);
    for (int k = 0; k < out.length; k++) {
      double b = star.basis[k];
      for (int g = 0; g < one.length; g++) {
        out[k][g] += b * one[g];
      }
    }
  }

  private void multiply(List<StarFit> stars, double[][] p, double[][] out) {
    double[] one = new double[p[0].length];
    for (double[] term : out) {
      Arrays.fill(term, 0);
    }
    for (StarFit star : stars) {
      double[] pixels = new double[star.weight.length];
      double[] local = new double[one.length];
      for (int k = 0; k < p.length; k++) {
        double b = star.basis[k];
        for (int g = 0; g < local.length; g++) {
          local[g] += b * p[k][g];
        }
      }
      LanczosTaps.apply(
          local, grid, star.tapsX, star.tapsY, star.flux * star.unit(), scratch, pixels);
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] *= star.weight[i];
      }
      spread(star, pixels, one, out);
    }
    for (int k = 0; k < out.length; k++) {
      for (int g = 0; g < out[k].length; g++) {
        out[k][g] = free[g] ? out[k][g] + priorPrecision[k][g] * p[k][g] : 0;
      }
    }
  }

  private double[][] diagonal(List<StarFit> stars, double[][] prior) {
    double[][] out = new double[prior.length][];
    for (int k = 0; k < out.length; k++) {
      out[k] = prior[k].clone();
    }
    for (StarFit star : stars) {
      double[] w = shifted(star);
      for (int k = 0; k < out.length; k++) {
        double b2 = star.basis[k] * star.basis[k];
        for (int g = 0; g < w.length; g++) {
          out[k][g] += b2 * w[g];
        }
      }
    }
    return out;
  }

  /** F^2 w of a star at every sample. */
  private double[] shifted(StarFit star) {
    double[] out = new double[grid * grid];
    int mid = grid / 2;
    double f2 = star.flux * star.flux * star.unit();
    double cx = star.x - star.stamp.x0();
    double cy = star.y - star.stamp.y0();
    for (int gy = 0; gy < grid; gy++) {
      int row = clamp((int) Math.rint(cy + (gy - mid) * star.step), star.side);
      for (int gx = 0; gx < grid; gx++) {
        int column = clamp((int) Math.rint(cx + (gx - mid) * star.step), star.side);
        out[gy * grid + gx] = f2 * star.weight[row * star.side + column];
      }
    }
    return out;
  }

  private static int clamp(int i, int n) {
    return Math.max(0, Math.min(n - 1, i));
  }

  /** Cholesky factors of the block of terms of every sample. */
  private double[][][] blocks(List<StarFit> stars, int terms) {
    double[][][] out = new double[grid * grid][terms][terms];
    for (StarFit star : stars) {
      double[] w = shifted(star);
      for (int g = 0; g < out.length; g++) {
        for (int k = 0; k < terms; k++) {
          for (int j = 0; j <= k; j++) {
            out[g][k][j] += w[g] * star.basis[k] * star.basis[j];
          }
        }
      }
    }
    for (int g = 0; g < out.length; g++) {
      for (int k = 0; k < terms; k++) {
        out[g][k][k] += priorPrecision[k][g];
      }
      if (!SmallCholesky.factor(out[g])) {
        throw new IllegalStateException("no positive prior at sample " + g);
      }
    }
    return out;
  }

  private void precondition(double[][][] blocks, double[][] r, double[][] z) {
    double[] v = new double[r.length];
    for (int g = 0; g < blocks.length; g++) {
      for (int k = 0; k < v.length; k++) {
        v[k] = free[g] ? r[k][g] : 0;
      }
      if (free[g]) {
        SmallCholesky.substitute(blocks[g], v);
      }
      for (int k = 0; k < v.length; k++) {
        z[k][g] = v[k];
      }
    }
  }
}
