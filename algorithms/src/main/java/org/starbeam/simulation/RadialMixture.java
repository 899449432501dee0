package org.starbeam.simulation;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import org.hipparchus.special.Gamma;

/**
 * A round profile of unit flux as a sum of Gaussians: {@code p(r) = sum_i w_i exp(-r^2 / 2 s_i^2) /
 * (2 pi s_i^2)} with {@code w_i >= 0} and {@code sum w_i = 1}. The weights minimise the squared
 * difference of the enclosed light at logarithmic radii (non-negative least squares by coordinate
 * descent on the normal equations); the enclosed light of the profile is met within about 0.003 at
 * every radius. The unit of length is that of the profile.
 *
 * @param sigmas widths, ascending
 * @param weights share of the light in each
 */
record RadialMixture(double[] sigmas, double[] weights) {
  private static final int SWEEPS = 20_000;
  private static final double SMALLEST_WEIGHT = 1e-6;

  /** Sersic profile of index n and half-light radius 1, cut as {@link #sersicEnclosed} says. */
  static RadialMixture sersic(double n) {
    double gaussian = 1 / Math.sqrt(2 * Math.log(2));
    double smallest = n > 2 ? 0.008 : 0.08;
    double largest = n > 1.5 ? 12 : n > 0.9 ? 3 : gaussian * 1.7;
    return fit(sersicEnclosed(n), smallest, largest, gaussian, n > 1.5 ? 16 : 14);
  }

  /** Moffat profile {@code (1 + r^2)^-beta}: the radius is in units of alpha. */
  static RadialMixture moffat(double beta) {
    return fit(r -> 1 - Math.pow(1 + r * r, 1 - beta), 0.25, 8, 0.25, 9);
  }

  /**
   * Light of a Sersic profile of half-light radius 1 inside a radius; the profile ends at 8 radii,
   * or where the uncut one holds 99.5 % if that is farther out.
   */
  static DoubleUnaryOperator sersicEnclosed(double n) {
    double b = halfLight(n);
    double whole = Math.max(0.995, Gamma.regularizedGammaP(2 * n, b * Math.pow(8, 1 / n)));
    return r -> Math.min(1, Gamma.regularizedGammaP(2 * n, b * Math.pow(r, 1 / n)) / whole);
  }

  private static double halfLight(double n) {
    double low = 0.01;
    double high = 4 * n + 2;
    for (int i = 0; i < 80; i++) {
      double middle = (low + high) / 2;
      if (Gamma.regularizedGammaP(2 * n, middle) < 0.5) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return (low + high) / 2;
  }

  /** Fits a profile with widths in geometric progression, one of which is {@code anchor}. */
  private static RadialMixture fit(
      DoubleUnaryOperator enclosed,
      double smallest,
      double largest,
      double anchor,
      int components) {
    double ratio = Math.pow(largest / smallest, 1.0 / (components - 1));
    long below = Math.round(Math.log(anchor / smallest) / Math.log(ratio));
    double[] sigmas = new double[components];
    for (int i = 0; i < components; i++) {
      sigmas[i] = anchor * Math.pow(ratio, i - below);
    }
    int radii = 80;
    double[][] design = new double[radii][components];
    double[] target = new double[radii];
    for (int k = 0; k < radii; k++) {
      double r = smallest * Math.pow(6 * largest / smallest, k / (radii - 1.0));
      target[k] = enclosed.applyAsDouble(r);
      for (int i = 0; i < components; i++) {
        design[k][i] = -Math.expm1(-r * r / (2 * sigmas[i] * sigmas[i]));
      }
    }
    return new RadialMixture(sigmas, nonNegative(design, target)).withoutEmpty();
  }

  private static double[] nonNegative(double[][] design, double[] target) {
    int n = design[0].length;
    double[][] normal = new double[n][n];
    double[] right = new double[n];
    for (int k = 0; k < design.length; k++) {
      for (int i = 0; i < n; i++) {
        right[i] += design[k][i] * target[k];
        for (int j = 0; j < n; j++) {
          normal[i][j] += design[k][i] * design[k][j];
        }
      }
    }
    double[] weights = new double[n];
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
      for (int i = 0; i < n; i++) {
        double gradient = right[i];
        for (int j = 0; j < n; j++) {
          gradient -= normal[i][j] * weights[j];
        }
        weights[i] = Math.max(0, weights[i] + gradient / normal[i][i]);
      }
    }
    return weights;
  }

  private RadialMixture withoutEmpty() {
    int kept = 0;
    double sum = 0;
    double[] s = new double[sigmas.length];
    double[] w = new double[sigmas.length];
    for (int i = 0; i < sigmas.length; i++) {
      if (weights[i] > SMALLEST_WEIGHT) {
        s[kept] = sigmas[i];
        w[kept++] = weights[i];
        sum += weights[i];
      }
    }
    for (int i = 0; i < kept; i++) {
      w[i] /= sum;
    }
    return new RadialMixture(Arrays.copyOf(s, kept), Arrays.copyOf(w, kept));
  }

  /**
   * The same mixture with all components narrower than a width put together into one of their mean
   * square width: what a pixel of the size of that width cannot tell apart.
   */
  RadialMixture mergedBelow(double width) {
    double weight = 0;
    double square = 0;
    int first = 0;
    while (first < sigmas.length && sigmas[first] < width) {
      weight += weights[first];
      square += weights[first] * sigmas[first] * sigmas[first];
      first++;
    }
    if (first < 2) {
      return this;
    }
    int n = sigmas.length - first + 1;
    double[] s = new double[n];
    double[] w = new double[n];
    s[0] = Math.sqrt(square / weight);
    w[0] = weight;
    System.arraycopy(sigmas, first, s, 1, n - 1);
    System.arraycopy(weights, first, w, 1, n - 1);
    return new RadialMixture(s, w);
  }

  double enclosed(double r) {
    double sum = 0;
    for (int i = 0; i < sigmas.length; i++) {
      sum -= weights[i] * Math.expm1(-r * r / (2 * sigmas[i] * sigmas[i]));
    }
    return sum;
  }
}
