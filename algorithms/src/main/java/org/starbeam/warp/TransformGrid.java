package org.starbeam.warp;

import org.starbeam.image.Box;

/**
 * A pixel map evaluated exactly at control points of spacing g and bilinearly in between (specs/03
 * section 2.2). The grid lines pass through pixel (0, 0) of the destination frame, not through the
 * corner of a box, and g is chosen for a whole domain (the destination box of one detector), so
 * that what a pixel gets does not depend on the box in which it was asked for.
 *
 * <p>The interpolation error is bounded by g^2/8 (|T_xx| + |T_yy|) + g^2/4 |T_xy| with the second
 * derivatives taken from the control points; g is halved until the bound is below the tolerance.
 * Where the smallest spacing does not reach it the map is evaluated at every pixel.
 */
public final class TransformGrid {
  /**
   * Defaults of specs/03 section 2.2.
   *
   * @param spacing first spacing tried, pixels; a power of two
   * @param smallestSpacing last one before exact evaluation
   * @param tolerance largest allowed error, source pixels
   */
  public record Config(int spacing, int smallestSpacing, double tolerance)
      implements java.io.Serializable {
    public static Config defaults() {
      return new Config(64, 4, 0.002);
    }
  }

  private final PixelMap map;
  private final int spacing;

  private TransformGrid(PixelMap map, int spacing) {
    this.map = map;
    this.spacing = spacing;
  }

  /** The coarsest grid that is good enough over the domain. */
  public static TransformGrid of(PixelMap map, Box domain, Config config) {
    int g = config.spacing();
    while (g >= config.smallestSpacing()) {
      TransformGrid grid = new TransformGrid(map, g);
      if (grid.errorBound(domain) <= config.tolerance()) {
        return grid;
      }
      g /= 2;
    }
    return new TransformGrid(map, 1);
  }

  /** Distance of the control points; 1 means that every pixel is evaluated exactly. */
  public int spacing() {
    return spacing;
  }

  private double errorBound(Box domain) {
    Section s = section(domain.grow(spacing));
    double worst = 0;
    for (int j = 1; j < s.rows - 1; j++) {
      for (int i = 1; i < s.columns - 1; i++) {
        int k = j * s.columns + i;
        double bend =
            second(s, k, 1) / 8 + second(s, k, s.columns) / 8 + mixed(s, k - 1 - s.columns) / 4;
        if (!(bend <= worst)) {
          worst = bend;
        }
        if (Double.isNaN(bend)) {
          return Double.POSITIVE_INFINITY;
        }
      }
    }
    return worst;
  }

  private static double second(Section s, int k, int step) {
    double dx = s.x[k + step] - 2 * s.x[k] + s.x[k - step];
    double dy = s.y[k + step] - 2 * s.y[k] + s.y[k - step];
    return Math.sqrt(dx * dx + dy * dy);
  }

  private static double mixed(Section s, int k) {
    int n = s.columns;
    double dx = s.x[k + n + 1] - s.x[k + n] - s.x[k + 1] + s.x[k];
    double dy = s.y[k + n + 1] - s.y[k + n] - s.y[k + 1] + s.y[k];
    return Math.sqrt(dx * dx + dy * dy);
  }

  /** Source box that holds every interpolated position of a destination box; empty if NaN. */
  public Box sourceBounds(Box destination) {
    Section s = section(destination);
    double xMin = Double.POSITIVE_INFINITY;
    double yMin = Double.POSITIVE_INFINITY;
    double xMax = Double.NEGATIVE_INFINITY;
    double yMax = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < s.x.length; k++) {
      if (Double.isFinite(s.x[k]) && Math.abs(s.x[k]) < 1e8 && Math.abs(s.y[k]) < 1e8) {
        xMin = Math.min(xMin, s.x[k]);
        xMax = Math.max(xMax, s.x[k]);
        yMin = Math.min(yMin, s.y[k]);
        yMax = Math.max(yMax, s.y[k]);
      }
    }
    return xMin > xMax
        ? Box.EMPTY
        : Box.ofCorners(
            (int) Math.floor(xMin),
            (int) Math.floor(yMin),
            (int) Math.ceil(xMax),
            (int) Math.ceil(yMax));
  }

  /** Interpolated source position of a pixel. */
  public double[] at(int x, int y) {
    Section s = section(new Box(x, y, 1, 1));
    double u = (x - s.firstX * spacing) / (double) spacing;
    double v = (y - s.firstY * spacing) / (double) spacing;
    return new double[] {s.interpolate(s.x, u, v), s.interpolate(s.y, u, v)};
  }

  /** Control points around a box. */
  Section section(Box box) {
    int i0 = Math.floorDiv(box.x0(), spacing);
    int j0 = Math.floorDiv(box.y0(), spacing);
    int i1 = Math.floorDiv(box.x1() - 1, spacing) + 1;
    int j1 = Math.floorDiv(box.y1() - 1, spacing) + 1;
    Section section = new Section(i0, j0, i1 - i0 + 1, j1 - j0 + 1);
    double[] q = new double[2];
    for (int j = 0; j < section.rows; j++) {
      for (int i = 0; i < section.columns; i++) {
        map.apply((double) (i0 + i) * spacing, (double) (j0 + j) * spacing, q);
        section.x[j * section.columns + i] = q[0];
        section.y[j * section.columns + i] = q[1];
      }
    }
    return section;
  }

  /** Control points (firstX + i, firstY + j) * spacing, row by row. */
  static final class Section {
    final int firstX;
    final int firstY;
    final int columns;
    final int rows;
    final double[] x;
    final double[] y;

    Section(int firstX, int firstY, int columns, int rows) {
      this.firstX = firstX;
      this.firstY = firstY;
      this.columns = columns;
      this.rows = rows;
      this.x = new double[columns * rows];
      this.y = new double[columns * rows];
    }

    double interpolate(double[] z, double u, double v) {
      double b = z[1] - z[0];
      double c = z[columns] - z[0];
      double d = z[columns + 1] - z[columns] - b;
      return z[0] + b * u + (c + d * u) * v;
    }
  }
}
