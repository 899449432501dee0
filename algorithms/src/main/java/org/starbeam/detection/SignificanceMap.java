package org.starbeam.detection;

import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskedImage;

/**
 * Signal-to-noise of a point source at every pixel: with a Gaussian G of unit sum, the image I and
 * its variance V, S = (I * G) / sqrt(V * G^2) (specs/02 section 4.1 and 4.2).
 *
 * <p>G is separable with the second moments of the PSF along x and y, cut at {@code nSigma}. Pixels
 * in the excluded planes, not finite ones and those outside the image give neither signal nor
 * variance; S is 0 where less than half of the kernel's weight is valid. Two (with excluded pixels
 * three) separable convolutions, O(pixels x kernel width), three float images, two of which stay.
 */
public final class SignificanceMap {
  private final ImageF significance;
  private final ImageF deviation;
  private final int halfX;
  private final int halfY;
  private final double sigmaX;
  private final double sigmaY;

  private SignificanceMap(
      ImageF significance, ImageF deviation, int halfX, int halfY, double sigmaX, double sigmaY) {
    this.significance = significance;
    this.deviation = deviation;
    this.halfX = halfX;
    this.halfY = halfY;
    this.sigmaX = sigmaX;
    this.sigmaY = sigmaY;
  }

  /**
   * @param sigmaX width of the Gaussian along x in pixels
   * @param sigmaY width along y
   * @param nSigma where the kernel is cut, in its widths
   * @param excludePlanes mask planes whose pixels are not used
   */
  public static SignificanceMap of(
      MaskedImage image, double sigmaX, double sigmaY, double nSigma, int excludePlanes) {
    double[] kernelX = gaussian(sigmaX, nSigma);
    double[] kernelY = gaussian(sigmaY, nSigma);
    Box box = image.box();
    int n = box.area();
    float[] signal = new float[n];
    float[] variance = new float[n];
    float @Nullable [] valid = load(image, excludePlanes, signal, variance);
    float[] scratch = new float[n];
    convolve(signal, scratch, box.width(), box.height(), kernelX, kernelY);
    convolve(variance, scratch, box.width(), box.height(), squared(kernelX), squared(kernelY));
    double[] coverageX = coverage(box.width(), kernelX);
    double[] coverageY = coverage(box.height(), kernelY);
    if (valid != null) {
      convolve(valid, scratch, box.width(), box.height(), kernelX, kernelY);
    }
    for (int y = 0, i = 0; y < box.height(); y++) {
      for (int x = 0; x < box.width(); x++, i++) {
        double weight = valid == null ? coverageX[x] * coverageY[y] : valid[i];
        variance[i] = weight < 0.5 || !(variance[i] > 0) ? 0 : (float) Math.sqrt(variance[i]);
        signal[i] = variance[i] > 0 ? signal[i] / variance[i] : 0;
      }
    }
    return new SignificanceMap(
        ImageF.wrap(box, signal),
        ImageF.wrap(box, variance),
        kernelX.length / 2,
        kernelY.length / 2,
        sigmaX,
        sigmaY);
  }

  /** Signed significance, in the box of the image. */
  public ImageF significance() {
    return significance;
  }

  /** Standard deviation of I * G for white noise; 0 where S is 0 for want of pixels. */
  public ImageF deviation() {
    return deviation;
  }

  /** I * G at its centre for a source of unit flux. */
  double response(ImageD psf) {
    double sum = 0;
    double norm = 2 * Math.PI * sigmaX * sigmaY;
    for (int y = Math.max(-halfY, psf.box().y0()); y < Math.min(halfY + 1, psf.box().y1()); y++) {
      for (int x = Math.max(-halfX, psf.box().x0()); x < Math.min(halfX + 1, psf.box().x1()); x++) {
        double r2 = x * x / (sigmaX * sigmaX) + y * y / (sigmaY * sigmaY);
        sum += psf.get(x, y) * Math.exp(-0.5 * r2) / norm;
      }
    }
    return sum;
  }

