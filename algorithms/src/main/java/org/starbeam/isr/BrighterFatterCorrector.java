package org.starbeam.isr;

import java.io.Serializable;
import org.starbeam.calibration.BrighterFatterKernel;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskedImage;

/**
 * Puts the charge back that the brighter-fatter effect has moved (specs/01 section 4.10,
 * FLUX_CONSERVING): with F the image and {@code phi = K * (F - mean F)}, 0 outside, through the
 * border of pixels p and q goes
 *
 * <pre>t = 1/2 (phi_q - phi_p) (F_p + F_q) / 2,   p gains t, q loses it</pre>
 *
 * <p>and the image plus what the corrected image moves is the next corrected image, until no pixel
 * changes by more than the tolerance. Where t is more than {@code largestShare} of the poorer
 * pixel, the charge of the pixel that had lost it counts alone (DONOR). The sum is conserved.
 * Pixels with BAD, NO_DATA or without a number are bridged from the next good pixels of their row;
 * their values are corrected too, but finite ones only. SAT pixels count with the charge that they
 * show. Cost: the square of the kernel's side per pixel and iteration.
 */
public final class BrighterFatterCorrector {
  /**
   * @param maxIterations 10
   * @param tolerance electrons, 0.1
   * @param largestShare 0.1
   */
  public record Config(int maxIterations, double tolerance, double largestShare)
      implements Serializable {
    public static Config defaults() {
      return new Config(10, 0.1, 0.1);
    }
  }

  /**
   * What was done.
   *
   * @param iterations number of iterations
   * @param change largest change of a pixel in the last one, electrons
   */
  public record Report(int iterations, double change) {
    /** Nothing was corrected. */
    public static final Report NONE = new Report(0, 0);
  }

  private final Config config;

  public BrighterFatterCorrector(Config config) {
    this.config = config;
  }

  /** Corrects an image in electrons in place; unusable pixels have one of the planes. */
  public Report correct(MaskedImage image, int planes, BrighterFatterKernel kernel) {
    ImageF measured = bridged(image.image(), image.mask(), planes);
    ImageF now = measured.copy();
    ImageF moved = new ImageF(measured.box());
    float[][] rows = rows(kernel);
    double change = Double.POSITIVE_INFINITY;
    int iterations = 0;
    while (iterations < config.maxIterations && change > config.tolerance) {
      moved.fill(0);
      move(now, potential(now, rows), moved);
      change = 0;
      for (int i = 0; i < now.data.length; i++) {
        float next = measured.data[i] + moved.data[i];
        change = Math.max(change, Math.abs(next - now.data[i]));
        now.data[i] = next;
      }
      iterations++;
    }
    ImageF out = image.image();
    for (int y = 0; y < out.height(); y++) {
      int row = out.offset + y * out.stride;
      for (int x = 0; x < out.width(); x++) {
        out.data[row + x] += moved.data[y * moved.stride + x];
      }
    }
    return new Report(iterations, change);
  }

  private static float[][] rows(BrighterFatterKernel kernel) {
    float[][] out = new float[2 * kernel.half() + 1][];
    for (int dy = -kernel.half(); dy <= kernel.half(); dy++) {
      out[dy + kernel.half()] = kernel.row(dy);
    }
    return out;
  }

  /** A copy with unusable pixels filled from the good ones beside them. */
  private static ImageF bridged(ImageF image, MaskI mask, int planes) {
    ImageF out = image.copy();
    for (int y = 0; y < out.height(); y++) {
      int row = y * out.stride;
      int from = mask.offset + y * mask.stride;
      int good = -1;
      for (int x = 0; x <= out.width(); x++) {
        boolean end = x == out.width();
        if (!end && ((mask.data[from + x] & planes) != 0 || !Float.isFinite(out.data[row + x]))) {
          continue;
        }
        fill(out.data, row, good, x, out.width());
        good = x;
      }
    }
    return out;
  }

  /** Fills between the good pixels left and right; -1 and the width stand for none. */
  private static void fill(float[] data, int row, int left, int right, int width) {
    float a = left < 0 ? right == width ? 0 : data[row + right] : data[row + left];
    float b = right == width ? a : data[row + right];
    for (int x = left + 1; x < right; x++) {
      float t = (float) (x - left) / (right - left);
      data[row + x] = a + t * (b - a);
    }
  }

  private static ImageF potential(ImageF image, float[][] kernel) {
    double sum = 0;
    for (float v : image.data) {
      sum += v;
    }
    float mean = (float) (sum / image.data.length);
    int half = kernel.length / 2;
    int width = image.width();
    float[] padded = new float[width + 2 * half];
    ImageF phi = new ImageF(image.box());
    for (int y = 0; y < image.height(); y++) {
      for (int x = 0; x < width; x++) {
        padded[x + half] = image.data[y * width + x] - mean;
      }
      for (int dy = -half; dy <= half; dy++) {
        if (y + dy >= 0 && y + dy < image.height()) {
          addRow(phi.data, (y + dy) * width, width, padded, kernel[dy + half]);
        }
      }
    }
    return phi;
  }

  /** Adds a row of the image convolved with a row of the kernel. */
  private static void addRow(float[] phi, int row, int width, float[] padded, float[] taps) {
    for (int k = 0; k < taps.length; k++) {
      float tap = taps[k];
      for (int x = 0; x < width; x++) {
        phi[row + x] += tap * padded[x + k];
      }
    }
  }

  private void move(ImageF image, ImageF phi, ImageF moved) {
    int width = image.width();
    for (int y = 0; y < image.height(); y++) {
      int row = y * width;
      for (int x = 0; x + 1 < width; x++) {
        face(image.data, phi.data, moved.data, row + x, row + x + 1);
      }
      for (int x = 0; y + 1 < image.height() && x < width; x++) {
        face(image.data, phi.data, moved.data, row + x, row + width + x);
      }
    }
  }

  private void face(float[] f, float[] phi, float[] moved, int p, int q) {
    float half = 0.5f * (phi[q] - phi[p]);
    float t = half * 0.5f * (f[p] + f[q]);
    if (Math.abs(t) > config.largestShare * Math.min(f[p], f[q])) {
      t = half * (t > 0 ? f[p] : f[q]);
    }
    moved[p] += t;
    moved[q] -= t;
  }
}
