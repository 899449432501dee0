package org.starbeam.calibration;

import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

/**
 * Means of square bins of a detector's pixels, what fringes are measured on. A bin with fewer than
 * half of its pixels usable is NaN. One pass over the pixels.
 *
 * @param box the pixels
 * @param bin side of a bin, pixels
 * @param width number of bins in x; the last may be narrower
 * @param height number of bins in y
 * @param values row by row
 */
public record FringeBins(Box box, int bin, int width, int height, float[] values) {
  private static final int UNUSABLE =
      MaskPlanes.BAD | MaskPlanes.SAT | MaskPlanes.NO_DATA | MaskPlanes.CR | MaskPlanes.DETECTED;

  /** Bins of the pixels that are not BAD, SAT, NO_DATA, CR or DETECTED. */
  public static FringeBins of(MaskedImage image, int bin) {
    return of(image.image(), image.mask().toArray(), bin);
  }

  /** Bins of a pattern, which has no mask. */
  public static FringeBins of(ImageF image, int bin) {
    return of(image, new int[image.box().area()], bin);
  }

  private static FringeBins of(ImageF image, int[] mask, int bin) {
    Box box = image.box();
    int width = (box.width() + bin - 1) / bin;
    int height = (box.height() + bin - 1) / bin;
    double[] sum = new double[width * height];
    int[] count = new int[width * height];
    for (int y = 0, i = 0; y < box.height(); y++) {
      int row = y / bin * width;
      int at = image.index(box.x0(), box.y0() + y);
      for (int x = 0; x < box.width(); x++, i++, at++) {
        float v = image.data[at];
        if ((mask[i] & UNUSABLE) == 0 && Float.isFinite(v)) {
          sum[row + x / bin] += v;
          count[row + x / bin]++;
        }
      }
    }
    float[] values = new float[sum.length];
    for (int k = 0; k < values.length; k++) {
      int all =
          Math.min(bin, box.width() - k % width * bin)
              * Math.min(bin, box.height() - k / width * bin);
      values[k] = 2 * count[k] >= all ? (float) (sum[k] / count[k]) : Float.NaN;
    }
    return new FringeBins(box, bin, width, height, values);
  }

  /** The same bins with other values. */
  FringeBins with(float[] other) {
    return new FringeBins(box, bin, width, height, other);
  }

  /** The values at every pixel, by cubic convolution between the centres of the bins. */
  ImageF pixels() {
    int[] x0 = new int[box.width()];
    double[][] wx = weights(box.width(), x0);
    int[] y0 = new int[box.height()];
    double[][] wy = weights(box.height(), y0);
    ImageF out = new ImageF(box);
    double[] column = new double[width];
    for (int y = 0, i = 0; y < box.height(); y++) {
      for (int x = 0; x < width; x++) {
        column[x] = 0;
        for (int k = 0; k < 4; k++) {
          int row = Math.max(0, Math.min(height - 1, y0[y] + k - 1));
          column[x] += wy[y][k] * values[row * width + x];
        }
      }
      for (int x = 0; x < box.width(); x++, i++) {
        double sum = 0;
        for (int k = 0; k < 4; k++) {
          sum += wx[x][k] * column[Math.max(0, Math.min(width - 1, x0[x] + k - 1))];
        }
        out.data[i] = (float) sum;
      }
    }
    return out;
  }

  /** Keys' cubic convolution, a = -1/2, exact for quadratics. */
  private double[][] weights(int pixels, int[] first) {
    double[][] out = new double[pixels][];
    for (int p = 0; p < pixels; p++) {
      double at = (p + 0.5) / bin - 0.5;
      int left = (int) Math.floor(at);
      double t = at - left;
      first[p] = left;
      out[p] =
          new double[] {
            ((2 - t) * t - 1) * t / 2,
            ((3 * t - 5) * t * t + 2) / 2,
            ((4 - 3 * t) * t + 1) * t / 2,
            (t - 1) * t * t / 2
          };
    }
    return out;
  }
}
