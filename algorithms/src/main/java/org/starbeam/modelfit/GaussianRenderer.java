package org.starbeam.modelfit;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.starbeam.image.Box;

/**
 * Adds elliptical Gaussians and their derivatives to planes of pixels (specs/04 section 9.2). Along
 * a row g(x + 1) = g(x) r(x) and r(x + 1) = r(x) q, so a pixel costs two multiplications in place
 * of an exponential; the recurrence, four pixels at a time, begins anew every 64 pixels. Pixels
 * farther than 7 sigma stay as they are. Cost O(pixels inside).
 */
final class GaussianRenderer {
  /** Planes: value per unit of flux, and its derivatives. */
  static final int VALUE = 0;

  static final int DX = 1;
  static final int DY = 2;

  /** Derivatives by the covariance of the profile; xy stands for both corners of the matrix. */
  static final int DXX = 3;

  static final int DXY = 4;
  static final int DYY = 5;

  /** Derivative by the index of the profile. */
  static final int DN = 6;

  private static final double REACH = 49;
  private static final int RESTART = 64;
  private static final double[] RAMP = IntStream.range(0, RESTART).asDoubleStream().toArray();

  private final int x0;
  private final int y0;
  private final int width;
  private final int[] firstColumn;
  private final int[] lastColumn;
  private final int height;

  private final double[] row = new double[RESTART];

  // Pixels of the box that the last profile reached.
  private int reachedX0;
  private int reachedX1;
  private int reachedY0;
  private int reachedY1;

  // The Gaussian at hand.
  private double amplitude = 1;
  private double ixx;
  private double ixy;
  private double iyy;
  private double bend;
  private double peak;
  private double scale;
  private double weightSlope;
  private double nxx;
  private double nxy;
  private double nyy;

  GaussianRenderer(Box box) {
    this(box, whole(box));
  }

  private static int[] whole(Box box) {
    int[] runs = new int[2 * box.height()];
    for (int row = 0; row < box.height(); row++) {
      runs[2 * row] = row * box.width();
      runs[2 * row + 1] = (row + 1) * box.width();
    }
    return runs;
  }

  /**
   * @param runs of pixels that are wanted, within rows: first, one after the last, first ...; what
   *     is between them in a row may be rendered too
   */
  GaussianRenderer(Box box, int[] runs) {
    firstColumn = new int[box.height()];
    lastColumn = new int[box.height()];
    Arrays.fill(firstColumn, box.width());
    Arrays.fill(lastColumn, -1);
    for (int i = 0; i < runs.length; i += 2) {
      int row = runs[i] / box.width();
      int start = row * box.width();
      firstColumn[row] = Math.min(firstColumn[row], runs[i] - start);
      lastColumn[row] = Math.max(lastColumn[row], runs[i + 1] - 1 - start);
    }
    x0 = box.x0();
    y0 = box.y0();
    width = box.width();
    height = box.height();
  }

  /** Adds the image of a flux, where it reaches into the box. */
  void addFlux(
      double[] image,
      double flux,
      double x,
      double y,
      SourceModel.Component component,
      PsfMixture psf) {
    amplitude = flux;
    EllipseShape shape = component.shape();
    add(new double[][] {image}, x, y, component.gaussians(), shape, psf);
    amplitude = 1;
  }

  /**
   * Adds a profile of unit flux seen through a PSF.
   *
   * @param planes of the box row by row: 1 (value), 3 (centre too), 6 (covariance too) or 7 (index
   *     too)
   * @param shape of the half-light ellipse; null for a point
   */
  void add(
      double[][] planes,
      double x,
      double y,
      SersicMixture.Gaussians profile,
      @org.jspecify.annotations.Nullable EllipseShape shape,
      PsfMixture psf) {
    double xx = shape == null ? 0 : shape.xx();
    double xy = shape == null ? 0 : shape.xy();
    double yy = shape == null ? 0 : shape.yy();
    reachedX0 = width;
    reachedX1 = 0;
    reachedY0 = height;
    reachedY1 = 0;
    for (int k = 0; k < profile.size(); k++) {
      double s2 = profile.sigma()[k] * profile.sigma()[k];
      double growth = 2 * s2 * profile.logSigmaSlope()[k];
      nxx = growth * xx;
      nxy = growth * xy;
      nyy = growth * yy;
      scale = s2;
      weightSlope = profile.weightSlope()[k] / profile.weight()[k];
      for (PsfMixture.Component p : psf.components()) {
        double cxx = s2 * xx + p.shape().xx();
        double cxy = s2 * xy + p.shape().xy();
        double cyy = s2 * yy + p.shape().yy();
        double det = cxx * cyy - cxy * cxy;
        ixx = cyy / det;
        ixy = -cxy / det;
        iyy = cxx / det;
        bend = Math.exp(-ixx);
        peak = amplitude * profile.weight()[k] * p.fraction() / (2 * Math.PI * Math.sqrt(det));
        rows(planes, x, y, cyy);
      }
    }
  }

