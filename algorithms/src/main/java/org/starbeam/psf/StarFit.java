package org.starbeam.psf;

import java.util.Arrays;

/**
 * One star of a pixel-model fit: its pixels, its place on the grid, and flux, centre and background
 * as last fitted. Owned by one fit.
 */
final class StarFit {
  private static final double EPSILON = 0.02;

  final StampSet.Stamp stamp;
  final int side;
  final int grid;
  final double step;
  final int kernel;
  double flux;
  double x;
  double y;
  double background;
  double chi2 = Double.NaN;
  boolean used = true;

  /** Terms of the position basis at the star. */
  double[] basis = {1};

  /** Weight of every pixel in the global solve, capped in S/N. */
  final double[] weight;

  LanczosTaps tapsX;
  LanczosTaps tapsY;

  /** Value of the local model in every pixel, unit flux. */
  final double[] model;

  StarFit(StampSet.Stamp stamp, int side, int grid, double step, int kernel) {
    this.stamp = stamp;
    this.side = side;
    this.grid = grid;
    this.step = step;
    this.kernel = kernel;
    flux = stamp.star().flux();
    x = stamp.star().x();
    y = stamp.star().y();
    weight = new double[side * side];
    model = new double[side * side];
    tapsX = taps(x - stamp.x0());
    tapsY = taps(y - stamp.y0());
  }

  private LanczosTaps taps(double centre) {
    return LanczosTaps.of(side, -centre / step + grid / 2, 1 / step, grid, kernel);
  }

  /** Moves the grid to the present centre. */
  void place() {
    tapsX = taps(x - stamp.x0());
    tapsY = taps(y - stamp.y0());
  }

  /** Grid to pixels: unit sum of the grid gives unit flux. */
  double unit() {
    return 1 / (step * step);
  }

  /** Draws a local model. */
  void draw(double[] local, double[] scratch) {
    render(local, scratch, model);
  }

  /** Draws an image on the grid at the star's place. */
  void render(double[] local, double[] scratch, double[] out) {
    LanczosTaps.apply(local, grid, tapsX, tapsY, unit(), scratch, out);
  }

  /** What is fitted of a star beside its flux. */
  record Freedom(boolean centre, boolean background) {}

  /**
   * One Gauss-Newton step in flux, centre and background with the variance given; keeps what is not
   * free.
   */
  void refit(double[] local, double[] variance, Freedom free, double[] scratch) {
    draw(local, scratch);
    int shift = free.background ? 2 : 1;
    int n = free.centre ? shift + 2 : shift;
    double[][] columns = new double[n][side * side];
    columns[0] = model;
    if (free.background) {
      Arrays.fill(columns[1], 1);
    }
    if (free.centre) {
      LanczosTaps dx = derivative(x - stamp.x0());
      LanczosTaps dy = derivative(y - stamp.y0());
      LanczosTaps.apply(local, grid, dx, tapsY, unit(), scratch, columns[shift]);
      LanczosTaps.apply(local, grid, tapsX, dy, unit(), scratch, columns[shift + 1]);
    }
    double[][] normal = new double[n][n];
    double[] right = new double[n];
    double[] row = new double[n];
    for (int i = 0; i < variance.length; i++) {
      double d = stamp.data()[i];
      if (variance[i] > 0 && !Double.isNaN(d)) {
        for (int k = 0; k < n; k++) {
          row[k] = columns[k][i];
        }
        accumulate(row, d, 1 / variance[i], normal, right);
      }
    }
    if (!SmallCholesky.solve(normal, right) || !(right[0] > 0)) {
      used = false;
      return;
    }
    flux = right[0];
    background = free.background ? right[1] : background;
    if (free.centre) {
      x += clip(right[shift] / flux);
      y += clip(right[shift + 1] / flux);
      if (Math.hypot(x - stamp.star().x(), y - stamp.star().y()) > 2) {
        used = false;
      }
      place();
    }
  }

  private static double clip(double step) {
    return Math.max(-0.3, Math.min(0.3, step));
  }

  private LanczosTaps derivative(double centre) {
    return LanczosTaps.difference(
        taps(centre + EPSILON), taps(centre - EPSILON), 1 / (2 * EPSILON));
  }

