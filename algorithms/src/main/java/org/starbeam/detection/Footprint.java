package org.starbeam.detection;

import java.util.List;
import org.starbeam.image.Box;
import org.starbeam.image.MaskI;

/**
 * Pixels of one detection, as runs of rows, and its peaks, strongest first. Immutable; coordinates
 * are those of the image.
 */
public final class Footprint {
  private final int[] runs;
  private final List<Peak> peaks;
  private final Box box;
  private final int area;

  /**
   * @param runs (y, x0, x1) triples with x1 exclusive, by row then column, not touching; not copied
   * @param peaks at least one, in any order
   */
  public Footprint(int[] runs, List<Peak> peaks) {
    if (peaks.isEmpty() || runs.length == 0) {
      throw new IllegalArgumentException("footprint without a peak or a pixel");
    }
    this.runs = runs;
    this.peaks = peaks.stream().sorted(Peak.STRONGEST_FIRST).toList();
    int xMin = Integer.MAX_VALUE;
    int xMax = Integer.MIN_VALUE;
    int n = 0;
    for (int i = 0; i < runs.length; i += 3) {
      xMin = Math.min(xMin, runs[i + 1]);
      xMax = Math.max(xMax, runs[i + 2] - 1);
      n += runs[i + 2] - runs[i + 1];
    }
    box = Box.ofCorners(xMin, runs[0], xMax, runs[runs.length - 3]);
    area = n;
  }

  /** The pixels as (y, x0, x1) triples, x1 exclusive; not to be written to. */
  public int[] runs() {
    return runs;
  }

  public List<Peak> peaks() {
    return peaks;
  }

  /** The strongest peak. */
  public Peak brightest() {
    return peaks.get(0);
  }

  public Box box() {
    return box;
  }

  public int area() {
    return area;
  }

  public boolean contains(int x, int y) {
    for (int i = 0; i < runs.length; i += 3) {
      if (runs[i] == y && x >= runs[i + 1] && x < runs[i + 2]) {
        return true;
      }
    }
    return false;
  }

  /** The same pixels with other peaks. */
  public Footprint withPeaks(List<Peak> others) {
    return new Footprint(runs, others);
  }

  /** Sets mask planes on the pixels that lie in the mask. */
  public void setMask(MaskI mask, int planes) {
    Box in = mask.box();
    for (int i = 0; i < runs.length; i += 3) {
      if (runs[i] < in.y0() || runs[i] >= in.y1()) {
        continue;
      }
      int end = Math.min(runs[i + 2], in.x1());
      for (int x = Math.max(runs[i + 1], in.x0()); x < end; x++) {
        mask.data[mask.index(x, runs[i])] |= planes;
      }
    }
  }

  /** Bits set in any pixel of the footprint. */
  public int orOf(MaskI mask) {
    int bits = 0;
    Box in = mask.box();
    for (int i = 0; i < runs.length; i += 3) {
      if (runs[i] < in.y0() || runs[i] >= in.y1()) {
        continue;
      }
      int end = Math.min(runs[i + 2], in.x1());
      for (int x = Math.max(runs[i + 1], in.x0()); x < end; x++) {
        bits |= mask.data[mask.index(x, runs[i])];
      }
    }
    return bits;
  }
}
