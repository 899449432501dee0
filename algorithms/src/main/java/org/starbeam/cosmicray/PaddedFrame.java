package org.starbeam.cosmicray;

import java.util.Arrays;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.SpanSet;

/**
 * A copy of a frame's pixels and variances with a border of blocked pixels, so that every pixel of
 * the frame has eight neighbours. Pixel (x, y), counted from the frame's first, is at (y + 1) *
 * stride + x + 1.
 */
final class PaddedFrame {
  private static final int NEVER =
      MaskPlanes.BAD | MaskPlanes.INTRP | MaskPlanes.SAT | MaskPlanes.NO_DATA;

  final Box box;
  final int stride;
  final float[] value;
  final float[] variance;

  /** BAD, INTRP, SAT, NO_DATA, not finite or beyond the frame: nothing is to be learned here. */
  final boolean[] blocked;

  /** Blocked, or a neighbour of an INTRP pixel: never a cosmic ray. */
  final boolean[] untouchable;

  PaddedFrame(MaskedImage image) {
    box = image.box();
    stride = box.width() + 2;
    value = new float[stride * (box.height() + 2)];
    variance = new float[value.length];
    blocked = new boolean[value.length];
    untouchable = new boolean[value.length];
    Arrays.fill(blocked, true);
    for (int y = 0; y < box.height(); y++) {
      takeRow(image, y);
    }
  }

  private void takeRow(MaskedImage image, int y) {
    ImageF pixels = image.image();
    ImageF noise = image.variance();
    MaskI mask = image.mask();
    int first = (y + 1) * stride + 1;
    System.arraycopy(pixels.data, pixels.offset + y * pixels.stride, value, first, box.width());
    System.arraycopy(noise.data, noise.offset + y * noise.stride, variance, first, box.width());
    int row = mask.offset + y * mask.stride;
    for (int x = 0; x < box.width(); x++) {
      int i = first + x;
      int bits = mask.data[row + x];
      blocked[i] =
          (bits & NEVER) != 0
              || !Float.isFinite(value[i])
              || !Float.isFinite(variance[i])
              || variance[i] < 0;
      untouchable[i] |= blocked[i];
      if ((bits & MaskPlanes.INTRP) != 0) {
        keepFrom(i);
      }
    }
  }

  private void keepFrom(int i) {
    for (int row = i - stride; row <= i + stride; row += stride) {
      Arrays.fill(untouchable, row - 1, row + 2, true);
    }
  }

  /** Pixels that are set in an array laid out like those of the frame. */
  SpanSet spans(boolean[] map) {
    return SpanSet.ofMap(map, box.grow(1));
  }
}
