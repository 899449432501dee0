package org.starbeam.difference;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.jtransforms.fft.DoubleFFT_2D;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;

/**
 * Makes the noise of a difference white (specs/03 section 7.7, after DMTN-021 and DMTN-179). For D
 * = R - K * C the noise has the power
 *
 * <pre>  P(k) = v_R n_R(k) + |kappa(k)|^2 v_C n_C(k) - 2 c Re(kappa(k) g(k))  </pre>
 *
 * where n_R and n_C are the powers of the images' noise relative to their variances (1 for white
 * noise) and c g that of what both images have in common; the filter has the transform psi(k) =
 * sqrt(P(0) / P(k)), cut to 41 x 41 pixels and brought to unit sum.
 *
 * <p>The variance of a filtered pixel is {@code w1 V_R + w2 V_C - w3 C}, with w1 = mean |psi|^2
 * n_R, w2 = mean |psi kappa|^2 n_C and w3 = 2 mean |psi|^2 Re(kappa g) over all frequencies.
 */
public final class Decorrelator {
  private static final int GRID = 64;
  private static final int HALF_WIDTH = 20;

  /**
   * Smallest variance of a difference over that of independent images. A template of which the
   * visit is more than some nine tenths says nothing: what is left is rounding and mismatch.
   */
  static final double LEAST = 0.05;

  /**
   * The filter for one place.
   *
   * @param psi centred on (0, 0), 41 x 41, sum 1
   * @param w1 share of the reference's variance
   * @param w2 share of the convolved image's variance
   * @param w3 share of the covariance, which takes away
   */
  public record Filter(ImageD psi, double w1, double w2, double w3) {}

  /**
   * Noise of the two images at one place.
   *
   * @param reference variance per pixel v_R
   * @param convolved variance per pixel v_C
   * @param shared covariance c
   * @param referenceCovariance autocovariance over v_R by lag; null for white noise
   * @param convolvedCovariance autocovariance over v_C by lag; null for white noise
   * @param sharedCovariance covariance of the images over c by lag; null for none
   */
  record Noise(
      double reference,
      double convolved,
      double shared,
      @Nullable ImageD referenceCovariance,
      @Nullable ImageD convolvedCovariance,
      @Nullable ImageD sharedCovariance) {}

  private Decorrelator() {}

  /** The filter of a kernel and the two variances per pixel of white, independent noise. */
  public static Filter filter(ImageD kernel, double varianceReference, double varianceConvolved) {
    return filter(kernel, new Noise(varianceReference, varianceConvolved, 0, null, null, null));
  }

  static Filter filter(ImageD kernel, Noise noise) {
    double[] kappa = transform(kernel);
    double[] reference = power(noise.referenceCovariance, 1);
    double[] convolved = power(noise.convolvedCovariance, 1);
    double[] common = power(noise.sharedCovariance, 0);
    int n = GRID * GRID;
    double[] total = new double[n];
    for (int i = 0; i < n; i++) {
      double k2 = kappa[2 * i] * kappa[2 * i] + kappa[2 * i + 1] * kappa[2 * i + 1];
      convolved[i] *= k2;
      common[i] *= 2 * kappa[2 * i];
      double apart = noise.reference * reference[i] + noise.convolved * convolved[i];
      total[i] = Math.max(LEAST * apart, apart - noise.shared * common[i]);
    }
    double[] psi = new double[2 * n];
    double w1 = 0;
    double w2 = 0;
    double w3 = 0;
    for (int i = 0; i < n; i++) {
      double value = total[0] / total[i];
      w1 += value * reference[i];
      w2 += value * convolved[i];
      w3 += value * common[i];
      psi[2 * i] = Math.sqrt(value);
    }
    return new Filter(image(psi), w1 / n, w2 / n, w3 / n);
  }

  /**
   * Error of the flux {@code sum(P I) / sum(P^2)} on an image that was convolved.
   *
   * @param psf P, centred on (0, 0)
   * @param kernel that the image was convolved with; null for none
   * @param covariance autocovariance over the variance by lag before that; null for white noise
   * @param variance per pixel before that
   */
  static double fluxError(
      ImageD psf, @Nullable ImageD kernel, @Nullable ImageD covariance, double variance) {
    double[] p = transform(psf);
    double[] kappa = kernel == null ? null : transform(kernel);
    double[] noise = power(covariance, 1);
    double signal = 0;
    double scatter = 0;
    for (int i = 0; i < noise.length; i++) {
      double p2 = square(p, i);
      signal += p2;
      scatter += p2 * noise[i] * (kappa == null ? 1 : square(kappa, i));
    }
    return Math.sqrt(variance * scatter * noise.length) / signal;
  }

  private static double square(double[] transform, int i) {
    return transform[2 * i] * transform[2 * i] + transform[2 * i + 1] * transform[2 * i + 1];
  }

  /** The filter of a transform, cut and of unit sum; destroys the transform. */
  private static ImageD image(double[] psi) {
    new DoubleFFT_2D(GRID, GRID).complexInverse(psi, true);
    ImageD out = new ImageD(Box.around(0, 0, HALF_WIDTH));
    double sum = 0;
    for (int y = -HALF_WIDTH; y <= HALF_WIDTH; y++) {
      for (int x = -HALF_WIDTH; x <= HALF_WIDTH; x++) {
        double value = psi[2 * (Math.floorMod(y, GRID) * GRID + Math.floorMod(x, GRID))];
        out.set(x, y, value);
        sum += value;
      }
    }
    for (int i = 0; i < out.data.length; i++) {
      out.data[i] /= sum;
    }
    return out;
  }

  /** Power of an autocovariance, not below a thousandth of what it is at lag 0. */
  private static double[] power(@Nullable ImageD covariance, double white) {
    double[] out = new double[GRID * GRID];
    if (covariance == null) {
      Arrays.fill(out, white);
      return out;
    }
    double[] transform = transform(covariance);
    double least = 1e-3 * covariance.get(0, 0);
    for (int i = 0; i < out.length; i++) {
      out[i] = Math.max(least, transform[2 * i]);
    }
    return out;
  }

  private static double[] transform(ImageD image) {
    double[] k = new double[2 * GRID * GRID];
    Box box = image.box();
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        k[2 * (Math.floorMod(y, GRID) * GRID + Math.floorMod(x, GRID))] = image.get(x, y);
      }
    }
    new DoubleFFT_2D(GRID, GRID).complexForward(k);
    return k;
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
