package org.starbeam.coadd;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.starbeam.detection.Footprint;
import org.starbeam.detection.FootprintSet;
import org.starbeam.image.Box;
import org.starbeam.image.MaskedImage;

/**
 * Variance of a pixel of the sky in each cell: the median of the variance plane over the pixels
 * outside all footprints, of the cell or, where too few are left, of the region. Not thread safe.
 */
final class BackgroundVariance {
  private static final int ENOUGH = 200;

  private final MaskedImage image;
  private final int cellSize;
  private final boolean[] taken;
  private final double region;
  private final Map<Box, Double> cells = new HashMap<>();

  BackgroundVariance(MaskedImage image, FootprintSet sources, int cellSize) {
    this.image = image;
    this.cellSize = cellSize;
    Box box = image.box();
    taken = new boolean[box.area()];
    for (Footprint footprint : sources.footprints()) {
      int[] runs = footprint.spans().clip(box).runs();
      for (int i = 0; i < runs.length; i += 3) {
        int row = (runs[i] - box.y0()) * box.width() - box.x0();
        Arrays.fill(taken, row + runs[i + 1], row + runs[i + 2], true);
      }
    }
    double free = median(box, true, ENOUGH);
    region = free > 0 ? free : median(box, false, 1);
  }

  /** Of the cell that holds a pixel; NaN when no pixel of the region has a variance. */
  double at(int x, int y) {
    Box cell =
        new Box(
                Math.floorDiv(x, cellSize) * cellSize,
                Math.floorDiv(y, cellSize) * cellSize,
                cellSize,
                cellSize)
            .intersect(image.box());
    return cells.computeIfAbsent(
        cell,
        c -> {
          double free = median(c, true, ENOUGH);
          return free > 0 ? free : region;
        });
  }

  private double median(Box part, boolean onlyFree, int least) {
    Box box = image.box();
    float[] values = new float[part.area()];
    int n = 0;
    for (int y = part.y0(); y < part.y1(); y++) {
      for (int x = part.x0(); x < part.x1(); x++) {
        float v = image.variance().get(x, y);
        boolean free = !taken[(y - box.y0()) * box.width() + x - box.x0()];
        if (v > 0 && Float.isFinite(v) && (free || !onlyFree)) {
          values[n++] = v;
        }
      }
    }
    if (n < least) {
      return Double.NaN;
    }
    Arrays.sort(values, 0, n);
    return values[n / 2];
  }
}
