package org.starbeam.benchmark;

import java.util.SplittableRandom;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

/** Frames on which the benchmarks work: blank sky with Gaussian stars, noise and some defects. */
final class Frames {
  static final double SKY_SIGMA = 20;
  static final double PSF_SIGMA = 1.6;

  private Frames() {}

  /** A square frame with one star per 100 x 100 pixels, S/N 10 to 1000. */
  static MaskedImage stars(int size) {
    MaskedImage out = new MaskedImage(new Box(0, 0, size, size));
    SplittableRandom random = new SplittableRandom(20210907);
    float[] image = out.image().data;
    for (int i = 0; i < image.length; i++) {
      image[i] = (float) (SKY_SIGMA * random.nextGaussian());
      out.variance().data[i] = (float) (SKY_SIGMA * SKY_SIGMA);
    }
    for (int k = 0; k < size * (long) size / 10_000; k++) {
      double x = size * random.nextDouble();
      double y = size * random.nextDouble();
      double flux = 10 * Math.pow(100, random.nextDouble()) * SKY_SIGMA * 3.5 * PSF_SIGMA;
      addStar(out.image(), x, y, flux);
    }
    for (int y = 0; y < size; y++) {
      out.mask().data[y * size + size / 3] = MaskPlanes.BAD;
    }
    return out;
  }

  private static void addStar(ImageF image, double x0, double y0, double flux) {
    Box box = Box.around((int) x0, (int) y0, 10).intersect(image.box());
    double peak = flux / (2 * Math.PI * PSF_SIGMA * PSF_SIGMA);
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        double r2 = (x - x0) * (x - x0) + (y - y0) * (y - y0);
        double value = peak * Math.exp(-0.5 * r2 / (PSF_SIGMA * PSF_SIGMA));
        image.set(x, y, (float) (image.get(x, y) + value));
      }
    }
  }
}
