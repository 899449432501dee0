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

  /**
   * One Gauss-Newton step in flux, centre and background with the variance given; keeps the centre
   * when it is not free.
   */
  void refit(double[] local, double[] variance, boolean freeCentre, double[] scratch) {
    draw(local, scratch);
    int n = freeCentre ? 4 : 2;
    double[][] columns = new double[n][];
    columns[0] = model;
    columns[1] = new double[side * side];
    Arrays.fill(columns[1], 1);
    if (freeCentre) {
      columns[2] = new double[side * side];
      columns[3] = new double[side * side];
      LanczosTaps dx = derivative(x - stamp.x0());
      LanczosTaps dy = derivative(y - stamp.y0());
      LanczosTaps.apply(local, grid, dx, tapsY, unit(), scratch, columns[2]);
      LanczosTaps.apply(local, grid, tapsX, dy, unit(), scratch, columns[3]);
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
    background = right[1];
    if (freeCentre) {
      x += clip(right[2] / flux);
      y += clip(right[3] / flux);
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

  /** Drops pixels that are off by more than {@code clip} sigma; returns how many. */
  int clipPixels(double clip, double[] variance) {
    int n = 0;
    for (int i = 0; i < variance.length; i++) {
      double r = residual(i);
      if (variance[i] > 0 && r * r > clip * clip * variance[i]) {
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
