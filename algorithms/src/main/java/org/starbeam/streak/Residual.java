package org.starbeam.streak;

import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.Selection;

/**
 * A background-subtracted image and which of its pixels show nothing but sky and perhaps a trail.
 * Pixels are asked for by column and row from the first of the box.
 */
final class Residual {
  /** Planes whose pixels say nothing about faint light. */
  static final int NOT_USED =
      MaskPlanes.BAD
          | MaskPlanes.SAT
          | MaskPlanes.CR
          | MaskPlanes.INTRP
          | MaskPlanes.NO_DATA
          | MaskPlanes.VIGNETTED;

  private final Box box;
  private final ImageF image;
  private final ImageF variance;
  private final boolean[] good;
  private final double skySigma;

  /**
   * @param image background-subtracted
   * @param excluded pixels of sources and defects, any bit
   */
  Residual(MaskedImage image, MaskI excluded) {
    this.box = image.box();
    this.image = image.image();
    this.variance = image.variance();
    this.good = new boolean[box.area()];
    float[] sample = new float[box.area() / 7 + 1];
    int n = 0;
    for (int y = 0, i = 0; y < box.height(); y++) {
      for (int x = 0; x < box.width(); x++, i++) {
        float v = variance(x, y);
        int bits = image.mask().get(box.x0() + x, box.y0() + y);
        good[i] =
            (bits & NOT_USED) == 0
                && excluded.get(box.x0() + x, box.y0() + y) == 0
                && Float.isFinite(value(x, y))
                && v > 0
                && Float.isFinite(v);
        if (good[i] && i % 7 == 0) {
          sample[n++] = v;
        }
      }
    }
    skySigma = n == 0 ? Double.NaN : Math.sqrt(Selection.ofRank(sample, n, n / 2));
  }

  Box box() {
    return box;
  }

  boolean isGood(int x, int y) {
    return good[y * box.width() + x];
  }

  float value(int x, int y) {
    return image.data[image.offset + y * image.stride + x];
  }

  float variance(int x, int y) {
    return variance.data[variance.offset + y * variance.stride + x];
  }

  /** Noise of a sky pixel; NaN when nothing is left. */
  double skySigma() {
    return skySigma;
  }
}
