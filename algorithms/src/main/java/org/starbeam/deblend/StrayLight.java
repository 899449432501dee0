package org.starbeam.deblend;

import org.starbeam.image.SpanSet;

/**
 * The light of a parent outside a part of it, in deviations of the sky, summed over bands.
 *
 * @param total of the parent
 * @param outside of the pixels outside
 * @param positive of those outside that are positive
 * @param pixels number of pixels outside
 */
record StrayLight(double total, double outside, double positive, int pixels) {
  private static final double NOISE_SIGMA = 5;

  static StrayLight outside(BlendParent blend, SpanSet part) {
    BlendPixels data = blend.pixels();
    double total = 0;
    double outside = 0;
    double positive = 0;
    int pixels = 0;
    for (int b = 0; b < data.data.length; b++) {
      double sigma = blend.sigma()[b];
      for (int y = data.box.y0(), i = 0; y < data.box.y1(); y++) {
        for (int x = data.box.x0(); x < data.box.x1(); x++, i++) {
          if (data.weight[b][i] > 0) {
            double value = data.data[b][i] / sigma;
            total += value;
            if (!part.contains(x, y)) {
              outside += value;
              positive += Math.max(0, value);
              pixels++;
            }
          }
        }
      }
    }
    return new StrayLight(total, outside, positive, pixels);
  }

  /** Whether it is more than a share of the whole, and no noise. */
  boolean exceeds(double share) {
    return outside > share * total && outside > NOISE_SIGMA * Math.sqrt(pixels);
  }

  /** Whether the light outside some larger part can be; false is certain. */
  boolean mayExceed(double share) {
    return positive > share * total && positive > NOISE_SIGMA;
  }
}
