package org.starbeam.astrometry;

import java.util.Arrays;

/**
 * Points of a tangent plane (arcsec) in square cells, for searches within a radius. Neighbours are
 * reported in the order of cells and, within a cell, of index; cost O(points found + cells
 * touched). Immutable.
 */
final class SkyIndex {
  private final double[] x;
  private final double[] y;
  private final double cell;
  private final double x0;
  private final double y0;
  private final int nx;
  private final int ny;
  private final int[] start;
  private final int[] order;

  SkyIndex(double[] x, double[] y, double cellArcsec) {
    this.x = x;
    this.y = y;
    double minX = Arrays.stream(x).min().orElse(0);
    double minY = Arrays.stream(y).min().orElse(0);
    double spanX = Arrays.stream(x).max().orElse(0) - minX;
    double spanY = Arrays.stream(y).max().orElse(0) - minY;
    double limit = 2.0 * (Math.sqrt(x.length) + 1);
    this.cell = Math.max(cellArcsec, Math.max(spanX, spanY) / Math.max(limit, 16));
    this.x0 = minX;
    this.y0 = minY;
    this.nx = (int) (spanX / cell) + 1;
    this.ny = (int) (spanY / cell) + 1;
    this.start = new int[nx * ny + 1];
    this.order = new int[x.length];
    for (int i = 0; i < x.length; i++) {
      start[cellOf(x[i], y[i]) + 1]++;
    }
    for (int c = 0; c < nx * ny; c++) {
      start[c + 1] += start[c];
    }
    int[] next = Arrays.copyOf(start, nx * ny);
    for (int i = 0; i < x.length; i++) {
      order[next[cellOf(x[i], y[i])]++] = i;
    }
  }

  private int cellOf(double px, double py) {
    return column(px) + nx * row(py);
  }

  private int column(double px) {
    return Math.max(0, Math.min(nx - 1, (int) Math.floor((px - x0) / cell)));
  }

  private int row(double py) {
    return Math.max(0, Math.min(ny - 1, (int) Math.floor((py - y0) / cell)));
  }

  /** Indices of the points within a radius. */
  int[] within(double px, double py, double radius) {
    int[] out = new int[8];
    int n = 0;
    int lastRow = row(py + radius);
    int lastColumn = column(px + radius);
    for (int r = row(py - radius); r <= lastRow; r++) {
      for (int c = column(px - radius); c <= lastColumn; c++) {
        for (int k = start[r * nx + c]; k < start[r * nx + c + 1]; k++) {
          int i = order[k];
          double dx = x[i] - px;
          double dy = y[i] - py;
          if (dx * dx + dy * dy <= radius * radius) {
            if (n == out.length) {
              out = Arrays.copyOf(out, 2 * n);
            }
            out[n++] = i;
          }
        }
      }
    }
    return Arrays.copyOf(out, n);
  }

  /** The nearest point within a radius (the smallest index of equals), or -1. */
  int nearest(double px, double py, double radius) {
    int best = -1;
    double bestD2 = radius * radius;
    int lastRow = row(py + radius);
    int lastColumn = column(px + radius);
    for (int r = row(py - radius); r <= lastRow; r++) {
      for (int c = column(px - radius); c <= lastColumn; c++) {
        for (int k = start[r * nx + c]; k < start[r * nx + c + 1]; k++) {
          int i = order[k];
          double dx = x[i] - px;
          double dy = y[i] - py;
          double d2 = dx * dx + dy * dy;
          if (d2 < bestD2 || (d2 == bestD2 && (best < 0 || i < best))) {
            bestD2 = d2;
            best = i;
          }
        }
      }
    }
    return best;
  }
}
