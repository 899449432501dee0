package org.starbeam.streak;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The line or part of a line with the highest signal over noise in a map, S = sum of bins / sqrt of
 * their number (Nir, Zackay and Ofek 2018, arXiv 1806.04204): a fast Radon transform over four
 * quadrants of directions, which adds up pairs of strips of 2^m rows into strips of 2^(m+1), so
 * that every stage holds the sums of all parts of lines of that length. O(N^2 log N).
 */
final class FastRadon {
  private static final double MIN_FILL = 0.4;

  private final double minLength;

  /**
   * @param minLength shortest part of a line in pixels, along the axis that it is closer to
   */
  FastRadon(double minLength) {
    this.minLength = minLength;
  }

  /** The strongest line; null when no bin is valid. */
  @Nullable Candidate strongest(BinnedMap map) {
    Candidate best = null;
    for (int quadrant = 0; quadrant < 4; quadrant++) {
      Candidate found = new Quadrant(map, quadrant).search();
      if (found != null && (best == null || found.strength() > best.strength())) {
        best = found;
      }
    }
    return best;
  }

  /** Lines that shift by 0 to 1 columns a row, after a transposition and a flip of the columns. */
  private final class Quadrant {
    private final BinnedMap map;
    private final boolean transposed;
    private final boolean flipped;
    private final int width;
    private final int height;
    private final int rows;
    private final int stride;
    private float[] sum;
    private float[] count;
    private double bestSquare;
    private int bestSize;
    private int bestIndex;

    Quadrant(BinnedMap map, int quadrant) {
      this.map = map;
      transposed = (quadrant & 1) != 0;
      flipped = (quadrant & 2) != 0;
      width = transposed ? map.height() : map.width();
      height = transposed ? map.width() : map.height();
      rows = Math.max(1, Integer.highestOneBit(2 * height - 1));
      stride = width + rows;
      sum = new float[rows * stride];
      count = new float[rows * stride];
    }

    @Nullable Candidate search() {
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          int column = flipped ? width - 1 - x : x;
          int mx = transposed ? y : column;
          int my = transposed ? column : y;
          if (map.isValid(mx, my)) {
            sum[y * stride + rows + x] = map.value(mx, my);
            count[y * stride + rows + x] = 1;
          }
        }
      }
      float[] nextSum = new float[sum.length];
      float[] nextCount = new float[count.length];
      for (int size = 2; size <= rows; size *= 2) {
        Arrays.fill(nextSum, 0);
        Arrays.fill(nextCount, 0);
        for (int slot = 0; slot < rows; slot++) {
          join(slot, size, nextSum, nextCount);
        }
        float[] s = sum;
        float[] c = count;
        sum = nextSum;
        count = nextCount;
        nextSum = s;
        nextCount = c;
        if (size * map.bin() >= minLength) {
          keepBest(size);
        }
      }
      return bestSquare > 0 ? candidate() : null;
    }

    /** Sums of one shift of one strip: those of the two strips that it is made of. */
    private void join(int slot, int size, float[] nextSum, float[] nextCount) {
      int shift = slot & (size - 1);
      int lower = (slot - shift + (shift >> 1)) * stride;
      int step = (shift + 1) >> 1;
      int upper = (slot - shift + size / 2 + (shift >> 1)) * stride + step;
      int out = slot * stride;
      int end = stride - step;
      for (int x = 0; x < end; x++) {
        nextSum[out + x] = sum[lower + x] + sum[upper + x];
        nextCount[out + x] = count[lower + x] + count[upper + x];
      }
      System.arraycopy(sum, lower + end, nextSum, out + end, step);
      System.arraycopy(count, lower + end, nextCount, out + end, step);
    }

    private void keepBest(int size) {
      float least = (float) (MIN_FILL * minLength / map.bin());
      for (int i = 0; i < sum.length; i++) {
        float s = sum[i];
        float n = count[i];
        if (s > 0 && n >= least && (double) s * s > bestSquare * n) {
          bestSquare = (double) s * s / n;
          bestSize = size;
          bestIndex = i;
        }
      }
    }

    private Candidate candidate() {
      int slot = bestIndex / stride;
      int shift = slot & (bestSize - 1);
      double y0 = slot - shift;
      double y1 = y0 + bestSize - 1;
      double x0 = bestIndex % stride - rows;
      double x1 = x0 + shift;
      if (flipped) {
        x0 = width - 1 - x0;
        x1 = width - 1 - x1;
      }
      Line line =
          transposed
              ? Line.through(map.frameX(y0), map.frameY(x0), map.frameX(y1), map.frameY(x1))
              : Line.through(map.frameX(x0), map.frameY(y0), map.frameX(x1), map.frameY(y1));
      double half = 0.5 * map.bin() * Math.hypot(x1 - x0, y1 - y0);
      return new Candidate(Streak.Source.FRT, line, -half, half, Math.sqrt(bestSquare));
    }
  }
}
