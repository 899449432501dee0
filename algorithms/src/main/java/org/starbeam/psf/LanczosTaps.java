package org.starbeam.psf;

import java.util.Arrays;

/**
 * Interpolation along one axis from a grid of samples to pixels by a Lanczos kernel: weights of
 * {@code 2 a} samples per pixel, normalised to unit sum; samples off the grid count as zero, and a
 * pixel that lies off the grid gets zero.
 */
final class LanczosTaps {
  final int taps;

  /** First sample of each pixel; may lie off the grid. */
  final int[] first;

  /** Weights, {@code taps} per pixel; zero where the sample lies off the grid. */
  final double[] weights;

  private LanczosTaps(int taps, int[] first, double[] weights) {
    this.taps = taps;
    this.first = first;
    this.weights = weights;
  }

  /**
   * @param pixels number of pixels
   * @param start grid coordinate of pixel 0
   * @param perPixel grid steps per pixel
   * @param grid number of samples
   * @param order of the kernel, a
   */
  static LanczosTaps of(int pixels, double start, double perPixel, int grid, int order) {
    int taps = 2 * order;
    int[] first = new int[pixels];
    double[] weights = new double[pixels * taps];
    for (int i = 0; i < pixels; i++) {
      double u = start + i * perPixel;
      int base = (int) Math.floor(u) - order + 1;
      first[i] = base;
      if (u < 0 || u > grid - 1) {
        continue;
      }
      double sum = 0;
      for (int t = 0; t < taps; t++) {
        boolean inside = base + t >= 0 && base + t < grid;
        double w = inside ? kernel(u - (base + t), order) : 0;
        weights[i * taps + t] = w;
        sum += w;
      }
      for (int t = 0; t < taps; t++) {
        weights[i * taps + t] /= sum;
      }
    }
    return new LanczosTaps(taps, first, weights);
  }

  /** Weights of (a - b) times a factor, for derivatives; both from the same pixels and order. */
  static LanczosTaps difference(LanczosTaps a, LanczosTaps b, double factor) {
    int pixels = a.first.length;
    int taps = a.taps + 1;
    int[] first = new int[pixels];
    double[] weights = new double[pixels * taps];
    for (int i = 0; i < pixels; i++) {
      first[i] = Math.min(a.first[i], b.first[i]);
      for (int t = 0; t < a.taps; t++) {
        weights[i * taps + t + a.first[i] - first[i]] += factor * a.weights[i * a.taps + t];
        weights[i * taps + t + b.first[i] - first[i]] -= factor * b.weights[i * a.taps + t];
      }
    }
    return new LanczosTaps(taps, first, weights);
  }

  private static double kernel(double x, int order) {
    if (x == 0) {
      return 1;
    }
    if (Math.abs(x) >= order) {
      return 0;
    }
    double p = Math.PI * x;
    return order * Math.sin(p) * Math.sin(p / order) / (p * p);
  }

  /** out[j][i] = factor sum over grid of y weights and x weights; scratch grid x pixels. */
  static void apply(
      double[] grid,
      int size,
      LanczosTaps x,
      LanczosTaps y,
      double factor,
      double[] scratch,
      double[] out) {
    int pixels = x.first.length;
    for (int g = 0; g < size; g++) {
      for (int i = 0; i < pixels; i++) {
        int from = Math.max(0, -x.first[i]);
        int to = Math.min(x.taps, size - x.first[i]);
        int base = g * size + x.first[i];
        double sum = 0;
        for (int t = from; t < to; t++) {
          sum += x.weights[i * x.taps + t] * grid[base + t];
        }
        scratch[g * pixels + i] = sum;
      }
    }
    int rows = y.first.length;
    for (int j = 0; j < rows; j++) {
      Arrays.fill(out, j * pixels, (j + 1) * pixels, 0);
      int from = Math.max(0, -y.first[j]);
      int to = Math.min(y.taps, size - y.first[j]);
      for (int t = from; t < to; t++) {
        axpy(
            factor * y.weights[j * y.taps + t],
            scratch,
            (y.first[j] + t) * pixels,
            out,
            j * pixels,
            pixels);
      }
    }
  }

  /** The transpose of {@link #apply}, added to the grid. */
  static void addTransposed(
      double[] in,
      int size,
      LanczosTaps x,
      LanczosTaps y,
      double factor,
      double[] scratch,
      double[] grid) {
    int pixels = x.first.length;
    Arrays.fill(scratch, 0, size * pixels, 0);
    for (int j = 0; j < y.first.length; j++) {
      int from = Math.max(0, -y.first[j]);
      int to = Math.min(y.taps, size - y.first[j]);
      for (int t = from; t < to; t++) {
        axpy(
            factor * y.weights[j * y.taps + t],
            in,
            j * pixels,
            scratch,
            (y.first[j] + t) * pixels,
            pixels);
      }
    }
    for (int g = 0; g < size; g++) {
      for (int i = 0; i < pixels; i++) {
        double value = scratch[g * pixels + i];
        int from = Math.max(0, -x.first[i]);
        int to = Math.min(x.taps, size - x.first[i]);
        int base = g * size + x.first[i];
        for (int t = from; t < to; t++) {
          grid[base + t] += x.weights[i * x.taps + t] * value;
        }
      }
    }
  }

  private static void axpy(double f, double[] in, int from, double[] out, int to, int n) {
    for (int i = 0; i < n; i++) {
      out[to + i] += f * in[from + i];
    }
  }
}
