package org.starbeam.isr;

import java.io.Serializable;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.starbeam.camera.Amplifier;
import org.starbeam.failure.BadInputException;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;

/**
 * Level of the electronics, row by row from the serial overscan and as one value or column by
 * column from the parallel overscan (specs/01 section 4.3).
 *
 * <p>The first and last columns of the overscan are skipped, then pixels that are BAD or SAT or
 * deviate from the median of the whole overscan by more than {@code maxDeviation} are rejected. A
 * row without pixels takes the median of the rows within 5, else of all rows.
 *
 * <p>The per-row forms are smoothed, because the noise of a row's mean would be injected into the
 * whole row: SMOOTH_PER_ROW by a running mean of {@code window} rows (shrinking symmetrically at
 * the ends, so that a ramp is not biased); ROW_SHRINK subtracts d + k (m - d), d the smoothed and m
 * the row means, k = tau^2 / (tau^2 + sigma^2) with the true row jitter tau^2 = max(0, var(m - d) /
 * (1 - h) - sigma^2) and sigma^2 the measured error of a row mean; h is the share of the smoother's
 * own row.
 */
public final class OverscanModel {
  /** How the level follows the rows. */
  public enum Fit {
    MEAN,
    MEDIAN,
    MEANCLIP,
    MEAN_PER_ROW,
    MEDIAN_PER_ROW,
    MEANCLIP_PER_ROW,
    SMOOTH_PER_ROW,
    ROW_SHRINK
  }

  /** How the parallel overscan is used. */
  public enum Parallel {
    NONE,
    ONE_VALUE,
    MEAN_PER_COLUMN
  }

  /**
   * @param fit form of the serial overscan
   * @param leadingToSkip first columns not used (trailing charge), 3
   * @param trailingToSkip last columns not used, 3
   * @param maxDeviation from the median of the overscan, ADU, beyond which a pixel is rejected
   * @param window rows of the running mean, odd
   * @param parallel form of the parallel overscan
   * @param parallelLeadingToSkip first rows of the parallel overscan not used, 3
   * @param parallelTrailingToSkip last rows of the parallel overscan not used, 3
   */
  public record Config(
      Fit fit,
      int leadingToSkip,
      int trailingToSkip,
      double maxDeviation,
      int window,
      Parallel parallel,
      int parallelLeadingToSkip,
      int parallelTrailingToSkip)
      implements Serializable {
    public static Config defaults() {
      return new Config(Fit.ROW_SHRINK, 3, 3, 1000, 31, Parallel.ONE_VALUE, 3, 3);
    }
  }

  /**
   * A fitted overscan.
   *
   * @param rows level of every row of the raw image
   * @param mean clipped mean of the overscan
   * @param noise standard deviation of its pixels about the level of their row,
   *     truncation-corrected
   * @param badRows rows without a usable pixel
   * @param shrink k of ROW_SHRINK; 1 or 0 for the other forms
   */
  public record Level(double[] rows, double mean, double noise, int badRows, double shrink) {}

  private static final int FILL_REACH = 5;
  private static final ClippedStatistics STATISTICS = new ClippedStatistics();
  private static final ClippedStatistics NOISE =
      new ClippedStatistics(ClippedStatistics.Config.noise());

  private final Config config;

  public OverscanModel(Config config) {
    this.config = config;
  }

  /**
   * Fits the serial overscan as the configuration says.
   *
   * @param raw whole raw image, ADU
   * @param overscan its serial overscan; all rows of the image are used, not only those of the box
   * @param mask of the raw image, or null
   */
  public Level serial(ImageF raw, Box overscan, @Nullable MaskI mask) {
    return serial(raw, overscan, mask, null);
  }

