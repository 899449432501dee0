package org.starbeam.streak;

import java.util.SplittableRandom;
import org.hipparchus.special.Erf;
import org.starbeam.detection.FootprintSet;
import org.starbeam.detection.SpanDetector;
import org.starbeam.image.Box;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

/**
 * Frames of the family S1 (specs/02 section 0.7) with light that is drawn by formulas: 400
 * electrons of sky, read noise 6, Moffat stars and galaxies, trails with a Gaussian profile. Noise
 * is added last, so that it is that of all light.
 */
final class Scene {
  static final double SKY = 400;
  static final double NOISE = Math.sqrt(SKY + 36);
  static final double FWHM = 3.6;
  static final double SIGMA_PSF = FWHM / 2.3548;
  private static final double SATURATION = 60_000;

  final MaskedImage image;
  private final int width;
  private final int height;
  private final SplittableRandom random;

  Scene(int width, int height, long seed) {
    this.width = width;
    this.height = height;
    image = new MaskedImage(new Box(0, 0, width, height));
    random = new SplittableRandom(seed);
  }

  /** 120 stars and 250 galaxies a Mpx, as S1 has them. */
  Scene withSources() {
    double mega = width * (double) height / (1 << 20);
    for (int i = 0; i < 120 * mega; i++) {
      double snr = 20 * Math.pow(40, random.nextDouble());
      star(width * random.nextDouble(), height * random.nextDouble(), snr * 110);
    }
    for (int i = 0; i < 250 * mega; i++) {
      double flux = Math.pow(10, 3 + 1.6 * random.nextDouble());
      double radius = 2 + 3 * random.nextDouble();
      double q = 0.4 + 0.6 * random.nextDouble();
      double angle = 180 * random.nextDouble();
      galaxy(width * random.nextDouble(), height * random.nextDouble(), flux, radius, q, angle);
    }
    return this;
  }

  Scene star(double x, double y, double flux) {
    double alpha = FWHM / (2 * Math.sqrt(Math.pow(2, 1 / 3.0) - 1));
    return moffat(x, y, flux, alpha, 1, 0, 3);
  }

  /** An elliptical Moffat of beta 2 with a half-light radius. */
  Scene galaxy(double x, double y, double flux, double radius, double q, double angleDeg) {
    double alpha = Math.hypot(radius, 0.5 * FWHM);
    return moffat(x, y, flux, alpha, q, angleDeg, 2);
  }

