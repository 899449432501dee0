package org.starbeam.coadd;

import org.starbeam.image.ImageF;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.Selection;

/**
 * Rounding to multiples of a power of two near noise / 16. Rounded once per cell, pixels are stored
 * and copied exactly from then on, so that patches that share a cell hold the same bits.
 */
final class Lattice {
  /** Levels per sigma of the noise (specs/01 section 0.4). */
  static final double LEVELS_PER_SIGMA = 16;

  /** Levels of a variance. */
  static final double VARIANCE_LEVELS = 1000;

  private static final double MAX_LEVEL = 1 << 30;

  private Lattice() {}

  /** Median variance of the usable pixels; 0 when there are none. */
  static double medianVariance(MaskedImage image) {
    float[] values = new float[image.box().area()];
    int n = 0;
    for (int y = image.box().y0(); y < image.box().y1(); y++) {
      for (int x = image.box().x0(); x < image.box().x1(); x++) {
        float v = image.variance().get(x, y);
        if (v > 0
            && v < Float.POSITIVE_INFINITY
            && (image.mask().get(x, y) & MaskPlanes.NO_DATA) == 0) {
          values[n++] = v;
        }
      }
    }
    return n == 0 ? 0 : Selection.ofRank(values, n, n / 2);
  }

  /** Largest power of two that is not above a positive number. */
  static double step(double value) {
    return value > 0 && Double.isFinite(value) ? Math.scalb(1.0, Math.getExponent(value)) : 1;
  }

  /** Rounds in place; values above 0 stay above 0 when asked for. */
  static void round(ImageF image, double step, boolean keepPositive) {
    for (int i = 0; i < image.data.length; i++) {
      float value = image.data[i];
      if (Float.isFinite(value)) {
        double level = Math.rint(value / step);
        level = Math.max(-MAX_LEVEL, Math.min(MAX_LEVEL, level));
        image.data[i] = (float) ((keepPositive && value > 0 && level < 1 ? 1 : level) * step);
      }
    }
  }
}
