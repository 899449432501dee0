package org.starbeam.streak;

import java.util.Arrays;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.Selection;

/**
 * Signal over noise of square bins of a residual image, less its mean over the surroundings, scaled
 * to a robust scatter of 1 (never up) and cut at a few sigma so that no single thing makes a line.
 * Bins with less than half of their pixels are not valid. Belongs to one thread.
 */
final class BinnedMap {
  private static final int SURROUNDINGS = 16;

  private final Box frame;
  private final int bin;
  private final int width;
  private final int height;
  private final float[] value;
  private final boolean[] valid;

  /**
   * @param residual the image
   * @param bin side of a bin in pixels
   * @param cut largest absolute value in sigma
   */
  BinnedMap(Residual residual, int bin, double cut) {
    this.frame = residual.box();
    this.bin = bin;
    this.width = (frame.width() + bin - 1) / bin;
    this.height = (frame.height() + bin - 1) / bin;
    this.value = new float[width * height];
    this.valid = new boolean[width * height];
    for (int y = 0; y < height; y++) {
      fillRow(residual, y);
    }
    subtractSurroundings();
    float scale = (float) Math.max(1, scatter());
    for (int i = 0; i < value.length; i++) {
      value[i] = (float) Math.max(-cut, Math.min(cut, value[i] / scale));
    }
  }

  int width() {
    return width;
  }

  int height() {
    return height;
  }

  int bin() {
    return bin;
  }

  /** Signal over noise; 0 where not valid. */
  float value(int x, int y) {
    return value[y * width + x];
  }

  boolean isValid(int x, int y) {
    return x >= 0 && y >= 0 && x < width && y < height && valid[y * width + x];
  }

  /** Position in the frame of a position in bins. */
  double frameX(double x) {
    return frame.x0() + (x + 0.5) * bin - 0.5;
  }

  double frameY(double y) {
    return frame.y0() + (y + 0.5) * bin - 0.5;
  }

  /** Takes the bins out whose centre is within a distance of a line, between two places on it. */
  void remove(Line line, double from, double to, double distance) {
    double half = distance + 0.75 * bin;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        double px = frameX(x);
        double py = frameY(y);
        if (Math.abs(line.across(px, py)) <= half) {
          double s = line.along(px, py);
          if (s >= from - bin && s <= to + bin) {
            valid[y * width + x] = false;
            value[y * width + x] = 0;
          }
        }
      }
    }
  }

  private void fillRow(Residual residual, int row) {
    for (int col = 0; col < width; col++) {
      double signal = 0;
      double variance = 0;
      int n = 0;
      int yEnd = Math.min(frame.height(), (row + 1) * bin);
      int xEnd = Math.min(frame.width(), (col + 1) * bin);
      for (int y = row * bin; y < yEnd; y++) {
        for (int x = col * bin; x < xEnd; x++) {
          if (residual.isGood(x, y)) {
            signal += residual.value(x, y);
            variance += residual.variance(x, y);
            n++;
          }
        }
      }
      int i = row * width + col;
      valid[i] = 2 * n >= bin * bin;
      value[i] = valid[i] ? (float) (signal / Math.sqrt(variance)) : 0;
    }
  }

  private void subtractSurroundings() {
    double[] sum = new double[(width + 1) * (height + 1)];
    int[] count = new int[sum.length];
    for (int y = 0; y < height; y++) {
      double s = 0;
      int n = 0;
      for (int x = 0; x < width; x++) {
        s += Math.max(-3, Math.min(3, value[y * width + x]));
        n += valid[y * width + x] ? 1 : 0;
        int i = (y + 1) * (width + 1) + x + 1;
        sum[i] = sum[i - width - 1] + s;
        count[i] = count[i - width - 1] + n;
      }
    }
    for (int y = 0; y < height; y++) {
      int y0 = Math.max(0, y - SURROUNDINGS) * (width + 1);
      int y1 = Math.min(height, y + SURROUNDINGS + 1) * (width + 1);
      for (int x = 0; x < width; x++) {
        int x0 = Math.max(0, x - SURROUNDINGS);
        int x1 = Math.min(width, x + SURROUNDINGS + 1);
        int n = count[y1 + x1] - count[y1 + x0] - count[y0 + x1] + count[y0 + x0];
        if (valid[y * width + x]) {
          double s = sum[y1 + x1] - sum[y1 + x0] - sum[y0 + x1] + sum[y0 + x0];
          value[y * width + x] -= (float) (s / n);
        }
      }
    }
  }

  private double scatter() {
    float[] values = new float[value.length];
    int n = 0;
    for (int i = 0; i < value.length; i++) {
      if (valid[i]) {
        values[n++] = Math.abs(value[i]);
      }
    }
    return n == 0
        ? 1
        : ClippedStatistics.MAD_TO_SIGMA * Selection.ofRank(Arrays.copyOf(values, n), n, n / 2);
  }
}