  private Scene moffat(
      double x0, double y0, double flux, double alpha, double q, double angleDeg, double beta) {
    double c = Math.cos(Math.toRadians(angleDeg));
    double s = Math.sin(Math.toRadians(angleDeg));
    double peak = flux * (beta - 1) / (Math.PI * alpha * alpha * q);
    double reach = alpha * Math.sqrt(Math.pow(Math.max(1, peak / 0.05), 1 / beta)) + 2;
    Box box = Box.around((int) x0, (int) y0, (int) reach).intersect(image.box());
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        double u = ((x - x0) * c + (y - y0) * s) / alpha;
        double v = ((y - y0) * c - (x - x0) * s) / (alpha * q);
        add(x, y, peak * Math.pow(1 + u * u + v * v, -beta));
      }
    }
    return this;
  }

  /** An edge-on disc: exponential along, Gaussian across. */
  Scene edgeOn(double x0, double y0, double peak, double scale, double sigma, double angleDeg) {
    double c = Math.cos(Math.toRadians(angleDeg));
    double s = Math.sin(Math.toRadians(angleDeg));
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        double u = (x - x0) * c + (y - y0) * s;
        double v = (y - y0) * c - (x - x0) * s;
        add(x, y, peak * Math.exp(-Math.abs(u) / scale - 0.5 * v * v / (sigma * sigma)));
      }
    }
    return this;
  }

  /** Two logarithmic arms on an exponential disc. */
  Scene spiral(double x0, double y0, double peak, double scale) {
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        double r = Math.hypot(x - x0, y - y0);
        double phase = 2 * (Math.atan2(y - y0, x - x0) - 2.2 * Math.log(r + 3));
        add(x, y, peak * Math.exp(-r / scale) * (1 + 0.8 * Math.cos(phase)));
      }
    }
    return this;
  }

  /**
   * A saturated star with four spikes, whose light falls off with the distance, and charge that
   * bled along its column.
   */
  Scene saturated(double x0, double y0, double flux, double angleDeg, int bleed) {
    star(x0, y0, flux);
    for (int k = 0; k < 4; k++) {
      double a = Math.toRadians(angleDeg + 90 * k);
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          double u = (x - x0) * Math.cos(a) + (y - y0) * Math.sin(a);
          double v = (y - y0) * Math.cos(a) - (x - x0) * Math.sin(a);
          if (u > 0 && Math.abs(v) < 8) {
            add(x, y, 2e-3 * flux / Math.pow(u + 6, 1.7) * Math.exp(-0.5 * v * v / 2.25) / 3.8);
          }
        }
      }
    }
    for (int y = (int) y0 - bleed; y <= y0 + bleed; y++) {
      for (int x = (int) x0 - 1; x <= x0 + 1; x++) {
        if (image.box().contains(x, y)) {
          image.image().set(x, y, (float) SATURATION);
        }
      }
    }
    return this;
  }

  /** Light on both sides of saturated pixels that falls off with the distance from them. */
  Scene spike(int x0, int y0, double angleDeg, double peak) {
    double c = Math.cos(Math.toRadians(angleDeg));
    double s = Math.sin(Math.toRadians(angleDeg));
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        double u = (x - x0) * c + (y - y0) * s;
        double v = (y - y0) * c - (x - x0) * s;
        add(x, y, peak * NOISE / (1 + Math.abs(u) / 20) * Math.exp(-0.5 * v * v / 2.5));
      }
    }
    for (int y = y0 - 2; y <= y0 + 2; y++) {
      for (int x = x0 - 2; x <= x0 + 2; x++) {
        image.image().set(x, y, (float) SATURATION);
      }
    }
    return this;
  }

  /** A trail of a Gaussian profile whose middle is so many sky sigma bright. */
  Scene trail(TrueTrail truth) {
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        add(x, y, truth.light(x, y));
      }
    }
    return this;
  }

  /**
   * A trail.
   *
   * @param peak in sky sigma
   * @param sigma across
   * @param from first position along from the point of the line
   * @param to last position
   * @param strobe 0, or the period of its flashes
   */
  record TrueTrail(
      Line line, double peak, double sigma, double from, double to, double strobe, double bend) {
    static TrueTrail at(double x, double y, double angleDeg, double peak, double sigma) {
      double a = Math.toRadians(angleDeg);
      Line line = new Line(x, y, Math.cos(a), Math.sin(a));
      return new TrueTrail(line, peak, sigma, -1e5, 1e5, 0, 0);
    }

    TrueTrail between(double first, double last) {
      return new TrueTrail(line, peak, sigma, first, last, strobe, bend);
    }

    TrueTrail flashing(double period) {
      return new TrueTrail(line, peak, sigma, from, to, period, bend);
    }

    TrueTrail bent(double curvature) {
      return new TrueTrail(line, peak, sigma, from, to, strobe, curvature);
    }

    double light(int x, int y) {
      double s = line.along(x, y);
      double d = line.across(x, y) - bend * s * s;
      if (s < from || s > to || Math.abs(d) > 8 * sigma + 1) {
        return 0;
      }
      if (strobe > 0 && Math.floorMod((long) Math.floor(s), (long) strobe) > 0.4 * strobe) {
        return 0;
      }
      double root = sigma * Math.sqrt(2);
      double total = peak * NOISE * Math.sqrt(2 * Math.PI) * sigma;
      return 0.5 * total * (Erf.erf((d + 0.5) / root) - Erf.erf((d - 0.5) / root));
    }
  }

  private void add(int x, int y, double light) {
    image.image().set(x, y, (float) (image.image().get(x, y) + light));
  }

  /** Adds the noise and marks what is saturated. */
  Scene observed() {
    float[] pixels = image.image().data;
    for (int i = 0; i < pixels.length; i++) {
      double variance = Math.max(0, pixels[i]) + SKY + 36;
      if (pixels[i] >= SATURATION) {
        pixels[i] = (float) SATURATION;
        image.mask().data[i] |= MaskPlanes.SAT;
      }
      pixels[i] += (float) (Math.sqrt(variance) * random.nextGaussian());
      image.variance().data[i] = (float) variance;
    }
    return this;
  }

  Streaks found() {
    return found(StreakFinder.Config.defaults());
  }

  Streaks found(StreakFinder.Config config) {
    SpanDetector detector = new SpanDetector(SpanDetector.Config.defaults());
    FootprintSet sources =
        detector.detect(
            detector.significance(image, SIGMA_PSF, SIGMA_PSF), SpanDetector.Polarity.POSITIVE);
    return new StreakFinder(config).find(image, sources, SIGMA_PSF, NOISE);
  }

  /** Share of the pixels in which a trail is above 0.3 sigma that have one of the planes. */
  double coverage(TrueTrail truth, Streaks found) {
    MaskedImage copy = new MaskedImage(image.image(), image.mask().copy(), image.variance());
    found.setMask(copy.mask());
    int wanted = 0;
    int masked = 0;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        if (truth.light(x, y) > 0.3 * NOISE) {
          wanted++;
          masked += (copy.mask().get(x, y) & (MaskPlanes.STREAK | MaskPlanes.SAT)) != 0 ? 1 : 0;
        }
      }
    }
    return wanted == 0 ? 1 : masked / (double) wanted;
  }

  /** Pixels in which a trail is above 0.3 sigma. */
  int area(TrueTrail truth) {
    int wanted = 0;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        wanted += truth.light(x, y) > 0.3 * NOISE ? 1 : 0;
      }
    }
    return wanted;
  }
}
