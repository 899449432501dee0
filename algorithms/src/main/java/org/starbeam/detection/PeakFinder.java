package org.starbeam.detection;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.starbeam.image.ImageF;

/**
 * Local maxima of the significance inside a set of pixels (specs/02 section 4.4): pixels above all
 * eight neighbours, a plateau being represented by its lowest pixel in (y, x). A peak beside a
 * stronger one stays only when it stands at least {@code minProminence} above the highest saddle
 * that joins them, both in units of the significance; this drops the noise peaks in the wings of
 * bright and extended sources that the reference removes by a temporary local background.
 *
 * <p>Prominence comes from one pass over the pixels in descending order with union-find: O(n log n)
 * in the pixels of the footprint.
 */
public final class PeakFinder {
  private final double minProminence;
  private final double contrast;

  public PeakFinder(double minProminence) {
    this(minProminence, 0);
  }

  /**
   * @param contrast part of the stronger peak's value that the weaker one stands above the saddle
   *     at least
   */
  public PeakFinder(double minProminence, double contrast) {
    this.minProminence = minProminence;
    this.contrast = contrast;
  }

  /**
   * Peaks of one footprint, strongest first; never empty for a footprint that holds a pixel.
   *
   * @param runs pixels as (y, x0, x1) triples in the coordinates of the map, by row then column
   * @param sign +1 for maxima, -1 for minima
   */
  public List<Peak> find(ImageF map, int[] runs, int sign) {
    Pixels pixels = new Pixels(map, runs, sign);
    List<Peak> peaks = new ArrayList<>();
    for (int i : pixels.prominentMaxima(minProminence, contrast)) {
      peaks.add(new Peak(pixels.x[i], pixels.y[i], sign * pixels.value[i]));
    }
    peaks.sort(Peak.STRONGEST_FIRST);
    return peaks;
  }

  /** The pixels of a footprint with their neighbours. */
  private static final class Pixels {
    final int[] x;
    final int[] y;
    final float[] value;
    final int[] runs;
    final int[] firstPixelOfRun;

    Pixels(ImageF map, int[] runs, int sign) {
      this.runs = runs;
      firstPixelOfRun = new int[runs.length / 3];
      int n = 0;
      for (int r = 0; r < firstPixelOfRun.length; r++) {
        firstPixelOfRun[r] = n;
        n += runs[3 * r + 2] - runs[3 * r + 1];
      }
      x = new int[n];
      y = new int[n];
      value = new float[n];
      for (int r = 0, i = 0; r < firstPixelOfRun.length; r++) {
        for (int column = runs[3 * r + 1]; column < runs[3 * r + 2]; column++, i++) {
          x[i] = column;
          y[i] = runs[3 * r];
          value[i] = sign * map.get(column, runs[3 * r]);
        }
      }
    }

    List<Integer> prominentMaxima(double minProminence, double contrast) {
      int n = value.length;
      long[] order = new long[n];
      for (int i = 0; i < n; i++) {
        order[i] = ((long) ~orderedBits(value[i]) << 32) | i;
      }
      Arrays.sort(order);
      int[] parent = new int[n];
      Arrays.fill(parent, -1);
      int[] neighbours = new int[8];
      List<Integer> kept = new ArrayList<>();
      for (long key : order) {
        int i = (int) key;
        parent[i] = i;
        int count = neighbours(i, neighbours);
        for (int k = 0; k < count; k++) {
          if (parent[neighbours[k]] >= 0) {
            join(parent, i, neighbours[k], minProminence, contrast, kept);
          }
        }
      }
      if (n > 0) {
        kept.add((int) order[0]);
      }
      return kept;
    }

    /** Joins the trees of a saddle pixel; the root of a tree is its highest pixel. */
    private void join(
        int[] parent, int i, int j, double minProminence, double contrast, List<Integer> kept) {
      int a = root(parent, i);
      int b = root(parent, j);
      if (a == b) {
        return;
      }
      boolean aIsHigher = value[a] > value[b] || (value[a] == value[b] && a < b);
      int low = aIsHigher ? b : a;
      int high = aIsHigher ? a : b;
      parent[low] = high;
      double least = Math.max(minProminence, contrast * value[high]);
      if (value[low] - value[i] >= least && low != i) {
        kept.add(low);
      }
    }

    private static int root(int[] parent, int i) {
      while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
      }
      return i;
    }

    private int neighbours(int i, int[] out) {
      int count = 0;
      for (int dy = -1; dy <= 1; dy++) {
        for (int dx = -1; dx <= 1; dx++) {
          if (dx != 0 || dy != 0) {
            int j = index(x[i] + dx, y[i] + dy);
            if (j >= 0) {
              out[count++] = j;
            }
          }
        }
      }
      return count;
    }

    private int index(int column, int row) {
      int low = 0;
      int high = firstPixelOfRun.length - 1;
      while (low <= high) {
        int mid = (low + high) >>> 1;
        int runRow = runs[3 * mid];
        if (runRow < row || (runRow == row && runs[3 * mid + 2] <= column)) {
          low = mid + 1;
        } else if (runRow > row || runs[3 * mid + 1] > column) {
          high = mid - 1;
        } else {
          return firstPixelOfRun[mid] + column - runs[3 * mid + 1];
        }
      }
      return -1;
    }

    /** Bits that sort as unsigned integers like the values; written for a signed compare. */
    private static int orderedBits(float v) {
      int bits = Float.floatToIntBits(v + 0.0f);
      return bits >= 0 ? bits : bits ^ 0x7fffffff;
    }
  }
}
