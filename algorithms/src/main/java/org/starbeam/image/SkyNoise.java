package org.starbeam.image;

import java.util.Arrays;

/**
 * Noise of the blank sky of an image as a function of place: the clipped standard deviation in bins
 * (unbiased for the clip), each replaced by the median of its 3 x 3 neighbourhood, bilinear between
 * the bin centres. For frames that bring no variance. Sources above the clip do not matter;
 * crowding and smooth gradients within a bin raise it.
 */
public final class SkyNoise {
  /** Side of a bin in pixels. */
  public static final int BIN = 128;

  private static final double LEAST_USABLE = 0.1;

  private final Box box;
  private final int across;
  private final int up;
  private final double[] sky;
  private final double[] sigma;

  private SkyNoise(Box box, int across, int up, double[] sky, double[] sigma) {
    this.box = box;
    this.across = across;
    this.up = up;
    this.sky = sky;
    this.sigma = sigma;
  }

  /**
   * @param andMask pixels with any of these planes are left out
   */
  public static SkyNoise of(ImageF image, MaskI mask, int andMask) {
    Box box = image.box();
    int across = Math.max(1, (box.width() + BIN / 2) / BIN);
    int up = Math.max(1, (box.height() + BIN / 2) / BIN);
    double[] sky = new double[across * up];
    double[] sigma = new double[across * up];
    ClippedStatistics statistics = new ClippedStatistics(ClippedStatistics.Config.noise());
    for (int i = 0; i < sky.length; i++) {
      int x0 = box.x0() + (int) ((long) (i % across) * box.width() / across);
      int x1 = box.x0() + (int) ((long) (i % across + 1) * box.width() / across);
      int y0 = box.y0() + (int) ((long) (i / across) * box.height() / up);
      int y1 = box.y0() + (int) ((long) (i / across + 1) * box.height() / up);
      Box bin = new Box(x0, y0, x1 - x0, y1 - y0);
      var result = statistics.of(image.view(bin), mask.view(bin), andMask);
      boolean usable = result.nUsed() >= LEAST_USABLE * bin.area() && result.sdClip() > 0;
      sky[i] = usable ? result.median() : Double.NaN;
      sigma[i] = usable ? result.sdClip() : Double.NaN;
    }
    return new SkyNoise(box, across, up, smooth(sky, across, up), smooth(sigma, across, up));
  }

  private static double[] smooth(double[] bins, int across, int up) {
    double overall = ClippedStatistics.median(bins);
    double[] out = new double[bins.length];
    double[] around = new double[9];
    for (int i = 0; i < bins.length; i++) {
      int n = 0;
      for (int y = Math.max(0, i / across - 1); y <= Math.min(up - 1, i / across + 1); y++) {
        for (int x = Math.max(0, i % across - 1); x <= Math.min(across - 1, i % across + 1); x++) {
          around[n++] = bins[y * across + x];
        }
      }
      double median = ClippedStatistics.median(Arrays.copyOf(around, n));
      out[i] = Double.isNaN(median) ? overall : median;
    }
    return out;
  }

  /** Standard deviation of a blank pixel; NaN where no bin was usable. */
  public double sigma(int x, int y) {
    return bilinear(sigma, x, y);
  }

  /** Median of the sky. */
  public double sky(int x, int y) {
    return bilinear(sky, x, y);
  }

  /** Smallest standard deviation of any bin; NaN where none was usable. */
  public double smallestSigma() {
    return Arrays.stream(sigma).min().orElse(Double.NaN);
  }

  private double bilinear(double[] bins, int x, int y) {
    double u = ((x - box.x0() + 0.5) * across) / box.width() - 0.5;
    double v = ((y - box.y0() + 0.5) * up) / box.height() - 0.5;
    u = Math.max(0, Math.min(across - 1, u));
    v = Math.max(0, Math.min(up - 1, v));
    int i = Math.min((int) u, Math.max(0, across - 2));
    int j = Math.min((int) v, Math.max(0, up - 2));
    int i1 = Math.min(i + 1, across - 1);
    int j1 = Math.min(j + 1, up - 1);
    double low = bins[j * across + i] + (u - i) * (bins[j * across + i1] - bins[j * across + i]);
    double high =
        bins[j1 * across + i] + (u - i) * (bins[j1 * across + i1] - bins[j1 * across + i]);
    return low + (v - j) * (high - low);
  }
}