  /** The part that the last profile reached of a box whose first pixel is (0, 0). */
  Box reached() {
    return reachedX1 <= reachedX0
        ? Box.EMPTY
        : new Box(reachedX0, reachedY0, reachedX1 - reachedX0, reachedY1 - reachedY0);
  }

  private void rows(double[][] planes, double x, double y, double cyy) {
    double reachY = Math.sqrt(REACH * cyy);
    int from = Math.max(0, (int) Math.ceil(y - reachY) - y0);
    int to = Math.min(height - 1, (int) Math.floor(y + reachY) - y0);
    for (int row = from; row <= to; row++) {
      double dy = row + y0 - y;
      double reachX = Math.sqrt(Math.max(0, REACH - dy * dy / cyy) / ixx);
      double middle = x - ixy * dy / ixx;
      int first = Math.max(firstColumn[row], (int) Math.ceil(middle - reachX) - x0);
      int last = Math.min(lastColumn[row], (int) Math.floor(middle + reachX) - x0);
      if (first <= last) {
        reachedX0 = Math.min(reachedX0, first);
        reachedX1 = Math.max(reachedX1, last + 1);
        reachedY0 = Math.min(reachedY0, row);
        reachedY1 = Math.max(reachedY1, row + 1);
      }
      for (int start = first; start <= last; start += RESTART) {
        int end = Math.min(last, start + RESTART - 1);
        run(planes, row * width + start, end - start + 1, start + x0 - x, dy);
      }
    }
  }

  private void run(double[][] planes, int at, int n, double dx, double dy) {
    double vx = ixx * dx + ixy * dy;
    double vy = ixy * dx + iyy * dy;
    double g = peak * Math.exp(-0.5 * (vx * dx + vy * dy));
    fill(n, g, Math.exp(-vx - 0.5 * ixx), bend);
    switch (planes.length) {
      case 1 -> values(planes[VALUE], at, n);
      case 3 -> centres(planes, at, n, vx, vy);
      case 6 -> shapes(planes, at, n, vx, vy);
      default -> {
        shapes(planes, at, n, vx, vy);
        indices(planes[DN], at, n, vx, vy);
      }
    }
  }

  /** The Gaussian along a row, in four interleaved recurrences. */
  private void fill(int n, double first, double ratio, double q) {
    double q2 = q * q;
    double q4 = q2 * q2;
    double q16 = q4 * q4 * q4 * q4;
    double g0 = first;
    double g1 = g0 * ratio;
    double g2 = g1 * ratio * q;
    double g3 = g2 * ratio * q2;
    double ratio2 = ratio * ratio;
    double r0 = ratio2 * ratio2 * q4 * q2;
    double r1 = r0 * q4;
    double r2 = r1 * q4;
    double r3 = r2 * q4;
    for (int i = 0; i < n; i += 4) {
      row[i] = g0;
      row[i + 1] = g1;
      row[i + 2] = g2;
      row[i + 3] = g3;
      g0 *= r0;
      g1 *= r1;
      g2 *= r2;
      g3 *= r3;
      r0 *= q16;
      r1 *= q16;
      r2 *= q16;
      r3 *= q16;
    }
  }

  private void values(double[] value, int at, int n) {
    for (int i = 0; i < n; i++) {
      value[at + i] += row[i];
    }
  }

  private void centres(double[][] planes, int at, int n, double vx0, double vy0) {
    double[] value = planes[VALUE];
    double[] byX = planes[DX];
    double[] byY = planes[DY];
    double sx = ixx;
    double sy = ixy;
    for (int i = 0; i < n; i++) {
      double g = row[i];
      value[at + i] += g;
      byX[at + i] += g * (vx0 + RAMP[i] * sx);
      byY[at + i] += g * (vy0 + RAMP[i] * sy);
    }
  }

  private void shapes(double[][] planes, int at, int n, double vx0, double vy0) {
    centres(planes, at, n, vx0, vy0);
    double[] byXx = planes[DXX];
    double[] byXy = planes[DXY];
    double[] byYy = planes[DYY];
    double sx = ixx;
    double sy = ixy;
    double sz = iyy;
    double half = 0.5 * scale;
    double whole = scale;
    for (int i = 0; i < n; i++) {
      double g = row[i];
      double vx = vx0 + RAMP[i] * sx;
      double vy = vy0 + RAMP[i] * sy;
      byXx[at + i] += half * g * (vx * vx - sx);
      byXy[at + i] += whole * g * (vx * vy - sy);
      byYy[at + i] += half * g * (vy * vy - sz);
    }
  }

  private void indices(double[] byN, int at, int n, double vx0, double vy0) {
    double sx = ixx;
    double sy = ixy;
    double constant = weightSlope - 0.5 * (nxx * ixx + nyy * iyy) - nxy * ixy;
    double xx = 0.5 * nxx;
    double xy = nxy;
    double yy = 0.5 * nyy;
    for (int i = 0; i < n; i++) {
      double vx = vx0 + RAMP[i] * sx;
      double vy = vy0 + RAMP[i] * sy;
      byN[at + i] += row[i] * (constant + vx * (xx * vx + xy * vy) + yy * vy * vy);
    }
  }
}
