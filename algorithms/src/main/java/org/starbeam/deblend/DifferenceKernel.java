package org.starbeam.deblend;

import org.jtransforms.fft.DoubleFFT_2D;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;

/**
 * The kernel that makes the PSF of a band of the model's PSF: K^ = P^ conj(G^) / (|G^|^2 + eps^2),
 * cut to the stamp of the PSF, sum 1 (specs/04 section 4.1). The regularisation keeps the noise of
 * the PSF model at high frequencies, where G^ is small, from being raised.
 */
final class DifferenceKernel {
  private static final double EPS = 1e-3;
  private static final int PADDING = 10;

  private DifferenceKernel() {}

  /**
   * @param psf centred on pixel (0, 0), sum 1
   * @param sigma width of the model's PSF, pixels
   */
  static ImageD of(ImageD psf, double sigma) {
    Box box = psf.box();
    int n = RowTransform.length(Math.max(box.width(), box.height()) + 2 * PADDING, false);
    double[] p = transformed(psf, n);
    double[] g = transformed(ModelPsf.image(sigma, 0, 0), n);
    for (int i = 0; i < p.length; i += 2) {
      double power = g[i] * g[i] + g[i + 1] * g[i + 1] + EPS * EPS;
      double re = (p[i] * g[i] + p[i + 1] * g[i + 1]) / power;
      p[i + 1] = (p[i + 1] * g[i] - p[i] * g[i + 1]) / power;
      p[i] = re;
    }
    new DoubleFFT_2D(n, n).complexInverse(p, true);
    ImageD out = new ImageD(box);
    double sum = 0;
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        double value = p[2 * (Math.floorMod(y, n) * n + Math.floorMod(x, n))];
        out.set(x, y, value);
        sum += value;
      }
    }
    for (int i = 0; i < out.data.length; i++) {
      out.data[i] /= sum;
    }
    return out;
  }

  private static double[] transformed(ImageD image, int n) {
    double[] out = new double[2 * n * n];
    Box box = image.box();
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        out[2 * (Math.floorMod(y, n) * n + Math.floorMod(x, n))] = image.get(x, y);
      }
    }
    new DoubleFFT_2D(n, n).complexForward(out);
    return out;
  }
}
