package org.starbeam.cosmicray;

import java.util.SplittableRandom;
import org.starbeam.image.Box;
import org.starbeam.image.MaskedImage;

/**
 * Square frames with Gaussian stars, integrated over the pixels, and the cosmic rays of specs/02
 * section 1: muon tracks through 10 px of silicon (70 percent), worms (20 percent) and single hits.
 * Charge falls into a pixel and is then diffused by 0.4 px. Sky 400 e-, read noise 6 e-.
 */
final class CosmicRayScene {
  static final double SKY_VARIANCE = 436;
  static final double SKY_SIGMA = Math.sqrt(SKY_VARIANCE);

  private static final int STAR_HALF_SIZE = 20;

  private final int size;
  private final double[] electrons;

  CosmicRayScene(int size) {
    this.size = size;
    this.electrons = new double[size * size];
  }

  /** Expected electrons above the sky, row by row; the scene's own. */
  double[] electrons() {
    return electrons;
  }

  /** Flux of a star with some S/N over the sky alone. */
  static double fluxOfSnr(double snr, double sigma) {
    return snr * Math.sqrt(SKY_VARIANCE * 4 * Math.PI * sigma * sigma);
  }

  /** The scene with the noise of sky and electrons. */
  MaskedImage observe(SplittableRandom random) {
    MaskedImage out = new MaskedImage(new Box(0, 0, size, size));
    for (int i = 0; i < electrons.length; i++) {
      double variance = SKY_VARIANCE + electrons[i];
      out.image().data[i] = (float) (electrons[i] + Math.sqrt(variance) * random.nextGaussian());
      out.variance().data[i] = (float) variance;
    }
    return out;
  }

  /** Adds another scene of the same size. */
  void add(CosmicRayScene other) {
    for (int i = 0; i < electrons.length; i++) {
      electrons[i] += other.electrons[i];
    }
  }

  void addStar(double x0, double y0, double flux, double sigma) {
    for (int y = (int) y0 - STAR_HALF_SIZE; y <= y0 + STAR_HALF_SIZE; y++) {
      for (int x = (int) x0 - STAR_HALF_SIZE; x <= x0 + STAR_HALF_SIZE; x++) {
        double sum = 0;
        for (int k = 0; k < 25; k++) {
          double dx = x + (k % 5 - 2) * 0.2 - x0;
          double dy = y + (k / 5 - 2) * 0.2 - y0;
          sum += Math.exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
        }
        add(x, y, flux * sum / 25 / (2 * Math.PI * sigma * sigma));
      }
    }
  }

  /** A track, worm or hit that begins at (x, y). */
  void addRay(SplittableRandom random, double x, double y) {
    double kind = random.nextDouble();
    if (kind < 0.7) {
      addTrack(random, x, y);
    } else if (kind < 0.9) {
      addWorm(random, x, y);
    } else {
      addHit(x, y, 2000);
    }
  }

  private void addTrack(SplittableRandom random, double x, double y) {
    double angle = 2 * Math.PI * random.nextDouble();
    double cosTheta = Math.cbrt(random.nextDouble());
    double length = Math.min(100, 10 * Math.sqrt(1 / (cosTheta * cosTheta) - 1));
    double perPixel = Math.max(50, 500 + 150 * random.nextGaussian());
    for (double t = 0.05; t < length; t += 0.1) {
      addHit(x + t * Math.cos(angle), y + t * Math.sin(angle), 0.1 * perPixel);
    }
  }

  private void addWorm(SplittableRandom random, double x0, double y0) {
    double x = x0;
    double y = y0;
    double angle = 2 * Math.PI * random.nextDouble();
    int steps = 5 + random.nextInt(26);
    for (int step = 0; step < steps; step++) {
      addHit(x, y, 1500);
      angle += 0.5 * random.nextGaussian();
      x += Math.cos(angle);
      y += Math.sin(angle);
    }
  }

  void addHit(double x, double y, double charge) {
    double side = Math.exp(-0.5 / 0.16);
    double norm = 1 / ((1 + 2 * side) * (1 + 2 * side));
    int px = (int) Math.rint(x);
    int py = (int) Math.rint(y);
    for (int dy = -1; dy <= 1; dy++) {
      for (int dx = -1; dx <= 1; dx++) {
        double weight = norm * (dx == 0 ? 1 : side) * (dy == 0 ? 1 : side);
        add(px + dx, py + dy, charge * weight);
      }
    }
  }

  private void add(int x, int y, double charge) {
    if (x >= 0 && y >= 0 && x < size && y < size) {
      electrons[y * size + x] += charge;
    }
  }
}
