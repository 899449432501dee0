package org.starbeam.modelfit;

import java.util.List;

/**
 * What the noise of the pixels makes of the ellipses of a composite model, to first order: each
 * parameter of them moves by a sum over the pixels of weights times noise, {@code H^-1 J' W} of the
 * fit that found it.
 */
final class EllipseNoise {
  private final BandPixels pixels;

  /** By profile, parameter and pixel. */
  private final double[][][] weights = new double[2][CompositePlanes.SHAPE][];

  /**
   * @param planes of the composite in the band in which its ellipses were found
   * @param fits of each profile alone
   */
  EllipseNoise(CompositePlanes planes, List<FitResult> fits, ShapePrior prior) {
    pixels = planes.pixels;
    for (int c = 0; c < 2; c++) {
      respond(planes, c, fits.get(c), prior);
    }
  }

  private void respond(CompositePlanes planes, int c, FitResult fit, ShapePrior prior) {
    double flux = fit.positive()[0][0];
    double[][] slopes = weighted(planes, c, flux);
    double[][] hessian = new double[slopes.length][slopes.length];
    for (int i = 0; i < slopes.length; i++) {
      for (int j = 0; j < slopes.length; j++) {
        hessian[i][j] = flux * CompositePlanes.dot(planes.slopes[c][i], slopes[j]);
      }
    }
    double[] theta = Parameters.vector(fit.models().get(0));
    for (PriorTerms.Term term : new PriorTerms(fit.parameters(), List.of(prior)).at(theta)) {
      for (int i = 0; i < slopes.length; i++) {
        for (int j = 0; j < slopes.length; j++) {
          hessian[i][j] += term.slopes()[i] * term.slopes()[j];
        }
      }
    }
    boolean[] free = new boolean[slopes.length];
    for (int i = 0; i < slopes.length; i++) {
      free[i] = hessian[i][i] > 0 && !fit.bound()[CompositePlanes.CENTRE + i];
    }
    double[][] inverse = Normal.inverse(hessian, free);
    for (int i = 0; i < slopes.length; i++) {
      weights[c][i] = new double[pixels.data().length];
      for (int j = 0; inverse != null && j < slopes.length; j++) {
        CompositePlanes.add(weights[c][i], inverse[i][j], slopes[j]);
      }
    }
  }

  /** Slopes of a profile of a flux less what the flux takes up, times the weights of the fit. */
  private double[][] weighted(CompositePlanes planes, int c, double flux) {
    double[] value = planes.values[c];
    double[] seen = times(value, pixels.weight());
    double square = CompositePlanes.dot(value, seen);
    double[][] out = new double[CompositePlanes.SHAPE][];
    for (int i = 0; i < out.length; i++) {
      out[i] = times(planes.slopes[c][i], pixels.weight());
      double taken = square > 0 ? CompositePlanes.dot(out[i], value) / square : 0;
      CompositePlanes.add(out[i], -taken, seen);
      for (int p = 0; p < seen.length; p++) {
        out[i][p] *= flux;
      }
    }
    return out;
  }

  private static double[] times(double[] a, double[] b) {
    double[] out = a.clone();
    for (int p = 0; p < out.length; p++) {
      out[p] *= b[p];
    }
    return out;
  }

  /** The pixels in which the ellipses were found. */
  BandPixels pixels() {
    return pixels;
  }

  /**
   * Adds the weights of a quantity that moves with the ellipses.
   *
   * @param slopes of the quantity by profile and parameter
   */
  void addTo(double[] sum, double[][] slopes) {
    for (int c = 0; c < 2; c++) {
      for (int i = 0; i < CompositePlanes.SHAPE; i++) {
        CompositePlanes.add(sum, slopes[c][i], weights[c][i]);
      }
    }
  }

  /** Variance of a quantity that moves with the ellipses only. */
  double variance(double[][] slopes) {
    double[] sum = new double[pixels.data().length];
    addTo(sum, slopes);
    return CompositePlanes.variance(pixels, sum);
  }
}
