package org.starbeam.psf;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;

/**
 * Fits how the modes of a PSF depend on position: the residuals of the stars, after the constant
 * term, as sum over modes m and terms k > 0 of a_km b_k(X) F (L M_m), by weighted linear least
 * squares with a prior of mean zero; terms above the first degree have the principal modes only.
 * Degree and prior are those of the least chi^2 of the stars left out in ten-fold cross-validation
 * (specs/02 section 7.4; without its preference for lower degrees within one standard error, which
 * costs more than a needless degree where terms are a few modes). With wide priors alone two dozen
 * stars of S/N 100 mostly choose a constant model, although sizes vary by a percent: the noise of
 * ten modes outweighs them. Cost: stars x modes^2 x stamp, and (modes x terms)^3 / 3 per fold,
 * degree and prior.
 */
final class VariationFit {
  static final int FOLDS = 10;
  private static final int STARS_PER_TERM = 4;

  /** Flux and background of a star. */
  private static final int NUISANCES = 2;

  private final double[][] modes;
  private final PositionBasis highest;
  private final List<Prior> priors;
  private final List<StarFit> stars;

  /** Per star: M' W M of its mode images, M' W r and r' W r of its residual. */
  private final double[][][] normal;

  private final double[][] right;
  private final double[] square;

  /**
   * How much the modes may vary: one sigma of an amplitude, in units of the constant term.
   *
   * @param principal of size and shape
   * @param minor of the other modes
   */
  record Prior(double principal, double minor) implements Serializable {}

  /** What the stars left out have chosen. */
  record Choice(int degree, Prior prior) {
    static final Choice CONSTANT = new Choice(0, new Prior(0, 0));
  }

  /**
   * @param modes images on the grid
   * @param constant constant term on the grid
   * @param priors of which one is chosen
   */
  VariationFit(
      List<StarFit> stars,
      double[] constant,
      double[][] modes,
      PositionBasis highest,
      List<Prior> priors) {
    this.modes = modes;
    this.highest = highest;
    this.priors = priors;
    this.stars = stars;
    normal = new double[stars.size()][][];
    right = new double[stars.size()][];
    square = new double[stars.size()];
    for (int s = 0; s < stars.size(); s++) {
      accumulate(stars.get(s), constant, s);
    }
  }

  private void accumulate(StarFit star, double[] constant, int s) {
    int n = star.side * star.side;
    int m = modes.length;
    double[] scratch = new double[star.grid * star.side];
    double[] base = new double[n];
    star.render(constant, scratch, base);
    double[][] column = new double[m + NUISANCES][n];
    System.arraycopy(star.model, 0, column[0], 0, n);
    Arrays.fill(column[1], 1 / star.flux);
    for (int k = 0; k < m; k++) {
      star.render(modes[k], scratch, column[NUISANCES + k]);
    }
    double[][] a = new double[m + NUISANCES][m + NUISANCES];
    double[] b = new double[m + NUISANCES];
    double sum = 0;
    for (int i = 0; i < n; i++) {
      double w = star.weight[i];
      if (w > 0) {
        double r = star.stamp.data()[i] - star.background - star.flux * base[i];
        sum += w * r * r;
        for (int k = 0; k < a.length; k++) {
          double f = w * star.flux * column[k][i];
          b[k] += f * r;
          for (int j = 0; j <= k; j++) {
            a[k][j] += f * star.flux * column[j][i];
          }
        }
      }
    }
    square[s] = sum - eliminate(a, b);
    normal[s] = new double[m][m];
    right[s] = Arrays.copyOfRange(b, NUISANCES, b.length);
    for (int k = 0; k < m; k++) {
      for (int j = 0; j < m; j++) {
        normal[s][k][j] = a[NUISANCES + Math.max(j, k)][NUISANCES + Math.min(j, k)];
      }
    }
  }

  /**
   * Takes flux and background out of a lower triangle and its right side, which are then those of a
   * fit in which they are free; returns by how much chi^2 falls.
   */
  private static double eliminate(double[][] a, double[] b) {
    double fall = 0;
    for (int q = 0; q < NUISANCES; q++) {
      fall += b[q] * b[q] / a[q][q];
      for (int k = q + 1; k < a.length; k++) {
        double f = a[k][q] / a[q][q];
        b[k] -= f * b[q];
        for (int j = q + 1; j <= k; j++) {
          a[k][j] -= f * a[j][q];
        }
      }
    }
    return fall;
  }

  /** Highest degree that the number of stars allows. */
  static int allowed(int stars, int maxDegree) {
    int degree = 0;
    while (degree < maxDegree && stars >= STARS_PER_TERM * PositionBasis.size(degree + 1)) {
      degree++;
    }
    return degree;
  }

