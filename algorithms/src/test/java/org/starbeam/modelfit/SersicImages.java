package org.starbeam.modelfit;

import org.jtransforms.fft.DoubleFFT_2D;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;

/**
 * Images of Sersic profiles without any mixture: profile and PSF (a Moffat) on a grid five times
 * finer, folded by Fourier transforms, then summed over pixels.
 */
final class SersicImages {
  private static final int FINE = 5;
  private static final int PSF_HALF = 24;

  private final int half;
  private final int size;
  private final DoubleFFT_2D fft;
  private final double[] kernel;

  /**
   * @param half pixels to either side of the middle
   */
  SersicImages(int half, double fwhm, double beta) {
    this.half = half;
    this.size = (2 * half + 1 + 2 * PSF_HALF + 1) * FINE;
    this.fft = new DoubleFFT_2D(size, size);
    this.kernel = new double[2 * size * size];
    double alpha = fwhm / (2 * Math.sqrt(Math.pow(2, 1 / beta) - 1));
    int reach = PSF_HALF * FINE;
    double sum = 0;
    for (int j = -reach; j <= reach; j++) {
      for (int i = -reach; i <= reach; i++) {
        double r2 = (double) (i * i + j * j) / (FINE * FINE);
        double value = Math.pow(1 + r2 / (alpha * alpha), -beta);
        kernel[2 * (Math.floorMod(j, size) * size + Math.floorMod(i, size))] = value;
        sum += value;
      }
    }
    for (int i = 0; i < kernel.length; i++) {
      kernel[i] /= sum;
    }
    fft.complexForward(kernel);
  }

  /** The PSF itself, pixel included, around (0, 0); its sum is 1 but for what leaves the box. */
  ImageD psf() {
    double[] a = new double[2 * size * size];
    int middle = half * FINE + FINE / 2;
    a[2 * (middle * size + middle)] = 1;
    return ImageD.wrap(Box.around(0, 0, half), folded(a));
  }

  /** The same cut to a stamp of sum 1. */
  ImageD psfStamp(int stampHalf) {
    ImageD all = psf();
    ImageD out = new ImageD(Box.around(0, 0, stampHalf));
    double sum = 0;
    for (int y = -stampHalf; y <= stampHalf; y++) {
      for (int x = -stampHalf; x <= stampHalf; x++) {
        out.set(x, y, all.get(x, y));
        sum += all.get(x, y);
      }
    }
    for (int i = 0; i < out.data.length; i++) {
      out.data[i] /= sum;
    }
    return out;
  }

  /** An image of unit flux around (0, 0). */
  double[] render(double x, double y, EllipseShape shape, double n) {
    double b = scale(n);
    double det = shape.xx() * shape.yy() - shape.xy() * shape.xy();
    double amplitude = amplitude(n, b) / Math.sqrt(det);
    double[] a = new double[2 * size * size];
    int side = (2 * half + 1) * FINE;
    int pad = PSF_HALF * FINE;
    for (int j = -pad; j < side + pad; j++) {
      for (int i = -pad; i < side + pad; i++) {
        double dx = (i + 0.5) / FINE - 0.5 - half - x;
        double dy = (j + 0.5) / FINE - 0.5 - half - y;
        a[2 * (Math.floorMod(j, size) * size + Math.floorMod(i, size))] =
            pixel(dx, dy, 1.0 / FINE, shape, det, n, b, amplitude);
      }
    }
    return folded(a);
  }

  /** Flux in a square of a side, finer near the middle where the profile is steep. */
  private static double pixel(
      double dx, double dy, double side, EllipseShape s, double det, double n, double b, double a) {
    double radius = radius(dx, dy, s, det);
    int parts = radius < 0.3 ? 24 : radius < 1 ? 4 : 1;
    double sum = 0;
    for (int j = 0; j < parts; j++) {
      for (int i = 0; i < parts; i++) {
        double u = dx + side * ((i + 0.5) / parts - 0.5);
        double v = dy + side * ((j + 0.5) / parts - 0.5);
        sum += a * Math.exp(-b * Math.pow(radius(u, v, s, det), 1 / n));
      }
    }
    return sum * side * side / (parts * parts);
  }

  private static double radius(double dx, double dy, EllipseShape s, double det) {
    return Math.sqrt((s.yy() * dx * dx - 2 * s.xy() * dx * dy + s.xx() * dy * dy) / det);
  }

  /** b of the profile by Ciotti and Bertin (1999). */
  static double scale(double n) {
    return 2 * n - 1.0 / 3 + 4 / (405 * n) + 46 / (25515 * n * n) + 131 / (1148175 * n * n * n);
  }

  private static double amplitude(double n, double b) {
    double gamma = 1;
    double z = 2 * n;
    // Gamma of a whole or half number.
    while (z > 1) {
      z--;
      gamma *= z;
    }
    gamma *= z == 0.5 ? Math.sqrt(Math.PI) : 1;
    return Math.pow(b, 2 * n) / (2 * Math.PI * n * gamma);
  }

  private double[] folded(double[] a) {
    fft.complexForward(a);
    for (int i = 0; i < a.length; i += 2) {
      double re = a[i] * kernel[i] - a[i + 1] * kernel[i + 1];
      a[i + 1] = a[i] * kernel[i + 1] + a[i + 1] * kernel[i];
      a[i] = re;
    }
    fft.complexInverse(a, true);
    int width = 2 * half + 1;
    double[] out = new double[width * width];
    for (int j = 0; j < width * FINE; j++) {
      for (int i = 0; i < width * FINE; i++) {
        out[j / FINE * width + i / FINE] += a[2 * (j * size + i)];
      }
    }
    return out;
  }
}
