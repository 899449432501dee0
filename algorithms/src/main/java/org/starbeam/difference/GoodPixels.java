package org.starbeam.difference;

import org.starbeam.image.ImageD;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

/** Which pixels of a difference are measured, and stamps that are zero beyond their box. */
final class GoodPixels {
  /** Planes of pixels that hold no measurement. */
  static final int UNUSABLE = MaskPlanes.BAD | MaskPlanes.SAT | MaskPlanes.NO_DATA;

  private GoodPixels() {}

  /** Whether a pixel can be fitted to: usable, finite, with a positive variance. */
  static boolean isGood(MaskedImage image, int x, int y) {
    float variance = image.variance().get(x, y);
    return (image.mask().get(x, y) & UNUSABLE) == 0
        && variance > 0
        && Float.isFinite(variance)
        && Float.isFinite(image.image().get(x, y));
  }

  /** Value of a stamp; 0 outside its box. */
  static double value(ImageD stamp, int x, int y) {
    return stamp.box().contains(x, y) ? stamp.get(x, y) : 0;
  }
}
