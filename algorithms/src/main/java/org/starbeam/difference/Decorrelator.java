package org.starbeam.difference;

import org.jtransforms.fft.DoubleFFT_2D;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;

/**
 * Makes the noise of a difference white (specs/03 section 7.7 with white noise of both images,
 * after DMTN-021 and DMTN-179). For D = R - K * C with variances v_R and v_C the filter has the
 * transform psi(k) = sqrt((v_R + s^2 v_C) / (v_R + |kappa(k)|^2 v_C)), s the sum of K; psi has unit
 * sum.
 *
 * <p>The variance of a filtered pixel is {@code w1 V_R + w2 V_C}, with w1 = mean |psi|^2 and w2 =
 * mean |psi kappa|^2 over all frequencies.
 */
public final class Decorrelator {
  private static final int GRID = 64;
  private static final int HALF_WIDTH = 20;

  /**
   * The filter for one place.
   *
   * @param psi centred on (0, 0), 41 x 41, sum 1
   * @param w1 share of the reference's variance
   * @param w2 share of the convolved image's variance
   */
  public record Filter(ImageD psi, double w1, double w2) {}

  private Decorrelator() {}

  /** The filter of a kernel and the two variances per pixel. */
  public static Filter filter(ImageD kernel, double varianceReference, double varianceConvolved) {
    return filter(kernel, varianceReference, varianceConvolved, GRID);
  }

  static Filter filter(
      ImageD kernel, double varianceReference, double varianceConvolved, int grid) {
    double[] power = power(kernel, grid);
    int n = grid * grid;
    double sum2 = power[0];
    double[] psi = new double[2 * n];
    double w1 = 0;
    double w2 = 0;
    for (int i = 0; i < n; i++) {
      double value =
          (varianceReference + sum2 * varianceConvolved)
              / (varianceReference + power[i] * varianceConvolved);
      w1 += value;
      w2 += value * power[i];
      psi[2 * i] = Math.sqrt(value);
    }
    new DoubleFFT_2D(grid, grid).complexInverse(psi, true);
    ImageD out = new ImageD(Box.around(0, 0, HALF_WIDTH));
    double sum = 0;
    for (int y = -HALF_WIDTH; y <= HALF_WIDTH; y++) {
      for (int x = -HALF_WIDTH; x <= HALF_WIDTH; x++) {
        double value = psi[2 * (Math.floorMod(y, grid) * grid + Math.floorMod(x, grid))];
        out.set(x, y, value);
        sum += value;
      }
    }
    for (int i = 0; i < out.data.length; i++) {
      out.data[i] /= sum;
    }
    return new Filter(out, w1 / n, w2 / n);
  }

  private static double[] power(ImageD kernel, int grid) {
    double[] k = new double[2 * grid * grid];
    Box box = kernel.box();
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        k[2 * (Math.floorMod(y, grid) * grid + Math.floorMod(x, grid))] = kernel.get(x, y);
      }
    }
    new DoubleFFT_2D(grid, grid).complexForward(k);
    double[] out = new double[grid * grid];
    for (int i = 0; i < out.length; i++) {
      out[i] = k[2 * i] * k[2 * i] + k[2 * i + 1] * k[2 * i + 1];
    }
    return out;
  }

  /**
   * The convolution of part of an image with a filter by one fast transform; pixels outside the
   * image have the value of the nearest one inside.
   */
  static ImageF apply(ImageF image, Box part, ImageD psi) {
    int h = HALF_WIDTH;
    int width = fast(part.width() + 2 * h);
    int height = fast(part.height() + 2 * h);
    double[] data = new double[height * 2 * width];
    double[] filter = new double[height * 2 * width];
    Box box = image.box();
    for (int y = 0; y < part.height() + 2 * h; y++) {
      int sy = Math.max(box.y0(), Math.min(box.y1() - 1, part.y0() + y - h));
      for (int x = 0; x < part.width() + 2 * h; x++) {
        int sx = Math.max(box.x0(), Math.min(box.x1() - 1, part.x0() + x - h));
        data[y * width + x] = image.get(sx, sy);
      }
    }
    for (int y = -h; y <= h; y++) {
      for (int x = -h; x <= h; x++) {
        filter[Math.floorMod(y, height) * width + Math.floorMod(x, width)] = psi.get(x, y);
      }
    }
    DoubleFFT_2D fft = new DoubleFFT_2D(height, width);
    fft.realForwardFull(data);
    fft.realForwardFull(filter);
    for (int i = 0; i < data.length; i += 2) {
      double re = data[i] * filter[i] - data[i + 1] * filter[i + 1];
      data[i + 1] = data[i] * filter[i + 1] + data[i + 1] * filter[i];
      data[i] = re;
    }
    fft.complexInverse(data, true);
    ImageF out = new ImageF(part);
    for (int y = 0; y < part.height(); y++) {
      for (int x = 0; x < part.width(); x++) {
        out.data[y * part.width() + x] = (float) data[2 * ((y + h) * width + x + h)];
      }
    }
    return out;
  }

  /** The next number of the form 2^a 3^b 5^c. */
  static int fast(int n) {
    for (int m = n; ; m++) {
      int rest = m;
      for (int p : new int[] {2, 3, 5}) {
        while (rest % p == 0) {
          rest /= p;
        }
      }
      if (rest == 1) {
        return m;
      }
    }
  }
}
