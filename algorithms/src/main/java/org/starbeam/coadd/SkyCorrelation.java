package org.starbeam.coadd;

import java.util.Arrays;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.warp.NoiseCorrelation;

/**
 * Measures how the noise of neighbouring pixels of a coadd is correlated (specs/03 section 2.3):
 * the autocovariance of pixel over standard deviation in the sky between the sources, so that all
 * that correlates is in it: the kernel, the ratio of the pixels of camera and sky map, and what the
 * frames brought with them when they were resampled before.
 *
 * <p>Sky is chosen in tiles of 8 x 8 pixels. A tile is quiet when its mean is within 3 robust
 * standard deviations of the median tile; pairs start in tiles that are quiet with all their
 * neighbours, so that both pixels of a pair are in quiet tiles. About a million pixels are used: a
 * lag is then known to half a percent.
 */
final class SkyCorrelation {
  private static final int TILE = 8;
  private static final double QUIET = 3;
  private static final double OUTLIER = 4;
  private static final int ENOUGH_TILES = 400;
  private static final int MOST_TILES = 1 << 14;
  private static final int LAGS = NoiseCorrelation.MAX_LAG;

  private final Box box;
  private final float[] z;
  private final int columns;
  private final int rows;

  private SkyCorrelation(MaskedImage coadd) {
    box = coadd.box();
    z = new float[box.width() * box.height()];
    columns = box.width() / TILE;
    rows = box.height() / TILE;
    for (int y = 0; y < box.height(); y++) {
      for (int x = 0; x < box.width(); x++) {
        int px = box.x0() + x;
        int py = box.y0() + y;
        boolean missing = (coadd.mask().get(px, py) & MaskPlanes.NO_DATA) != 0;
        double sigma = Math.sqrt(coadd.variance().get(px, py));
        z[y * box.width() + x] =
            missing || !(sigma > 0) ? Float.NaN : (float) (coadd.image().get(px, py) / sigma);
      }
    }
  }

  /** The correlation, or the fallback where the coadd has too little sky. */
  static NoiseCorrelation of(MaskedImage coadd, NoiseCorrelation fallback) {
    SkyCorrelation sky = new SkyCorrelation(coadd);
    boolean[] quiet = sky.quietTiles();
    int[] chosen = sky.chosen(quiet);
    if (chosen.length < ENOUGH_TILES) {
      return fallback;
    }
    sky.center(chosen);
    double[] covariance = sky.autocovariance(chosen);
    return covariance[covariance.length / 2] > 0 ? NoiseCorrelation.measured(covariance) : fallback;
  }

  private boolean[] quietTiles() {
    double[] means = new double[columns * rows];
    for (int t = 0; t < means.length; t++) {
      means[t] = mean(t);
    }
    double[] known = Arrays.stream(means).filter(Double::isFinite).toArray();
    double median = ClippedStatistics.median(known);
    double limit =
        QUIET
            * ClippedStatistics.MAD_TO_SIGMA
            * ClippedStatistics.median(
                Arrays.stream(known).map(m -> Math.abs(m - median)).toArray());
    boolean[] quiet = new boolean[means.length];
    for (int t = 0; t < means.length; t++) {
      quiet[t] = Math.abs(means[t] - median) <= limit;
    }
    return quiet;
  }

  /** NaN where a pixel is missing. */
  private double mean(int tile) {
    double sum = 0;
    int start = start(tile);
    for (int y = 0; y < TILE; y++) {
      for (int x = 0; x < TILE; x++) {
        sum += z[start + y * box.width() + x];
      }
    }
    return sum / (TILE * TILE);
  }

  private int start(int tile) {
    return tile / columns * TILE * box.width() + tile % columns * TILE;
  }

  /** Quiet tiles among quiet tiles, evenly thinned. */
  private int[] chosen(boolean[] quiet) {
    int[] all = new int[quiet.length];
    int n = 0;
    for (int row = 1; row < rows - 1; row++) {
      for (int column = 1; column < columns - 1; column++) {
        if (isQuietAround(quiet, row, column)) {
          all[n++] = row * columns + column;
        }
      }
    }
    int step = (n + MOST_TILES - 1) / MOST_TILES;
    int[] out = new int[step == 0 ? 0 : (n + step - 1) / step];
    for (int i = 0; i < out.length; i++) {
      out[i] = all[i * step];
    }
    return out;
  }

  private boolean isQuietAround(boolean[] quiet, int row, int column) {
    for (int j = row - 1; j <= row + 1; j++) {
      for (int i = column - 1; i <= column + 1; i++) {
        if (!quiet[j * columns + i]) {
          return false;
        }
      }
    }
    return true;
  }

  /** Subtracts the median of the sky everywhere and takes out single pixels that stand out. */
  private void center(int[] tiles) {
    float[] sky = new float[tiles.length * TILE * TILE];
    int n = 0;
    for (int tile : tiles) {
      for (int y = 0; y < TILE; y++) {
        System.arraycopy(z, start(tile) + y * box.width(), sky, n, TILE);
        n += TILE;
      }
    }
    ClippedStatistics.Result result = new ClippedStatistics().of(sky);
    float median = (float) result.median();
    double limit = OUTLIER * result.sdClip();
    for (int i = 0; i < z.length; i++) {
      z[i] -= median;
      if (!(Math.abs(z[i]) <= limit)) {
        z[i] = Float.NaN;
      }
    }
  }

  /** Means of products, row by row from lag (-5, -5). */
  private double[] autocovariance(int[] tiles) {
    int side = 2 * LAGS + 1;
    double[] out = new double[side * side];
    for (int dy = 0; dy <= LAGS; dy++) {
      for (int dx = -LAGS; dx <= LAGS; dx++) {
        double covariance = covariance(tiles, dy * box.width() + dx);
        out[(LAGS + dy) * side + LAGS + dx] = covariance;
        out[(LAGS - dy) * side + LAGS - dx] = covariance;
      }
    }
    return out;
  }

  private double covariance(int[] tiles, int shift) {
    double sum = 0;
    long n = 0;
    for (int tile : tiles) {
      for (int y = 0; y < TILE; y++) {
        int row = start(tile) + y * box.width();
        for (int i = row; i < row + TILE; i++) {
          double product = (double) z[i] * z[i + shift];
          if (!Double.isNaN(product)) {
            sum += product;
            n++;
          }
        }
      }
    }
    return n == 0 ? 0 : sum / n;
  }
}
