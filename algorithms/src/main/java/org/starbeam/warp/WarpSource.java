package org.starbeam.warp;

import org.starbeam.image.Box;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

/**
 * A calibrated image (or a cut-out of one) made ready for warping (specs/03 section 2.4). Its
 * defects and cosmic rays arrive filled, with INTRP beside the causing plane. A pixel is
 * <em>repaired</em> when it is INTRP with BAD where the defect is at most 3 pixels wide along a row
 * or column, or INTRP with CR where no more than 100 CR pixels lie in the 21 x 21 pixels around it,
 * and not SAT. Other BAD and CR pixels get the plane REJECTED. Repaired and rejected pixels count
 * as 1 in the masked fraction.
 *
 * <p>Both rules look no further than {@link #REACH} pixels, so a cut-out that is larger than its
 * use by that much gives the same answer as the whole image.
 *
 * @param pixels the planes with REJECTED set
 * @param masked 1 for repaired or rejected pixels, row by row
 */
public record WarpSource(MaskedImage pixels, byte[] masked) {
  /** Pixels around a box that the classification of its pixels depends on. */
  public static final int REACH = 10;

  private static final int MAX_WIDTH = 3;
  private static final int MAX_CR_PIXELS = 100;
  private static final int DEFECT = MaskPlanes.BAD | MaskPlanes.CR;
  private static final int LOST = MaskPlanes.SAT | MaskPlanes.NO_DATA | MaskPlanes.REJECTED;

  /** Classifies the defects of an image; the image's own mask is left as it is. */
  public static WarpSource of(MaskedImage image) {
    Box box = image.box();
    MaskI mask = image.mask().copy();
    byte[] masked = new byte[box.area()];
    int[] crCount = null;
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        int bits = image.mask().get(x, y);
        if ((bits & (DEFECT | LOST)) == 0) {
          continue;
        }
        masked[(y - box.y0()) * box.width() + x - box.x0()] = 1;
        if ((bits & DEFECT) == 0) {
          continue;
        }
        boolean repaired = (bits & MaskPlanes.INTRP) != 0 && (bits & MaskPlanes.SAT) == 0;
        if (repaired && (bits & MaskPlanes.BAD) != 0) {
          repaired = isNarrow(image.mask(), x, y);
        }
        if (repaired && (bits & MaskPlanes.CR) != 0) {
          crCount = crCount == null ? countCosmicRays(image.mask()) : crCount;
          repaired = windowSum(crCount, box, x, y) <= MAX_CR_PIXELS;
        }
        if (!repaired) {
          mask.set(x, y, mask.get(x, y) | MaskPlanes.REJECTED);
        }
      }
    }
    return new WarpSource(new MaskedImage(image.image(), mask, image.variance()), masked);
  }

  private static boolean isNarrow(MaskI mask, int x, int y) {
    return run(mask, x, y, 1, 0) <= MAX_WIDTH || run(mask, x, y, 0, 1) <= MAX_WIDTH;
  }

  private static int run(MaskI mask, int x, int y, int dx, int dy) {
    int length = 1;
    for (int sign = -1; sign <= 1; sign += 2) {
      for (int k = 1; k <= MAX_WIDTH; k++) {
        int px = x + sign * k * dx;
        int py = y + sign * k * dy;
        if (!mask.box().contains(px, py) || (mask.get(px, py) & MaskPlanes.BAD) == 0) {
          break;
        }
        length++;
      }
    }
    return length;
  }

  /** Summed-area table with one row and column of zeros before the first pixel. */
  private static int[] countCosmicRays(MaskI mask) {
    int w = mask.width() + 1;
    int[] sum = new int[w * (mask.height() + 1)];
    for (int y = 0; y < mask.height(); y++) {
      int row = 0;
      for (int x = 0; x < mask.width(); x++) {
        row += (mask.data[mask.offset + y * mask.stride + x] & MaskPlanes.CR) != 0 ? 1 : 0;
        sum[(y + 1) * w + x + 1] = sum[y * w + x + 1] + row;
      }
    }
    return sum;
  }

  private static int windowSum(int[] sum, Box box, int x, int y) {
    int w = box.width() + 1;
    int x0 = Math.max(0, x - REACH - box.x0());
    int y0 = Math.max(0, y - REACH - box.y0());
    int x1 = Math.min(box.width(), x + REACH + 1 - box.x0());
    int y1 = Math.min(box.height(), y + REACH + 1 - box.y0());
    return sum[y1 * w + x1] - sum[y0 * w + x1] - sum[y1 * w + x0] + sum[y0 * w + x0];
  }
}