  /** Pixels from the centre to the end of the kernel along x. */
  public int halfX() {
    return halfX;
  }

  /** Pixels from the centre to the end of the kernel along y. */
  public int halfY() {
    return halfY;
  }

  /** Geometric mean width of the kernel in pixels. */
  public double sigma() {
    return Math.sqrt(sigmaX * sigmaY);
  }

  /** Copies usable pixels; returns the 0/1 map of them, or null when all are usable. */
  static float @Nullable [] load(
      MaskedImage image, int excludePlanes, float[] signal, float[] variance) {
    ImageF im = image.image();
    ImageF va = image.variance();
    MaskI ma = image.mask();
    boolean all = true;
    float[] valid = new float[signal.length];
    for (int row = 0, i = 0; row < im.height(); row++) {
      int a = im.offset + row * im.stride;
      int b = va.offset + row * va.stride;
      int c = ma.offset + row * ma.stride;
      for (int col = 0; col < im.width(); col++, i++) {
        float d = im.data[a + col];
        float v = va.data[b + col];
        if ((ma.data[c + col] & excludePlanes) == 0
            && Float.isFinite(d)
            && v > 0
            && Float.isFinite(v)) {
          signal[i] = d;
          variance[i] = v;
          valid[i] = 1;
        } else {
          all = false;
        }
      }
    }
    return all ? null : valid;
  }

  static double[] gaussian(double sigma, double nSigma) {
    int half = Math.max(1, (int) Math.ceil(nSigma * sigma));
    double[] kernel = new double[2 * half + 1];
    double sum = 0;
    for (int i = -half; i <= half; i++) {
      kernel[i + half] = Math.exp(-0.5 * i * i / (sigma * sigma));
      sum += kernel[i + half];
    }
    for (int i = 0; i < kernel.length; i++) {
      kernel[i] /= sum;
    }
    return kernel;
  }

  private static double[] squared(double[] kernel) {
    double[] out = new double[kernel.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = kernel[i] * kernel[i];
    }
    return out;
  }

  /** Sum of the kernel's weights that fall inside a line of n pixels, per pixel. */
  private static double[] coverage(int n, double[] kernel) {
    int half = kernel.length / 2;
    double[] out = new double[n];
    for (int i = 0; i < n; i++) {
      for (int k = Math.max(0, half - i); k < Math.min(kernel.length, n + half - i); k++) {
        out[i] += kernel[k];
      }
    }
    return out;
  }

  /** Convolves in place with a symmetric separable kernel; zero outside. */
  static void convolve(
      float[] data, float[] scratch, int width, int height, double[] kx, double[] ky) {
    int half = kx.length / 2;
    float[] line = new float[width + 2 * half];
    for (int y = 0; y < height; y++) {
      System.arraycopy(data, y * width, line, half, width);
      for (int x = 0; x < width; x++) {
        float sum = (float) kx[half] * line[x + half];
        for (int k = 1; k <= half; k++) {
          sum += (float) kx[half + k] * (line[x + half - k] + line[x + half + k]);
        }
        scratch[y * width + x] = sum;
      }
    }
    int halfY = ky.length / 2;
    for (int y = 0; y < height; y++) {
      int row = y * width;
      float centre = (float) ky[halfY];
      for (int x = 0; x < width; x++) {
        data[row + x] = centre * scratch[row + x];
      }
      for (int k = 1; k <= halfY; k++) {
        float weight = (float) ky[halfY + k];
        addRow(data, row, scratch, y - k, weight, width, height);
        addRow(data, row, scratch, y + k, weight, width, height);
      }
    }
  }

  private static void addRow(
      float[] out, int row, float[] in, int y, float weight, int width, int height) {
    if (y < 0 || y >= height) {
      return;
    }
    int from = y * width;
    for (int x = 0; x < width; x++) {
      out[row + x] += weight * in[from + x];
    }
  }
}
