package org.starbeam.psf;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskedImage;

/**
 * The reference frame family S1 (specs/02 section 0.7): 1024^2, sky 400 e-, read noise 6 e-, 120
 * stars of S/N 20 to 800, 250 galaxies, a PSF that varies over the frame. Background subtracted.
 */
public final class S1Frame {
  static final int SIZE = 1024;
  static final double SKY_VARIANCE = 436;
  private static final int POINTS = 5;

  /** A star of the truth. */
  public record Star(double x, double y, double flux, double snr, boolean isolated) {}

  public final MaskedImage image;
  public final List<Star> stars;
  private final double fwhmScale;
  private final double variation;

  public S1Frame(long seed) {
    this(seed, 1, 120, 250);
  }

  public S1Frame(long seed, double fwhmScale, int starCount, int galaxyCount) {
    this(seed, fwhmScale, starCount, galaxyCount, 800, 1);
  }

  /**
   * @param maxSnr of the stars
   * @param variation of the PSF over the frame, in units of that of the family
   */
  S1Frame(
      long seed,
      double fwhmScale,
      int starCount,
      int galaxyCount,
      double maxSnr,
      double variation) {
    this.fwhmScale = fwhmScale;
    this.variation = variation;
    Random random = new Random(seed);
    ImageD light = new ImageD(SIZE, SIZE);
    List<double[]> places = new ArrayList<>();
    double nEff = 36.7 * Math.pow(fwhmScale, 2);
    for (int i = 0; i < starCount; i++) {
      double snr = Math.exp(Math.log(20) + random.nextDouble() * Math.log(maxSnr / 20));
      double s2 = snr * snr;
      double flux = 0.5 * (s2 + Math.sqrt(s2 * s2 + 4 * s2 * nEff * SKY_VARIANCE));
      places.add(new double[] {uniform(random), uniform(random), flux, snr});
    }
    for (int i = 0; i < galaxyCount; i++) {
      places.add(
          new double[] {
            uniform(random), uniform(random), Math.pow(10, 3 + 1.6 * random.nextDouble())
          });
    }
    for (int i = 0; i < places.size(); i++) {
      double[] p = places.get(i);
      if (i < starCount) {
        addStar(light, p[0], p[1], p[2]);
      } else {
        double halfLight = 2 + 3 * random.nextDouble();
        double g1 = 0.15 * random.nextGaussian();
        double g2 = 0.15 * random.nextGaussian();
        double sigma = Math.hypot(halfLight, 1.5 * fwhmScale);
        add(light, p[0], p[1], p[2], sigma / 0.6436, 2, limit(g1), limit(g2), 40);
      }
    }
    image = new MaskedImage(light.box());
    for (int i = 0; i < light.data.length; i++) {
      double variance = SKY_VARIANCE + light.data[i];
      image.image().data[i] = (float) (light.data[i] + Math.sqrt(variance) * random.nextGaussian());
      image.variance().data[i] = (float) variance;
    }
    stars = new ArrayList<>();
    for (int i = 0; i < starCount; i++) {
      double[] p = places.get(i);
      boolean isolated = true;
      for (int j = 0; j < places.size(); j++) {
        double[] q = places.get(j);
        isolated &= j == i || Math.hypot(p[0] - q[0], p[1] - q[1]) > 15;
      }
      stars.add(new Star(p[0], p[1], p[2], p[3], isolated));
    }
  }

  private static double limit(double g) {
    return Math.max(-0.4, Math.min(0.4, g));
  }

  private static double uniform(Random random) {
    return 25 + (SIZE - 51) * random.nextDouble();
  }

  private void addStar(ImageD out, double x, double y, double flux) {
    double[] p = psf(x, y);
    add(out, x, y, flux, p[0], 3, p[1], p[2], 45);
  }

  /** {alpha, g1, g2} of the PSF at a position. */
  private double[] psf(double x, double y) {
    double u = variation * (x - 512) / 512;
    double v = variation * (y - 512) / 512;
    double fwhm = 3.6 * fwhmScale * (1 + 0.03 * u - 0.02 * v + 0.015 * (u * u + v * v));
    double alpha = fwhm / (2 * Math.sqrt(Math.pow(2, 1 / 3.0) - 1));
    return new double[] {alpha, 0.02 + 0.02 * u - 0.01 * u * v, -0.01 + 0.015 * v + 0.01 * u * u};
  }

  /** The true PSF at a position, on a stamp of a half size. */
  public ImageD truePsf(double x, double y, double atX, double atY, int half) {
    double[] p = psf(x, y);
    ImageD out =
        new ImageD(org.starbeam.image.Box.around((int) Math.rint(atX), (int) Math.rint(atY), half));
    add(out, atX, atY, 1, p[0], 3, p[1], p[2], half + 1);
    return out;
  }

  /** Adds an elliptical Moffat profile of shear g, integrated over pixels. */
  private static void add(
      ImageD out,
      double x0,
      double y0,
      double flux,
      double alpha,
      int beta,
      double g1,
      double g2,
      int reach) {
    double g = 1 - g1 * g1 - g2 * g2;
    double a = ((1 - g1) * (1 - g1) + g2 * g2) / g;
    double b = -2 * g2 / g;
    double c = ((1 + g1) * (1 + g1) + g2 * g2) / g;
    double norm = flux * (beta - 1) / (Math.PI * alpha * alpha) / (POINTS * POINTS);
    int fromX = Math.max(out.box().x0(), (int) x0 - reach);
    int toX = Math.min(out.box().x1() - 1, (int) x0 + reach);
    int fromY = Math.max(out.box().y0(), (int) y0 - reach);
    int toY = Math.min(out.box().y1() - 1, (int) y0 + reach);
    for (int y = fromY; y <= toY; y++) {
      for (int x = fromX; x <= toX; x++) {
        double sum = 0;
        for (int k = 0; k < POINTS * POINTS; k++) {
          double dx = x - x0 + (k % POINTS - 2) / (double) POINTS;
          double dy = y - y0 + (k / POINTS - 2) / (double) POINTS;
          double t = 1 + (a * dx * dx + 2 * b * dx * dy + c * dy * dy) / (alpha * alpha);
          sum += beta == 3 ? 1 / (t * t * t) : 1 / (t * t);
        }
        out.set(x, y, out.get(x, y) + norm * sum);
      }
    }
  }

  /** Isolated stars of S/N above a limit, as a star list with noisy centroids. */
  public List<StampSet.Star> trainingStars(double minSnr, Random random) {
    List<StampSet.Star> out = new ArrayList<>();
    for (int i = 0; i < stars.size(); i++) {
      Star s = stars.get(i);
      if (s.isolated() && s.snr() >= minSnr) {
        double error = 1.5 / s.snr();
        out.add(
            new StampSet.Star(
                i,
                s.x() + error * random.nextGaussian(),
                s.y() + error * random.nextGaussian(),
                s.flux() * (1 + 0.05 * random.nextGaussian())));
      }
    }
    return out;
  }
}
