package org.starbeam.psf;

import java.util.Arrays;
import java.util.List;

/**
 * Chooses the degree in position of a pixel model by ten-fold cross-validation (specs/02 section
 * 7.4). The residuals of a constant model are brought onto its grid by L', divided by the star's
 * flux, and every grid point is a small weighted regression on position with the prior of the fit;
 * chi^2 of the stars left out decides. A higher degree must be better by more than one standard
 * error of the stars' differences. O(stars x grid x terms^2).
 */
final class DegreeChoice {
  private static final int FOLDS = 10;
  private static final int STARS_PER_TERM = 4;

  private final PositionBasis basis;
  private final boolean[] free;
  private final double[] precision;

  /**
   * @param basis of the highest degree
   * @param precision prior precision of the varying terms per grid point
   */
  DegreeChoice(PositionBasis basis, boolean[] free, double[] precision) {
    this.basis = basis;
    this.free = free;
    this.precision = precision;
  }

  /** Highest degree that the number of stars allows. */
  static int allowed(int stars, int maxDegree) {
    int degree = 0;
    while (degree < maxDegree && stars >= STARS_PER_TERM * PositionBasis.size(degree + 1)) {
      degree++;
    }
    return degree;
  }

  int choose(List<StarFit> stars) {
    int highest = allowed(stars.size(), basis.degree());
    if (highest == 0) {
      return 0;
    }
    double[][] residuals = new double[stars.size()][];
    double[][] weights = new double[stars.size()][];
    for (int s = 0; s < stars.size(); s++) {
      resample(stars.get(s), residuals, weights, s);
    }
    int best = 0;
    double[] bestChi2 = chi2(stars, residuals, weights, 0);
    for (int degree = 1; degree <= highest; degree++) {
      double[] next = chi2(stars, residuals, weights, degree);
      if (isBetter(next, bestChi2)) {
        best = degree;
        bestChi2 = next;
      }
    }
    return best;
  }

  private static boolean isBetter(double[] next, double[] before) {
    double sum = 0;
    double squares = 0;
    int n = next.length;
    for (int i = 0; i < n; i++) {
      double gain = before[i] - next[i];
      sum += gain;
      squares += gain * gain;
    }
    double variance = (squares - sum * sum / n) / (n - 1) * n;
    return sum > Math.sqrt(Math.max(0, variance));
  }

  /** Residual per unit flux on the grid and its weight. */
  private static void resample(StarFit star, double[][] residuals, double[][] weights, int s) {
    int grid = star.grid;
    double[] pixels = new double[star.side * star.side];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = star.weight[i] > 0 ? star.residual(i) / star.flux : 0;
    }
    double[] out = new double[grid * grid];
    LanczosTaps.addTransposed(
        pixels, grid, star.tapsX, star.tapsY, 1, new double[grid * star.side], out);
    double[] weight = new double[grid * grid];
    int mid = grid / 2;
    for (int gy = 0; gy < grid; gy++) {
      int row = (int) Math.rint(star.y - star.stamp.y0() + (gy - mid) * star.step);
      for (int gx = 0; gx < grid; gx++) {
        int column = (int) Math.rint(star.x - star.stamp.x0() + (gx - mid) * star.step);
        if (row >= 0 && row < star.side && column >= 0 && column < star.side) {
          double w = star.weight[row * star.side + column];
          weight[gy * grid + gx] = star.flux * star.flux * w / (star.step * star.step);
        }
      }
    }
    for (int i = 0; i < out.length; i++) {
      out[i] *= star.step * star.step;
    }
    residuals[s] = out;
    weights[s] = weight;
  }

  /** Chi^2 of every star by the regression on the others. */
  private double[] chi2(List<StarFit> stars, double[][] residuals, double[][] weights, int degree) {
    PositionBasis b = basis.withDegree(degree);
    int terms = b.size();
    int n = stars.size();
    double[][] rows = new double[n][];
    int[] fold = new int[n];
    for (int s = 0; s < n; s++) {
      StampSet.Star star = stars.get(s).stamp.star();
      rows[s] = b.at(star.x(), star.y());
      fold[s] = (int) Long.remainderUnsigned(Reservation.hash(~star.key()), FOLDS);
    }
    double[] out = new double[n];
    for (int g = 0; g < free.length; g++) {
      if (free[g]) {
        addPoint(g, terms, rows, fold, residuals, weights, out);
      }
    }
    return out;
  }

  private void addPoint(
      int g,
      int terms,
      double[][] rows,
      int[] fold,
      double[][] residuals,
      double[][] weights,
      double[] out) {
    for (int left = 0; left < FOLDS; left++) {
      double[][] normal = new double[terms][terms];
      double[] right = new double[terms];
      for (int k = 0; k < terms; k++) {
        normal[k][k] = k == 0 ? 1e-30 : precision[g];
      }
      boolean any = false;
      for (int s = 0; s < rows.length; s++) {
        if (fold[s] == left) {
          any = true;
          continue;
        }
        double w = weights[s][g];
        for (int a = 0; a < terms; a++) {
          double f = w * rows[s][a];
          right[a] += f * residuals[s][g];
          for (int c = 0; c <= a; c++) {
            normal[a][c] += f * rows[s][c];
          }
        }
      }
      if (!any || !SmallCholesky.solve(normal, right)) {
        Arrays.fill(right, 0);
      }
      for (int s = 0; s < rows.length; s++) {
        if (fold[s] == left) {
          double d = residuals[s][g];
          for (int a = 0; a < terms; a++) {
            d -= rows[s][a] * right[a];
          }
          out[s] += weights[s][g] * d * d;
        }
      }
    }
  }
}
