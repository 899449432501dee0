package org.starbeam.deblend;

import org.starbeam.image.Box;
import org.starbeam.image.ImageD;

/** The PSF of the frame in which morphologies live: a round Gaussian integrated over pixels. */
final class ModelPsf {
  private static final double REACH = 5;

  private ModelPsf() {}

  /**
   * The image of a point at (dx, dy) from pixel (0, 0), sum 1.
   *
   * @param sigma width in pixels
   */
  static ImageD image(double sigma, double dx, double dy) {
    int radius = (int) Math.ceil(REACH * sigma);
    double[] gx = line(sigma, radius, dx);
    double[] gy = line(sigma, radius, dy);
    ImageD out = new ImageD(Box.around(0, 0, radius));
    for (int y = 0; y < gy.length; y++) {
      for (int x = 0; x < gx.length; x++) {
        out.data[y * gx.length + x] = gx[x] * gy[y];
      }
    }
    return out;
  }

  private static double[] line(double sigma, int radius, double centre) {
    double[] out = new double[2 * radius + 1];
    double sum = 0;
    for (int i = 0; i < out.length; i++) {
      out[i] = integral(sigma, i - radius - centre);
      sum += out[i];
    }
    for (int i = 0; i < out.length; i++) {
      out[i] /= sum;
    }
    return out;
  }

  /** Gauss-Legendre over the pixel: exact to 1e-10 for widths of half a pixel and more. */
  private static double integral(double sigma, double d) {
    double sum = 0;
    for (int k = 0; k < NODES.length; k++) {
      double u = (d + 0.5 * NODES[k]) / sigma;
      sum += WEIGHTS[k] * Math.exp(-0.5 * u * u);
    }
    return 0.5 * sum;
  }

  private static final double[] NODES = {
    -0.9602898564975363, -0.7966664774136267, -0.5255324099163290, -0.1834346424956498,
    0.1834346424956498, 0.5255324099163290, 0.7966664774136267, 0.9602898564975363
  };
  private static final double[] WEIGHTS = {
    0.1012285362903763, 0.2223810344533745, 0.3137066458778873, 0.3626837833783620,
    0.3626837833783620, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763
  };

  /** Mean of the two second moments of a PSF, square root: its width; NaN without light. */
  static double traceSigma(ImageD psf) {
    double radius = 3;
    double sigma = Double.NaN;
    for (int round = 0; round < 3; round++) {
      sigma = weighted(psf, radius);
      radius = Math.max(2, 4 * sigma);
    }
    return sigma;
  }

  private static double weighted(ImageD psf, double radius) {
    Box box = psf.box();
    double sum = 0;
    double square = 0;
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        double r2 = x * x + y * y;
        if (r2 <= radius * radius) {
          sum += psf.get(x, y);
          square += psf.get(x, y) * r2;
        }
      }
    }
    return sum > 0 && square > 0 ? Math.sqrt(0.5 * square / sum) : Double.NaN;
  }
}