  /**
   * Fits the serial overscan as its camera says.
   *
   * @param use null for what the configuration says
   */
  public Level serial(
      ImageF raw, Box overscan, @Nullable MaskI mask, Amplifier.@Nullable OverscanUse use) {
    int leading = use == null ? config.leadingToSkip : use.leadingToSkip();
    int trailing = use == null ? config.trailingToSkip : use.trailingToSkip();
    Fit fit = use == null || use.perRow() ? config.fit : Fit.MEANCLIP;
    int x0 = overscan.x0() + leading;
    int x1 = overscan.x1() - trailing;
    if (x1 <= x0) {
      throw new BadInputException(
          "NO_OVERSCAN",
          "the serial overscan "
              + overscan
              + " has no column left without its first "
              + leading
              + " and last "
              + trailing
              + "; say in camera.yaml how many to skip, for example overscan: {skip: [0, 0]}");
    }
    int height = raw.height();
    int n = x1 - x0;
    float[] pixels = new float[n * height];
    for (int y = 0; y < height; y++) {
      System.arraycopy(raw.data, raw.index(x0, y), pixels, y * n, n);
    }
    double median = ClippedStatistics.median(pixels);
    reject(pixels, n, height, x0, median, mask);
    return fit(fit, pixels, n, height);
  }

  /** The level of every row of an overscan whose rejected pixels are NaN. */
  private Level fit(Fit fit, float[] pixels, int n, int height) {
    ClippedStatistics.Result all = STATISTICS.of(pixels);
    double[] rows = new double[height];
    switch (fit) {
      case MEAN -> Arrays.fill(rows, all.mean());
      case MEDIAN -> Arrays.fill(rows, all.median());
      case MEANCLIP -> Arrays.fill(rows, all.meanClip());
      default -> {
        double[] errors = new double[height];
        int bad = perRow(pixels, n, rows, errors);
        return smooth(pixels, n, rows, errors, all.meanClip(), bad);
      }
    }
    return new Level(rows, all.meanClip(), noise(pixels, n, rows), 0, 0);
  }

  private Level smooth(
      float[] pixels, int n, double[] rows, double[] errors, double mean, int bad) {
    double shrink = 1;
    double[] level = rows;
    if (config.fit == Fit.SMOOTH_PER_ROW || config.fit == Fit.ROW_SHRINK) {
      double[] smooth = runningMean(rows, config.window);
      shrink = config.fit == Fit.ROW_SHRINK ? shrinkage(rows, smooth, errors) : 0;
      level = new double[rows.length];
      for (int y = 0; y < level.length; y++) {
        level[y] = smooth[y] + shrink * (rows[y] - smooth[y]);
      }
    }
    return new Level(level, mean, noise(pixels, n, level), bad, shrink);
  }

  private void reject(
      float[] pixels, int n, int height, int x0, double median, @Nullable MaskI mask) {
    for (int y = 0; y < height; y++) {
      for (int i = 0; i < n; i++) {
        boolean masked =
            mask != null && (mask.get(x0 + i, y) & (MaskPlanes.BAD | MaskPlanes.SAT)) != 0;
        if (masked || Math.abs(pixels[y * n + i] - median) > config.maxDeviation) {
          pixels[y * n + i] = Float.NaN;
        }
      }
    }
  }

  /** Level and error of each row; fills rows without pixels. */
  private int perRow(float[] pixels, int n, double[] rows, double[] errors) {
    int bad = 0;
    for (int y = 0; y < rows.length; y++) {
      ClippedStatistics.Result row = STATISTICS.of(pixels, y * n, (y + 1) * n);
      rows[y] =
          switch (config.fit) {
            case MEAN_PER_ROW -> row.mean();
            case MEDIAN_PER_ROW -> row.median();
            default -> row.meanClip();
          };
      errors[y] = row.seMean();
      bad += Double.isNaN(rows[y]) ? 1 : 0;
    }
    if (bad > 0) {
      fill(rows);
    }
    return bad;
  }

  private static void fill(double[] rows) {
    double[] measured = rows.clone();
    double overall = ClippedStatistics.median(measured);
    for (int y = 0; y < rows.length; y++) {
      if (Double.isNaN(measured[y])) {
        int from = Math.max(0, y - FILL_REACH);
        int to = Math.min(rows.length, y + FILL_REACH + 1);
        double near = ClippedStatistics.median(Arrays.copyOfRange(measured, from, to));
        rows[y] = Double.isNaN(near) ? overall : near;
      }
    }
  }

