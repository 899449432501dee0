package org.starbeam.psf;

/**
 * Ways in which a PSF changes over an image, as images on the grid of the constant term P: dilation
 * and the two shears (x Px + y Py, x Px - y Py, x Py + y Px), blurring (second derivatives) and
 * asymmetry (third derivatives), and shifts where the centres of the stars are not free. A few
 * smooth modes instead of one polynomial per grid point: with 40 to 70 stars the points of the
 * wings would only vary with the noise. Every mode has zero sum.
 */
final class VariationModes {
  /** The first modes are size and shape. */
  static final int PRINCIPAL = 3;

  private VariationModes() {}

  /**
   * @param p constant term, row by row
   * @param free grid points that may differ from zero
   * @param shifts whether to include the two shifts
   */
  static double[][] of(double[] p, int grid, boolean[] free, boolean shifts) {
    double[] px = dx(p, grid);
    double[] py = dy(p, grid);
    double[] pxx = secondX(p, grid);
    double[] pyy = secondY(p, grid);
    double[] pxy = dy(px, grid);
    double[][] modes = {
      moment(px, py, grid, 1, 0, 0, 1),
      moment(px, py, grid, 1, 0, 0, -1),
      moment(px, py, grid, 0, 1, 1, 0),
      sum(pxx, pyy, 1),
      sum(pxx, pyy, -1),
      pxy,
      dx(sum(pxx, pyy, 1), grid),
      dy(sum(pxx, pyy, 1), grid),
      dx(sum(pxx, pyy, -3), grid),
      dy(sum(pyy, pxx, -3), grid),
      px,
      py
    };
    double[][] out = new double[shifts ? 12 : 10][];
    for (int m = 0; m < out.length; m++) {
      out[m] = normalised(modes[m], p, free);
    }
    return out;
  }

  /** Zero outside the circle, zero sum, and the root mean square of P. */
  private static double[] normalised(double[] mode, double[] p, boolean[] free) {
    double sum = 0;
    double total = 0;
    for (int g = 0; g < p.length; g++) {
      sum += free[g] ? mode[g] : 0;
      total += p[g];
    }
    double squares = 0;
    double reference = 0;
    double[] out = new double[p.length];
    for (int g = 0; g < p.length; g++) {
      out[g] = free[g] ? mode[g] - sum / total * p[g] : 0;
      squares += out[g] * out[g];
      reference += p[g] * p[g];
    }
    double scale = Math.sqrt(reference / squares);
    for (int g = 0; g < p.length; g++) {
      out[g] *= scale;
    }
    return out;
  }

  /** (a x + b y) Px + (c x + d y) Py with coordinates from the centre. */
  private static double[] moment(
      double[] px, double[] py, int grid, double a, double b, double c, double d) {
    int mid = grid / 2;
    double[] out = new double[px.length];
    for (int g = 0; g < out.length; g++) {
      int x = g % grid - mid;
      int y = g / grid - mid;
      out[g] = (a * x + b * y) * px[g] + (c * x + d * y) * py[g];
    }
    return out;
  }

  private static double[] sum(double[] a, double[] b, double factor) {
    double[] out = new double[a.length];
    for (int g = 0; g < out.length; g++) {
      out[g] = a[g] + factor * b[g];
    }
    return out;
  }

  private static double at(double[] p, int grid, int x, int y) {
    return x < 0 || y < 0 || x >= grid || y >= grid ? 0 : p[y * grid + x];
  }

  private static double[] dx(double[] p, int grid) {
    double[] out = new double[p.length];
    for (int g = 0; g < out.length; g++) {
      int x = g % grid;
      int y = g / grid;
      out[g] = 0.5 * (at(p, grid, x + 1, y) - at(p, grid, x - 1, y));
    }
    return out;
  }

  private static double[] dy(double[] p, int grid) {
    double[] out = new double[p.length];
    for (int g = 0; g < out.length; g++) {
      int x = g % grid;
      int y = g / grid;
      out[g] = 0.5 * (at(p, grid, x, y + 1) - at(p, grid, x, y - 1));
    }
    return out;
  }

  private static double[] secondX(double[] p, int grid) {
    double[] out = new double[p.length];
    for (int g = 0; g < out.length; g++) {
      int x = g % grid;
      int y = g / grid;
      out[g] = at(p, grid, x + 1, y) - 2 * p[g] + at(p, grid, x - 1, y);
    }
    return out;
  }

  private static double[] secondY(double[] p, int grid) {
    double[] out = new double[p.length];
    for (int g = 0; g < out.length; g++) {
      int x = g % grid;
      int y = g / grid;
      out[g] = at(p, grid, x, y + 1) - 2 * p[g] + at(p, grid, x, y - 1);
    }
    return out;
  }
}
