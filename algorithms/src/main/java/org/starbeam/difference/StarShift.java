package org.starbeam.difference;

import org.jspecify.annotations.Nullable;
import org.starbeam.difference.ImageSubtractor.Difference;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskedImage;

/**
 * What a difference holds at a star of the template: change of its flux and of its place (the
 * dipole of specs/03 section 7.9 for separations within the PSF). A star of flux F at p that has
 * moved by d and become brighter by a leaves
 *
 * <pre>  D(x) = (F + a) phi(x - p - d) - F phi(x - p),  </pre>
 *
 * phi the PSF of the difference; a and d by Gauss-Newton steps with equal weights. F is known from
 * the template, so that flux and separation are not degenerate (DMTN-007).
 */
final class StarShift {
  private static final int MAX_STEPS = 10;

  /** Pixels. */
  private static final double CONVERGED = 0.01;

  /**
   * @param x place on the template
   * @param y place on the template
   * @param flux of the star on the template
   * @param change of the flux
   * @param changeErr its error from the variance plane
   * @param dx shift from the template to the visit
   * @param dy the same along y
   * @param explained PSF flux of this at the position that was asked for
   */
  record Fit(
      double x,
      double y,
      double flux,
      double change,
      double changeErr,
      double dx,
      double dy,
      double explained) {
    double distance() {
      return Math.hypot(dx, dy);
    }
  }

  private StarShift() {}

  /**
   * Fits at the brightest template pixel near a position.
   *
   * @param reach largest distance of the star from the position, pixels
   * @return null without a peak of the template inside the reach, or when the fit is not possible
   */
  static @Nullable Fit of(Difference difference, double x, double y, double reach) {
    double[] place = peak(difference.matchedTemplate(), x, y, reach);
    if (place == null) {
      return null;
    }
    double flux =
        flux(difference.matchedTemplate(), difference.matchedPsf().image(place[0], place[1]));
    return flux > 0 ? fit(difference, place, flux, reach, difference.psf().image(x, y)) : null;
  }

  /** The brightest pixel within the reach, refined by parabolas; null at the rim or the border. */
  private static double @Nullable [] peak(ImageF image, double x, double y, double reach) {
    int cx = (int) Math.rint(x);
    int cy = (int) Math.rint(y);
    int half = (int) Math.ceil(reach);
    Box box = Box.around(cx, cy, half).intersect(image.box().grow(-1));
    int bx = 0;
    int by = 0;
    float best = Float.NEGATIVE_INFINITY;
    for (int v = box.y0(); v < box.y1(); v++) {
      for (int u = box.x0(); u < box.x1(); u++) {
        if (image.get(u, v) > best && Math.hypot(u - x, v - y) <= reach) {
          best = image.get(u, v);
          bx = u;
          by = v;
        }
      }
    }
    if (best == Float.NEGATIVE_INFINITY) {
      return null;
    }
    double px = parabola(image.get(bx - 1, by), best, image.get(bx + 1, by));
    double py = parabola(image.get(bx, by - 1), best, image.get(bx, by + 1));
    return Double.isNaN(px + py) ? null : new double[] {bx + px, by + py};
  }

  /** Where a parabola through three equidistant values is largest; NaN when the middle is not. */
  private static double parabola(double left, double middle, double right) {
    double curvature = left - 2 * middle + right;
    return middle >= left && middle >= right && curvature < 0
        ? 0.5 * (left - right) / curvature
        : Double.NaN;
  }

  /** PSF flux on an image without a variance. */
  static double flux(ImageF image, ImageD psf) {
    Box box = psf.box().intersect(image.box());
    double pd = 0;
    double pp = 0;
    for (int v = box.y0(); v < box.y1(); v++) {
      for (int u = box.x0(); u < box.x1(); u++) {
        double p = psf.get(u, v);
        pd += p * image.get(u, v);
        pp += p * p;
      }
    }
    return pp > 0 ? pd / pp : Double.NaN;
  }

  private static @Nullable Fit fit(
      Difference difference, double[] place, double flux, double reach, ImageD asked) {
    Steps steps = new Steps(difference, place, flux);
    for (int i = 0; i < MAX_STEPS && steps.goOn(); i++) {
      if (Math.hypot(steps.dx, steps.dy) > reach) {
        return null;
      }
    }
    return steps.failed || !(steps.last < CONVERGED)
        ? null
        : new Fit(
            place[0],
            place[1],
            flux,
            steps.change,
            steps.changeErr,
            steps.dx,
            steps.dy,
            flux(steps.model(asked.box()), asked));
  }