  Choice choose() {
    Choice best = Choice.CONSTANT;
    double bestChi2 = Arrays.stream(square).sum();
    for (int degree = 1; degree <= allowed(stars.size(), highest.degree()); degree++) {
      for (Prior prior : priors) {
        Choice choice = new Choice(degree, prior);
        double next = crossValidated(choice);
        if (next < bestChi2) {
          best = choice;
          bestChi2 = next;
        }
      }
    }
    return best;
  }

  /** Chi^2 of all stars, each by the model of the stars of the other folds. */
  private double crossValidated(Choice choice) {
    double chi2 = 0;
    for (int fold = 0; fold < FOLDS; fold++) {
      double[] a = null;
      for (int s = 0; s < stars.size(); s++) {
        if (fold(s) == fold) {
          a = a == null ? solve(choice, fold, 1) : a;
          chi2 += chi2(s, amplitudes(a, basis(s, choice.degree, 1)));
        }
      }
    }
    return chi2;
  }

  private int fold(int s) {
    return fold(stars.get(s).stamp.star().key());
  }

  /** Group of a star in cross-validation and jackknife. */
  static int fold(long key) {
    return (int) Long.remainderUnsigned(Reservation.hash(~key), FOLDS);
  }

  /** Terms of a star; without the constant one from 1. */
  private double[] basis(int s, int degree, int from) {
    StampSet.Star star = stars.get(s).stamp.star();
    double[] all = highest.withDegree(degree).at(star.x(), star.y());
    return Arrays.copyOfRange(all, from, all.length);
  }

  private double chi2(int s, double[] amplitude) {
    double sum = square[s];
    for (int k = 0; k < amplitude.length; k++) {
      double row = -2 * right[s][k];
      for (int j = 0; j < amplitude.length; j++) {
        row += normal[s][k][j] * amplitude[j];
      }
      sum += amplitude[k] * row;
    }
    return sum;
  }

  private double[] amplitudes(double[] a, double[] b) {
    int m = modes.length;
    double[] out = new double[m];
    for (int t = 0; t < b.length; t++) {
      for (int k = 0; k < m; k++) {
        out[k] += b[t] * a[t * m + k];
      }
    }
    return out;
  }

  /**
   * Amplitudes [(term - from) * modes + mode] without the stars of one fold; -1 for all. Those of
   * the constant term, from 0, are free within its own size.
   */
  private double[] solve(Choice choice, int without, int from) {
    int m = modes.length;
    int terms = PositionBasis.size(choice.degree) - from;
    double[][] a = new double[terms * m][terms * m];
    double[] b = new double[terms * m];
    for (int s = 0; s < stars.size(); s++) {
      if (fold(s) != without) {
        double[] basis = basis(s, choice.degree, from);
        for (int t = 0; t < terms; t++) {
          for (int k = 0; k < m; k++) {
            b[t * m + k] += basis[t] * right[s][k];
            for (int u = 0; u <= t; u++) {
              double f = basis[t] * basis[u];
              for (int j = 0; j < m; j++) {
                a[t * m + k][u * m + j] += f * normal[s][k][j];
              }
            }
          }
        }
      }
    }
    int[] degrees = highest.withDegree(choice.degree).degrees();
    for (int t = 0; t < terms; t++) {
      for (int k = 0; k < m; k++) {
        a[t * m + k][t * m + k] += precision(choice.prior, degrees[t + from], k);
      }
    }
    if (!SmallCholesky.solve(a, b)) {
      Arrays.fill(b, 0);
    }
    return b;
  }

  private static double precision(Prior prior, int degree, int mode) {
    boolean principal = mode < VariationModes.PRINCIPAL;
    if (degree > 1 && !principal) {
      return Double.MAX_VALUE;
    }
    double sigma = degree == 0 ? 1 : principal ? prior.principal : prior.minor;
    return 1 / (sigma * sigma);
  }

  /**
   * How the amplitudes of all terms change when the stars of one fold are left out, constant term
   * included: [fold][term * modes + mode].
   */
  double[][] jackknife(Choice choice) {
    double[] all = solve(choice, -1, 0);
    double[][] out = new double[FOLDS][];
    for (int fold = 0; fold < FOLDS; fold++) {
      out[fold] = solve(choice, fold, 0);
      for (int i = 0; i < all.length; i++) {
        out[fold][i] -= all[i];
      }
    }
    return out;
  }

  /** The varying terms C_k, k > 0, on the grid. */
  double[][] terms(Choice choice) {
    double[] a = solve(choice, -1, 1);
    int m = modes.length;
    double[][] out = new double[PositionBasis.size(choice.degree) - 1][modes[0].length];
    for (int t = 0; t < out.length; t++) {
      for (int k = 0; k < m; k++) {
        double f = a[t * m + k];
        for (int g = 0; g < out[t].length; g++) {
          out[t][g] += f * modes[k][g];
        }
      }
    }
    return out;
  }
}
