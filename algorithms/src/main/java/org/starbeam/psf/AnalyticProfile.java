package org.starbeam.psf;

import org.hipparchus.analysis.interpolation.SplineInterpolator;
import org.hipparchus.analysis.polynomials.PolynomialSplineFunction;
import org.hipparchus.special.BesselJ;

/**
 * A radial profile of unit FWHM, f(r^2), that is 1 in the middle, drawn sheared and integrated over
 * pixels (specs/02 section 7.3). Kolmogorov: the Fourier transform of exp(-k^(5/3)), what the
 * atmosphere alone makes of a star. Shear (g1, g2) keeps the area; size is the FWHM of the round
 * profile.
 *
 * @param kind the profile
 * @param beta exponent of a Moffat profile; of no meaning for the others
 */
record AnalyticProfile(PiffPsf.Model kind, double beta) {
  /** Radius in pixels within which pixels are integrated on 5 x 5 points; 2 x 2 beyond. */
  private static final double CORE = 3;

  private static final double[] NODES_5 = {
    -0.4530899229693320, -0.2692346550528416, 0, 0.2692346550528416, 0.4530899229693320
  };
  private static final double[] WEIGHTS_5 = {
    0.1184634425280946,
    0.2393143352496832,
    0.2844444444444444,
    0.2393143352496832,
    0.1184634425280946
  };
  private static final double[] NODES_2 = {-0.2886751345948129, 0.2886751345948129};
  private static final double[] WEIGHTS_2 = {0.5, 0.5};
  private static final double[] NODES_1 = {0};
  private static final double[] WEIGHTS_1 = {1};

  /** Value at a squared radius in units of the FWHM. */
  double value(double r2) {
    return switch (kind) {
      case GAUSSIAN -> Math.exp(-4 * Math.log(2) * r2);
      case KOLMOGOROV -> Kolmogorov.value(r2);
      default -> Math.pow(1 + 4 * (Math.pow(2, 1 / beta) - 1) * r2, -beta);
    };
  }

  /** Total light of the unsheared profile of FWHM 1. */
  double light() {
    return switch (kind) {
      case GAUSSIAN -> Math.PI / (4 * Math.log(2));
      case KOLMOGOROV -> Kolmogorov.LIGHT;
      default -> Math.PI / (4 * (Math.pow(2, 1 / beta) - 1) * (beta - 1));
    };
  }

  /**
   * Draws unit light.
   *
   * @param p FWHM in pixels, g1, g2
   * @param x0 column of the first pixel relative to the centre
   * @param fine whether pixels are integrated; else taken in their middle, but for the core
   */
  void draw(double[] p, double x0, double y0, int width, boolean fine, double[] out) {
    double norm = 1 / (light() * p[0] * p[0]);
    for (int i = 0; i < out.length; i++) {
      out[i] = norm * pixel(p, x0 + i % width, y0 + i / width, fine);
    }
  }

  /** Mean of the profile over the pixel at an offset. */
  double pixel(double[] p, double dx, double dy, boolean fine) {
    boolean core = dx * dx + dy * dy < CORE * CORE;
    double[] nodes = core ? (fine ? NODES_5 : NODES_2) : fine ? NODES_2 : NODES_1;
    double[] weights = core ? (fine ? WEIGHTS_5 : WEIGHTS_2) : fine ? WEIGHTS_2 : WEIGHTS_1;
    double g2 = p[1] * p[1] + p[2] * p[2];
    double scale = 1 / ((1 - g2) * p[0] * p[0]);
    double a = scale * ((1 - p[1]) * (1 - p[1]) + p[2] * p[2]);
    double b = scale * -4 * p[2];
    double c = scale * ((1 + p[1]) * (1 + p[1]) + p[2] * p[2]);
    double sum = 0;
    for (int j = 0; j < nodes.length; j++) {
      double y = dy + nodes[j];
      double row = 0;
      for (int i = 0; i < nodes.length; i++) {
        double x = dx + nodes[i];
        row += weights[i] * value(a * x * x + b * x * y + c * y * y);
      }
      sum += weights[j] * row;
    }
    return sum;
  }

  /** The profile of the atmosphere, from its transform at 160 radii; a power law beyond. */
  private static final class Kolmogorov {
    private static final int RADII = 160;
    private static final double REACH = 12;
    private static final double K_MAX = 8;
    private static final int STEPS = 4000;
    private static final double FALL = -11.0 / 6;
    private static final double FWHM = fwhm();
    private static final PolynomialSplineFunction LOG = table();

    /** Integral of f over the plane: (2 pi)^2 times its transform at zero, over 2 pi f(0). */
    static final double LIGHT = 2 * Math.PI / (transform(0) * FWHM * FWHM);

    /** Integral of k J0(k r) exp(-k^(5/3)). */
    private static double transform(double r) {
      double h = K_MAX / STEPS;
      double sum = 0;
      for (int i = 1; i < STEPS; i++) {
        double k = i * h;
        sum += k * BesselJ.value(0, k * r) * Math.exp(-Math.pow(k, 5.0 / 3));
      }
      return sum * h;
    }

    private static double fwhm() {
      double half = 0.5 * transform(0);
      double low = 0.1;
      double high = 5;
      for (int i = 0; i < 50; i++) {
        double middle = 0.5 * (low + high);
        if (transform(middle) > half) {
          low = middle;
        } else {
          high = middle;
        }
      }
      return low + high;
    }

    /** log f over the square root of the radius in FWHM. */
    private static PolynomialSplineFunction table() {
      double[] s = new double[RADII];
      double[] log = new double[RADII];
      double centre = transform(0);
      for (int i = 0; i < RADII; i++) {
        s[i] = Math.sqrt(REACH) * i / (RADII - 1);
        log[i] = Math.log(transform(s[i] * s[i] * FWHM) / centre);
      }
      return new SplineInterpolator().interpolate(s, log);
    }

    static double value(double r2) {
      double reach2 = REACH * REACH;
      double inside = Math.min(r2, 0.9999 * reach2);
      double f = Math.exp(LOG.value(Math.sqrt(Math.sqrt(inside))));
      return r2 <= inside ? f : f * Math.pow(r2 / inside, FALL);
    }
  }
}