  /** The fit on its way. */
  private static final class Steps {
    private final Difference difference;
    private final double x;
    private final double y;
    private final double flux;
    private final ImageD before;
    private double change;
    private double changeErr;
    private double dx;
    private double dy;
    private double last = Double.POSITIVE_INFINITY;
    private boolean failed;

    Steps(Difference difference, double[] place, double flux) {
      this.difference = difference;
      this.x = place[0];
      this.y = place[1];
      this.flux = flux;
      this.before = difference.psf().image(x, y);
    }

    /** One step; false when no more is needed or possible. */
    boolean goOn() {
      ImageD now = psf(0, 0);
      ImageD[] alongX = {psf(0.5, 0), psf(-0.5, 0)};
      ImageD[] alongY = {psf(0, 0.5), psf(0, -0.5)};
      MaskedImage image = difference.image();
      Box box = before.box().intersect(image.box());
      double[][] a = new double[3][3];
      double[][] noise = new double[3][3];
      double[] b = new double[3];
      double[] row = new double[3];
      for (int v = box.y0(); v < box.y1(); v++) {
        for (int u = box.x0(); u < box.x1(); u++) {
          if ((image.mask().get(u, v) & GoodPixels.UNUSABLE) == 0) {
            row[0] = GoodPixels.value(now, u, v);
            row[1] = flux * (GoodPixels.value(alongX[0], u, v) - GoodPixels.value(alongX[1], u, v));
            row[2] = flux * (GoodPixels.value(alongY[0], u, v) - GoodPixels.value(alongY[1], u, v));
            double rest = image.image().get(u, v) - flux * (row[0] - before.get(u, v));
            add(row, rest, image.variance().get(u, v), a, noise, b);
          }
        }
      }
      take(inverse(a), noise, b);
      return !failed && last >= CONVERGED;
    }

    private void take(double @Nullable [][] inverse, double[][] noise, double[] b) {
      if (inverse == null) {
        failed = true;
        return;
      }
      double[] solution = new double[3];
      double variance = 0;
      for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++) {
          solution[i] += inverse[i][j] * b[j];
          variance += inverse[0][i] * noise[i][j] * inverse[0][j];
        }
      }
      change = solution[0];
      changeErr = Math.sqrt(variance);
      dx += solution[1];
      dy += solution[2];
      last = Math.hypot(solution[1], solution[2]);
    }

    private ImageD psf(double right, double up) {
      return difference.psf().image(x + dx + right, y + dy + up);
    }

    ImageF model(Box box) {
      ImageD now = psf(0, 0);
      ImageF out = new ImageF(box);
      for (int v = box.y0(); v < box.y1(); v++) {
        for (int u = box.x0(); u < box.x1(); u++) {
          double then = flux * GoodPixels.value(before, u, v);
          out.set(u, v, (float) ((flux + change) * GoodPixels.value(now, u, v) - then));
        }
      }
      return out;
    }
  }

  private static void add(
      double[] row, double d, double v, double[][] a, double[][] noise, double[] b) {
    for (int i = 0; i < 3; i++) {
      b[i] += row[i] * d;
      for (int j = 0; j < 3; j++) {
        a[i][j] += row[i] * row[j];
        noise[i][j] += row[i] * row[j] * v;
      }
    }
  }

  /** By cofactors; null when the matrix is singular. */
  static double @Nullable [][] inverse(double[][] m) {
    double[][] out = new double[3][3];
    for (int i = 0; i < 3; i++) {
      int i1 = (i + 1) % 3;
      int i2 = (i + 2) % 3;
      for (int j = 0; j < 3; j++) {
        int j1 = (j + 1) % 3;
        int j2 = (j + 2) % 3;
        out[j][i] = m[i1][j1] * m[i2][j2] - m[i1][j2] * m[i2][j1];
      }
    }
    double determinant = m[0][0] * out[0][0] + m[0][1] * out[1][0] + m[0][2] * out[2][0];
    if (!(determinant > 1e-12 * m[0][0] * m[1][1] * m[2][2])) {
      return null;
    }
    for (double[] line : out) {
      for (int j = 0; j < 3; j++) {
        line[j] /= determinant;
      }
    }
    return out;
  }
}