  /** Running mean over a window that shrinks symmetrically at the ends. */
  static double[] runningMean(double[] v, int window) {
    double[] cumulative = new double[v.length + 1];
    double shift = v[0];
    for (int i = 0; i < v.length; i++) {
      cumulative[i + 1] = cumulative[i] + (v[i] - shift);
    }
    double[] out = new double[v.length];
    for (int i = 0; i < v.length; i++) {
      int half = Math.min(window / 2, Math.min(i, v.length - 1 - i));
      out[i] = shift + (cumulative[i + half + 1] - cumulative[i - half]) / (2 * half + 1);
    }
    return out;
  }

  /** k of ROW_SHRINK: the share of a row's deviation that is real. */
  private double shrinkage(double[] rows, double[] smooth, double[] errors) {
    int half = config.window / 2;
    if (rows.length < 4 * config.window) {
      return 0;
    }
    double[] deviations = new double[rows.length - 2 * half];
    for (int y = half; y < rows.length - half; y++) {
      deviations[y - half] = rows[y] - smooth[y];
    }
    double spread = NOISE.of(deviations).sdClip();
    double error = ClippedStatistics.median(errors);
    double own = 1.0 / config.window;
    double jitter = Math.max(0, spread * spread / (1 - own) - error * error);
    return jitter == 0 ? 0 : jitter / (jitter + error * error);
  }

  private static double noise(float[] pixels, int n, double[] rows) {
    float[] residual = new float[pixels.length];
    for (int i = 0; i < residual.length; i++) {
      residual[i] = (float) (pixels[i] - rows[i / n]);
    }
    return NOISE.of(residual).sdClip();
  }

  /** Takes the level of each row out of the whole raw image. */
  public static void subtractRows(ImageF raw, double[] rows) {
    for (int y = 0; y < raw.height(); y++) {
      float level = (float) rows[y];
      int start = raw.offset + y * raw.stride;
      for (int i = start; i < start + raw.width(); i++) {
        raw.data[i] -= level;
      }
    }
  }

  /**
   * Takes the parallel overscan out of the data region.
   *
   * @return the level that was subtracted (its mean over columns), in the image's units
   */
  public double subtractParallel(ImageF raw, Box data, Box overscan) {
    int y0 = overscan.y0() + config.parallelLeadingToSkip;
    int y1 = overscan.y1() - config.parallelTrailingToSkip;
    if (config.parallel == Parallel.NONE || overscan.isEmpty()) {
      return 0;
    }
    if (y1 <= y0) {
      throw new IllegalArgumentException("nothing left of the parallel overscan " + overscan);
    }
    if (config.parallel == Parallel.ONE_VALUE) {
      Box used = new Box(overscan.x0(), y0, overscan.width(), y1 - y0);
      double level = STATISTICS.of(raw.view(used)).meanClip();
      double[] columns = new double[data.width()];
      Arrays.fill(columns, Double.isNaN(level) ? 0 : level);
      subtractColumns(raw, data, columns);
      return columns[0];
    }
    double[] columns = new double[data.width()];
    double sum = 0;
    for (int i = 0; i < columns.length; i++) {
      double column = 0;
      for (int y = y0; y < y1; y++) {
        column += raw.get(data.x0() + i, y);
      }
      columns[i] = column / (y1 - y0);
      sum += columns[i];
    }
    subtractColumns(raw, data, columns);
    return sum / columns.length;
  }

  private static void subtractColumns(ImageF raw, Box data, double[] columns) {
    for (int y = data.y0(); y < data.y1(); y++) {
      int start = raw.index(data.x0(), y);
      for (int i = 0; i < columns.length; i++) {
        raw.data[start + i] -= (float) columns[i];
      }
    }
  }
}
