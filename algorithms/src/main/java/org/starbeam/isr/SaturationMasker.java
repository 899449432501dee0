package org.starbeam.isr;

import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;

/**
 * Marks saturated and suspect pixels, and the columns beside a broad bleed (specs/01 section 4.2).
 */
public final class SaturationMasker {
  private SaturationMasker() {}

  /** Sets SAT where the value reaches saturation and SUSPECT where it reaches the suspect level. */
  public static void mark(ImageF image, MaskI mask, double saturation, double suspect) {
    float sat = (float) saturation;
    float sus = (float) suspect;
    for (int y = 0; y < image.height(); y++) {
      int from = image.offset + y * image.stride;
      int to = mask.offset + y * mask.stride;
      for (int x = 0; x < image.width(); x++) {
        float v = image.data[from + x];
        if (v >= sat) {
          mask.data[to + x] |= MaskPlanes.SAT;
        } else if (v >= sus) {
          mask.data[to + x] |= MaskPlanes.SUSPECT;
        }
      }
    }
  }

  /**
   * Widens each run of saturated pixels of a row by 0, 1, 3 or 4 pixels on both sides for runs of
   * less than 6, 6 to 7, 8 to 9, and 10 or more pixels.
   *
   * @return number of pixels added
   */
  public static int widen(MaskI mask) {
    Box box = mask.box();
    int added = 0;
    for (int y = 0; y < box.height(); y++) {
      int start = mask.offset + y * mask.stride;
      int x = 0;
      while (x < box.width()) {
        if ((mask.data[start + x] & MaskPlanes.SAT) == 0) {
          x++;
          continue;
        }
        int end = x;
        while (end < box.width() && (mask.data[start + end] & MaskPlanes.SAT) != 0) {
          end++;
        }
        int by = margin(end - x);
        added += set(mask, start, Math.max(0, x - by), x);
        int last = Math.min(box.width(), end + by);
        int next = end;
        while (next < last && (mask.data[start + next] & MaskPlanes.SAT) == 0) {
          next++;
        }
        added += set(mask, start, end, next);
        x = next;
      }
    }
    return added;
  }

  private static int set(MaskI mask, int row, int from, int to) {
    int added = 0;
    for (int x = from; x < to; x++) {
      added += (mask.data[row + x] & MaskPlanes.SAT) == 0 ? 1 : 0;
      mask.data[row + x] |= MaskPlanes.SAT;
    }
    return added;
  }

  private static int margin(int width) {
    if (width < 6) {
      return 0;
    }
    if (width < 8) {
      return 1;
    }
    return width < 10 ? 3 : 4;
  }
}
