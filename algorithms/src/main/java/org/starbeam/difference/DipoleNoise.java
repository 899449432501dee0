package org.starbeam.difference;

import org.starbeam.image.ImageF;

/**
 * Noise of the three images that a dipole is fitted to, pixel by pixel: the difference D = S - T
 * has the noise of the visit image S and of the matched template T, so that a fit to all three that
 * took them for independent would count the same photons twice. With c the covariance of S and T,
 * from the variances as c = (v_S + v_T - v_D) / 2 (not zero where the visit is one of the
 * template's inputs),
 *
 * <pre>  cov(D, S) = v_S - c,  cov(D, T) = c - v_T,  cov(S, T) = c  </pre>
 *
 * and the parameters that weights W give have the covariance A J^T W C W J A with A = (J^T W J)^-1.
 * The template's noise, which is not white, stands for white noise that gives the same error of a
 * point source.
 */
final class DipoleNoise {
  private static final int IMAGES = 3;

  private final ImageF difference;
  private final ImageF science;
  private final double template;
  private final double scale;
  private final int[] at;

  /**
   * @param difference variance
   * @param science variance
   * @param template variance of white noise that would give the error of a point source
   * @param scale true noise of the difference over the stated one
   * @param at x and y of the pixels of the fit, in turn
   */
  DipoleNoise(ImageF difference, ImageF science, double template, double scale, int[] at) {
    this.difference = difference;
    this.science = science;
    this.template = template;
    this.scale = scale;
    this.at = at;
  }

  /**
   * Covariance of the parameters of a fit.
   *
   * @param jacobian [pixel of D, S, T][parameter]
   * @param weight of these pixels
   * @param inverse (J^T W J)^-1
   */
  double[][] covariance(double[][] jacobian, double[] weight, double[][] inverse) {
    int n = at.length / 2;
    int parameters = inverse.length;
    double[][] spread = new double[parameters][parameters];
    for (int i = 0; i < n; i++) {
      double[][] c = of(at[2 * i], at[2 * i + 1], 1 / weight[i]);
      for (int k = 0; k < IMAGES * IMAGES; k++) {
        int one = k / IMAGES * n + i;
        int other = k % IMAGES * n + i;
        double both = weight[one] * c[k / IMAGES][k % IMAGES] * weight[other];
        add(both, jacobian[one], jacobian[other], spread);
      }
    }
    return times(times(inverse, spread), inverse);
  }

  /**
   * Covariance of one pixel of D, S and T.
   *
   * @param fitted variance of D with what the matching leaves of the light
   */
  private double[][] of(int x, int y, double fitted) {
    double ofDifference = difference.get(x, y);
    double ofScience = science.get(x, y);
    double most = Math.sqrt(ofScience * template);
    double common = (ofScience + template - ofDifference) / 2;
    double c = Math.max(-most, Math.min(most, common));
    double left = Math.max(0, fitted - ofDifference);
    double d = Math.max(ofDifference, ofScience + template - 2 * c);
    double s2 = scale * scale;
    return new double[][] {
      {s2 * d + left, s2 * (ofScience - c), s2 * (c - template)},
      {s2 * (ofScience - c), s2 * ofScience, s2 * c},
      {s2 * (c - template), s2 * c, s2 * template}
    };
  }

  private static void add(double factor, double[] a, double[] b, double[][] to) {
    for (int j = 0; j < a.length; j++) {
      for (int k = 0; k < b.length; k++) {
        to[j][k] += factor * a[j] * b[k];
      }
    }
  }

  private static double[][] times(double[][] a, double[][] b) {
    double[][] out = new double[a.length][b[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < b[0].length; j++) {
        for (int k = 0; k < b.length; k++) {
          out[i][j] += a[i][k] * b[k][j];
        }
      }
    }
    return out;
  }
}
