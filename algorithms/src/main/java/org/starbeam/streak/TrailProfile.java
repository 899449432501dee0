package org.starbeam.streak;

import org.starbeam.image.GaussianWidth;

/**
 * Light across a trail: a Moffat PSF integrated along a line, widened by a box for what is out of
 * focus or has a size. Sum 1 over all distances.
 *
 * <p>With the line spread l(d) ~ (1 + (d / alpha)^2)^(1/2 - beta) and its integral L, a box of half
 * width h gives p(d) = (L(d + h) - L(d - h)) / (2 h). A pixel is a box of h = 1/2, the least that h
 * can be.
 */
final class TrailProfile {
  /** Half width of a pixel. */
  static final double MIN_HALF_WIDTH = 0.5;

  private static final double STEP = 0.05;
  private static final double REACH = 40;

  private final double alpha;
  private final double exponent;
  private final double norm;
  private final double[] integral;
  private final double[] density;

  /**
   * @param sigma width of the PSF in pixels, FWHM / 2.3548
   * @param beta Moffat exponent of the PSF
   */
  TrailProfile(double sigma, double beta) {
    alpha = GaussianWidth.FWHM_PER_SIGMA * sigma / (2 * Math.sqrt(Math.pow(2, 1 / beta) - 1));
    exponent = 0.5 - beta;
    int n = (int) Math.ceil(REACH * alpha / STEP) + 1;
    integral = new double[n];
    density = new double[n + 1];
    for (int i = 0; i <= n; i++) {
      density[i] = raw(i * STEP);
    }
    for (int i = 1; i < n; i++) {
      double middle = raw((i - 0.5) * STEP);
      integral[i] = integral[i - 1] + STEP * (density[i - 1] + 4 * middle + density[i]) / 6;
    }
    norm = 2 * integral[n - 1];
  }

  private double raw(double d) {
    return Math.pow(1 + (d / alpha) * (d / alpha), exponent);
  }

  /** Line spread at a distance. */
  double spread(double d) {
    double at = Math.abs(d) / STEP;
    int i = (int) at;
    return i >= density.length - 1
        ? 0
        : (density[i] + (at - i) * (density[i + 1] - density[i])) / norm;
  }

  /** Integral of the line spread from 0 to d. */
  private double cumulated(double d) {
    double at = Math.abs(d) / STEP;
    int i = (int) at;
    double value =
        i >= integral.length - 1
            ? integral[integral.length - 1]
            : integral[i] + (at - i) * (integral[i + 1] - integral[i]);
    return Math.copySign(value / norm, d);
  }

  double value(double d, double h) {
    return (cumulated(d + h) - cumulated(d - h)) / (2 * h);
  }

  /** Derivative of {@link #value} to d. */
  double slope(double d, double h) {
    return (spread(d + h) - spread(d - h)) / (2 * h);
  }

  /** Derivative of {@link #value} to h. */
  double widening(double d, double h) {
    return (0.5 * (spread(d + h) + spread(d - h)) - value(d, h)) / h;
  }

  /** Where the profile falls below a value; 0 when it never reaches it. */
  double radius(double value, double h, double limit) {
    if (!(value(0, h) > value)) {
      return 0;
    }
    double low = 0;
    double high = limit;
    for (int i = 0; i < 40; i++) {
      double middle = 0.5 * (low + high);
      if (value(middle, h) > value) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return high;
  }

  /** Full width at half maximum. */
  double fullWidth(double h) {
    return 2 * radius(0.5 * value(0, h), h, REACH * alpha + 2 * h);
  }

  /** Half width of the box that gives a full width at half maximum, about. */
  double halfWidthOf(double fullWidth) {
    double low = MIN_HALF_WIDTH;
    double high = Math.max(MIN_HALF_WIDTH, fullWidth);
    for (int i = 0; i < 30; i++) {
      double middle = 0.5 * (low + high);
      if (fullWidth(middle) < fullWidth) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return high;
  }
}
