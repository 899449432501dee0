package org.starbeam.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.starbeam.deblend.DeblendBand;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.SpanSet;
import org.starbeam.psf.GaussianPsf;

/** Simulated blends: stars and exponential galaxies under Gaussian PSFs, with noise. */
public final class BlendSky {
  /** An exponential profile of half-light radius 1 as a sum of Gaussians: shares and variances. */
  private static final double[] SHARE = {
    2.34853813e-3, 3.07995260e-2, 2.23364214e-1, 1.17949102, 4.33873750, 5.99820770
  };

  private static final double[] VARIANCE = {
    1.20078965e-3, 8.84526493e-3, 3.91463084e-2, 1.39976817e-1, 4.60962500e-1, 1.50159566
  };

  /**
   * @param radius half-light radius, 0 for a star
   * @param q axis ratio
   * @param angle of the major axis
   * @param flux by band
   */
  public record Source(double x, double y, double radius, double q, double angle, double... flux) {}

  public final Box box;
  public final double[] psf;
  public final double sigma;
  public final List<MaskedImage> images = new ArrayList<>();
  private final List<ImageD> clean = new ArrayList<>();

  public BlendSky(Box box, double sigma, double... psf) {
    this.box = box;
    this.psf = psf;
    this.sigma = sigma;
    for (int b = 0; b < psf.length; b++) {
      clean.add(new ImageD(box));
    }
  }

  public double fwhm(int band) {
    return 2.3548 * psf[band];
  }

  /** Flux of a star that is detected with a signal to noise by a matched filter. */
  public double starFlux(double snr, int band) {
    return snr * sigma * 2 * Math.sqrt(Math.PI) * psf[band];
  }

  public BlendSky add(Source source) {
    return add(source, box);
  }

  /** The same where a source has light, for many of them. */
  public BlendSky addNear(Source source) {
    int reach = (int) Math.ceil(12 + 6 * source.radius);
    return add(
        source,
        Box.around((int) Math.rint(source.x), (int) Math.rint(source.y), reach).intersect(box));
  }

  private BlendSky add(Source source, Box part) {
    for (int b = 0; b < psf.length; b++) {
      ImageD image = clean.get(b);
      for (int y = part.y0(); y < part.y1(); y++) {
        for (int x = part.x0(); x < part.x1(); x++) {
          image.data[image.index(x, y)] +=
              source.flux[b] * profile(source, x - source.x, y - source.y, psf[b] * psf[b]);
        }
      }
    }
    return this;
  }

  public static double profile(Source s, double dx, double dy, double psf2) {
    if (s.radius == 0) {
      return gaussian(dx, dy, psf2, psf2);
    }
    double u = Math.cos(s.angle) * dx + Math.sin(s.angle) * dy;
    double v = -Math.sin(s.angle) * dx + Math.cos(s.angle) * dy;
    double norm = 0;
    double sum = 0;
    for (int k = 0; k < SHARE.length; k++) {
      double major = VARIANCE[k] * s.radius * s.radius / s.q;
      double minor = VARIANCE[k] * s.radius * s.radius * s.q;
      norm += SHARE[k];
      sum += SHARE[k] * gaussian(u, v, major + psf2, minor + psf2);
    }
    return sum / norm;
  }

  private static double gaussian(double u, double v, double a, double b) {
    return Math.exp(-0.5 * (u * u / a + v * v / b)) / (2 * Math.PI * Math.sqrt(a * b));
  }

  /** Adds noise and closes the scene. */
  public BlendSky expose(long seed) {
    Random random = new Random(seed);
    images.clear();
    for (ImageD from : clean) {
      MaskedImage image = new MaskedImage(box);
      ImageF to = image.image();
      for (int i = 0; i < to.data.length; i++) {
        to.data[i] = (float) (from.data[i] + sigma * random.nextGaussian());
      }
      image.variance().fill((float) (sigma * sigma));
      images.add(image);
    }
    return this;
  }

  public List<DeblendBand> bands() {
    List<DeblendBand> out = new ArrayList<>();
    for (int b = 0; b < psf.length; b++) {
      out.add(
          new DeblendBand(
              String.valueOf("griz".charAt(b)),
              images.get(b),
              new GaussianPsf(psf[b]),
              sigma * sigma));
    }
    return out;
  }

  /** Pixels where the light without noise, over all bands, stands out of the noise; one set. */
  public SpanSet footprint(double threshold, double grow) {
    boolean[] map = new boolean[box.area()];
    for (int i = 0; i < map.length; i++) {
      double sum = 0;
      for (ImageD each : clean) {
        sum += each.data[i] / sigma;
      }
      map[i] = sum > threshold * Math.sqrt(psf.length);
    }
    return SpanSet.ofMap(map, box).grow(grow).clip(box);
  }
}
