package org.starbeam.detection;

import java.util.ArrayList;
import java.util.List;
import org.starbeam.image.Box;
import org.starbeam.image.MaskI;

/**
 * Places of blank sky: the points of a two-dimensional low-discrepancy sequence (the R2 sequence of
 * the plastic number, shifted by a seed) whose surroundings are free of the avoided mask planes.
 * The same seed and mask give the same places.
 */
public final class SkyPositions {
  private static final double G1 = 0.7548776662466927;
  private static final double G2 = 0.5698402909980532;
  private static final int TRIES_PER_POSITION = 20;

  private SkyPositions() {}

  /**
   * @param count number wanted; fewer come back when the image is full
   * @param clearance half-size in pixels of the square that must be free
   */
  public static List<int[]> find(MaskI mask, int avoid, int count, int clearance, long seed) {
    Box inner = mask.box().grow(-clearance - 1);
    List<int[]> out = new ArrayList<>();
    if (inner.isEmpty()) {
      return out;
    }
    double shiftX = ((seed * 0x9e3779b97f4a7c15L) >>> 11) * 0x1p-53;
    double shiftY = ((seed * 0xbf58476d1ce4e5b9L) >>> 11) * 0x1p-53;
    for (int i = 1; i <= count * TRIES_PER_POSITION && out.size() < count; i++) {
      double u = (shiftX + i * G1) % 1;
      double v = (shiftY + i * G2) % 1;
      int x = inner.x0() + (int) (u * inner.width());
      int y = inner.y0() + (int) (v * inner.height());
      if (isFree(mask, avoid, Box.around(x, y, clearance))) {
        out.add(new int[] {x, y});
      }
    }
    return out;
  }

  private static boolean isFree(MaskI mask, int avoid, Box box) {
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        if ((mask.get(x, y) & avoid) != 0) {
          return false;
        }
      }
    }
    return true;
  }
}
