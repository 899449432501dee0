package org.starbeam.deblend;

/**
 * What a morphology must be after each step (specs/04 section 4.5): monotone about its brightest
 * pixel within one of the peak, 0 where its light is below the noise in every band, not negative,
 * with maximum 1.
 */
final class MorphologyConstraint {
  private static final float FLOOR = 1e-20f;

  private final double threshold;
  private final double[] sigma;

  /**
   * @param threshold in deviations of the sky
   * @param sigma deviation of the sky by band
   */
  MorphologyConstraint(double threshold, double[] sigma) {
    this.threshold = threshold;
    this.sigma = sigma.clone();
  }

  /** Makes a component obey. */
  void apply(Component c) {
    int width = c.box.width();
    int height = c.box.height();
    float[] m = c.morphology;
    int n = c.area();
    for (int i = 0; i < n; i++) {
      if (!(Math.abs(m[i]) <= Float.MAX_VALUE)) {
        m[i] = 0;
      }
    }
    int px = c.peakX - c.box.x0();
    int py = c.peakY - c.box.y0();
    int centre = brightest(m, width, height, px, py);
    int cx = centre % width;
    int cy = centre / width;
    int reach = Math.max(Math.max(cx, width - 1 - cx), Math.max(cy, height - 1 - cy));
    MonotonicProjection.reaching(reach).apply(m, width, height, cx, cy);
    float limit = limit(c);
    float most = 0;
    m[centre] = Math.max(m[centre], FLOOR);
    for (int i = 0; i < n; i++) {
      if (i != centre && m[i] < limit) {
        m[i] = 0;
      }
      most = Math.max(most, m[i]);
    }
    for (int i = 0; i < n; i++) {
      m[i] /= most;
    }
  }

  /** Makes spectra finite and positive. */
  static void floor(Component c) {
    for (int b = 0; b < c.spectrum.length; b++) {
      if (!(c.spectrum[b] >= FLOOR) || c.spectrum[b] > Float.MAX_VALUE) {
        c.spectrum[b] = FLOOR;
      }
    }
  }

  /** Value below which a pixel is below the threshold in every band; never negative. */
  private float limit(Component c) {
    double least = Double.POSITIVE_INFINITY;
    for (int b = 0; b < sigma.length; b++) {
      least = Math.min(least, threshold * sigma[b] / c.spectrum[b]);
    }
    return (float) Math.max(0, least);
  }

  /** Index of the brightest pixel about (px, py), which it is itself unless one is brighter. */
  static int brightest(float[] m, int width, int height, int px, int py) {
    int best = py * width + px;
    float value = m[best];
    for (int y = Math.max(0, py - 1); y <= Math.min(height - 1, py + 1); y++) {
      for (int x = Math.max(0, px - 1); x <= Math.min(width - 1, px + 1); x++) {
        if (m[y * width + x] > value) {
          value = m[y * width + x];
          best = y * width + x;
        }
      }
    }
    return best;
  }
}
