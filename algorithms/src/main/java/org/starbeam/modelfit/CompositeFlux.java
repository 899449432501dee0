package org.starbeam.modelfit;

import org.starbeam.image.NonNegativeSolver;

/**
 * The flux of a composite model of given ellipses in a band, by equal weights for all pixels, with
 * its error.
 *
 * <p>The error has three parts, added in quadrature:
 *
 * <ul>
 *   <li>the noise of the pixels, through the amplitudes of the profiles that have light and through
 *       the ellipses;
 *   <li>what the sum of the pixels differs from that of the model, beyond twice its noise: a galaxy
 *       whose profile is not of the family is off by that much inside the region;
 *   <li>the light that the profiles, compared with a point, put outside of the pixels: nothing
 *       measured it. It may be absent or twice as much, all alike.
 * </ul>
 *
 * <p>What goes with the flux (the ellipses and the last two parts) counts as far as the flux is
 * beyond twice its noise.
 */
final class CompositeFlux {
  /** Standard deviation of what lies evenly between none and twice. */
  private static final double UNSEEN = 1 / Math.sqrt(3);

  /** What noise explains, sigmas. */
  private static final double BY_CHANCE = 2;

  private final BandPixels pixels;
  private final CompositePlanes planes;
  private final double[][] gram = new double[2][2];
  private final double[] right = new double[2];
  private final double[] amplitudes;
  private final double[][] inverse;

  /** The flux is the sum of the pixels times these. */
  private final double[] total;

  private final double variance;
  private final double certain;

  CompositeFlux(CompositePlanes planes) {
    this.planes = planes;
    pixels = planes.pixels;
    for (int i = 0; i < 2; i++) {
      right[i] = CompositePlanes.dot(planes.values[i], pixels.data());
      for (int j = 0; j < 2; j++) {
        gram[i][j] = CompositePlanes.dot(planes.values[i], planes.values[j]);
      }
    }
    double[] positive = NonNegativeSolver.solve(gram, right);
    boolean isPositive = positive[0] + positive[1] > 0;
    // Where both would be negative the exponential alone has a flux, and says so.
    amplitudes = isPositive ? positive : new double[] {right[0] / gram[0][0], 0};
    boolean[] active = {amplitudes[0] > 0 || !isPositive, amplitudes[1] > 0};
    double[][] found = Normal.inverse(gram, active);
    inverse = found == null ? new double[2][2] : found;
    total = weights(1, 1);
    variance = CompositePlanes.variance(pixels, total);
    // Part of the square of the flux that is not by chance: 0 where there is no light.
    certain = Math.max(0, 1 - BY_CHANCE * BY_CHANCE * variance / (flux() * flux()));
  }

  double flux() {
    return amplitudes[0] + amplitudes[1];
  }

  /** Share of the second profile. */
  double fraction() {
    return flux() > 0 ? amplitudes[1] / flux() : 0;
  }

  /** Standard error of {@link #flux}. */
  double error(SourceModel structure, EllipseNoise ellipses) {
    double unseen = UNSEEN * unseen(structure);
    double profile = misfit() + unseen * unseen;
    return Math.sqrt(noise(ellipses) + certain * profile);
  }

  /** The weights of the sum over the pixels that a linear combination of the amplitudes is. */
  private double[] weights(double first, double second) {
    double[] out = new double[pixels.data().length];
    for (int i = 0; i < 2; i++) {
      double factor = inverse[i][0] * first + inverse[i][1] * second;
      CompositePlanes.add(out, factor, planes.values[i]);
    }
    return out;
  }

  /** Variance of {@link #flux} by the noise of the pixels. */
  double noise(EllipseNoise ellipses) {
    double share = Math.sqrt(certain);
    double[][] slopes = new double[2][CompositePlanes.SHAPE];
    for (int c = 0; c < 2; c++) {
      for (int j = 0; j < CompositePlanes.SHAPE; j++) {
        double slope = CompositePlanes.dot(total, planes.slopes[c][j]);
        slopes[c][j] = -share * amplitudes[c] * slope;
      }
    }
    if (ellipses.pixels() == pixels) {
      double[] weights = total.clone();
      ellipses.addTo(weights, slopes);
      return CompositePlanes.variance(pixels, weights);
    }
    return variance + ellipses.variance(slopes);
  }

  /** Square of what the model leaves in the sum of the pixels, less what noise explains. */
  private double misfit() {
    double first = CompositePlanes.sum(planes.values[0]);
    double second = CompositePlanes.sum(planes.values[1]);
    double[] weights = weights(-first, -second);
    double rest = -amplitudes[0] * first - amplitudes[1] * second;
    for (int p = 0; p < weights.length; p++) {
      if (pixels.weight()[p] > 0) {
        weights[p] += 1;
        rest += pixels.data()[p];
      }
    }
    double chance = BY_CHANCE * BY_CHANCE * CompositePlanes.variance(pixels, weights);
    return Math.max(0, rest * rest - chance);
  }

  /** Light outside of the pixels that a point would not have there. */
  private double unseen(SourceModel structure) {
    double point = planes.pointShare(structure.x(), structure.y());
    double inside = 0;
    for (int c = 0; c < 2; c++) {
      inside += amplitudes[c] * (point - CompositePlanes.sum(planes.values[c]));
    }
    return Math.abs(inside);
  }
}
