package org.starbeam.hips;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.sky.Healpix;

/** What the pixels of a tile tell besides themselves: its sky noise and what it covers. */
public final class TileContent {
  private static final int SAMPLE = 20_000;
  private static final int FEWEST_FOR_SKY = 1000;

  private TileContent() {}

  /**
   * Noise of the sky by the median absolute deviation of some 20 000 of the pixels.
   *
   * @param pixels rows of a tile, NaN where there is no value
   * @return null with fewer than a thousand values among them
   */
  public static @Nullable Double skySigma(float[] pixels) {
    int step = Math.max(1, pixels.length / SAMPLE);
    double[] sample = new double[pixels.length / step + 1];
    int n = 0;
    for (int i = 0; i < pixels.length; i += step) {
      if (!Float.isNaN(pixels[i])) {
        sample[n++] = pixels[i];
      }
    }
    return n < FEWEST_FOR_SKY ? null : ClippedStatistics.medianScatter(Arrays.copyOf(sample, n));
  }

  /**
   * HEALPix pixels that hold a value, ascending.
   *
   * @param pixels rows of the tile, NaN where there is no value
   * @param finer orders below the tile's, 9 at most
   */
  public static long[] covered(HipsTile tile, float[] pixels, int finer) {
    int cells = 1 << finer;
    boolean[] seen = new boolean[cells * cells];
    int width = HipsTile.WIDTH / cells;
    int n = 0;
    for (int i = 0; i < pixels.length; i++) {
      if (!Float.isNaN(pixels[i])) {
        int ix = (HipsTile.WIDTH - 1 - i / HipsTile.WIDTH) / width;
        int iy = i % HipsTile.WIDTH / width;
        int k = (int) Healpix.interleave(ix, iy);
        n += seen[k] ? 0 : 1;
        seen[k] = true;
      }
    }
    long[] out = new long[n];
    n = 0;
    for (int k = 0; k < seen.length; k++) {
      if (seen[k]) {
        out[n++] = tile.pixel() * seen.length + k;
      }
    }
    return out;
  }
}