  private static void accumulate(
      double[] row, double d, double w, double[][] normal, double[] right) {
    for (int a = 0; a < row.length; a++) {
      double f = w * row[a];
      right[a] += f * d;
      for (int b = 0; b <= a; b++) {
        normal[a][b] += f * row[b];
      }
    }
  }

  /**
   * Sets the noise variance of every pixel from the model: sky, the star's own light, and a share
   * of it for the model's imperfection. Bad pixels get 0.
   */
  void variance(double perFlux, double accuracy, double[] out) {
    for (int i = 0; i < out.length; i++) {
      double light = Math.max(0, flux * model[i]);
      double v = stamp.skyVariance() + perFlux * light + accuracy * accuracy * light * light;
      out[i] = Double.isNaN(stamp.data()[i]) ? 0 : v;
    }
  }

  double residual(int i) {
    return stamp.data()[i] - background - flux * model[i];
  }

  /**
   * Drops pixels that are off by more than {@code clip} sigma and a share {@code misfit} of their
   * light; returns how many.
   */
  int clipPixels(double clip, double misfit, double[] variance) {
    int n = 0;
    for (int i = 0; i < variance.length; i++) {
      double r = residual(i);
      double light = misfit * flux * model[i];
      if (variance[i] > 0 && r * r > clip * clip * (variance[i] + light * light)) {
        variance[i] = 0;
        n++;
      }
    }
    return n;
  }

  /**
   * Adds to rings about the centre, whose radii are whole pixels and whose pixels belong to the two
   * nearest, the products of weight, model and light, and of weight, model and model; S/N capped.
   */
  void addRings(double[] seen, double[] expected, double maxSnr, double[] variance) {
    double snr2 = 0;
    for (int i = 0; i < variance.length; i++) {
      snr2 += variance[i] > 0 ? flux * model[i] * flux * model[i] / variance[i] : 0;
    }
    double cap = Math.min(1, maxSnr * maxSnr / snr2);
    for (int i = 0; i < variance.length; i++) {
      double radius = Math.hypot(stamp.x0() + i % side - x, stamp.y0() + i / side - y);
      int ring = (int) radius;
      if (variance[i] > 0 && ring < seen.length - 1) {
        double weighted = cap * flux * model[i] / variance[i];
        for (int k = 0; k < 2; k++) {
          double share = k == 0 ? 1 - (radius - ring) : radius - ring;
          seen[ring + k] += share * weighted * (stamp.data()[i] - background);
          expected[ring + k] += share * weighted * flux * model[i];
        }
      }
    }
  }

  /**
   * What the drawn model leaves of the star, chi^2 with pixels clipped and the S/N of the star
   * capped.
   */
  double misfit(double clip, double maxSnr, double[] variance) {
    double sum = 0;
    double snr2 = 0;
    for (int i = 0; i < variance.length; i++) {
      if (variance[i] > 0) {
        double r = residual(i);
        sum += Math.min(clip * clip, r * r / variance[i]);
        snr2 += flux * model[i] * flux * model[i] / variance[i];
      }
    }
    return snr2 > maxSnr * maxSnr ? sum * maxSnr * maxSnr / snr2 : sum;
  }

  /**
   * Reduced chi^2 inside a radius, where a companion or a galaxy shows, and weights with the S/N of
   * the star capped.
   */
  void weigh(double[] variance, double maxSnr, double radius) {
    double sum = 0;
    double snr2 = 0;
    int n = 0;
    for (int i = 0; i < variance.length; i++) {
      weight[i] = 0;
      if (variance[i] > 0) {
        double dx = stamp.x0() + i % side - x;
        double dy = stamp.y0() + i / side - y;
        if (dx * dx + dy * dy <= radius * radius) {
          double r = residual(i);
          sum += r * r / variance[i];
          n++;
        }
        snr2 += flux * model[i] * flux * model[i] / variance[i];
        weight[i] = 1 / variance[i];
      }
    }
    chi2 = n > 10 ? sum / (n - 4) : Double.NaN;
    double cap = snr2 > maxSnr * maxSnr ? maxSnr * maxSnr / snr2 : 1;
    for (int i = 0; i < weight.length; i++) {
      weight[i] *= cap;
    }
  }
}
