package org.starbeam.measurement;

import org.hipparchus.analysis.integration.gauss.GaussIntegrator;
import org.hipparchus.analysis.integration.gauss.GaussIntegratorFactory;
import org.hipparchus.special.BesselJ;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;

/**
 * Table of band-limited aperture weights of one radius: for every shift of the centre of s/32
 * pixels, s = -1 to 17 on both axes, the weights of all pixels out to radius + 12. Negative shifts
 * follow by symmetry. Immutable.
 */
final class SincWeights {
  /** No weights. */
  static final SincWeights NONE = new SincWeights(0, new float[0][]);

  private static final int REACH = 12;
  private static final int STEPS = 32;
  private static final int SHIFTS = STEPS / 2 + 3;
  private static final int NODES = 120;

  private final int half;
  private final float[][] tables;

  private SincWeights(int half, float[][] tables) {
    this.half = half;
    this.tables = tables;
  }

  static SincWeights of(double radius) {
    int half = (int) Math.ceil(radius) + REACH;
    double[][] fine = fineGrid(radius, half * STEPS + SHIFTS);
    double reach2 = (radius + REACH) * (radius + REACH);
    int side = 2 * half + 1;
    float[][] tables = new float[SHIFTS * SHIFTS][side * side];
    for (int sy = 0; sy < SHIFTS; sy++) {
      for (int sx = 0; sx < SHIFTS; sx++) {
        float[] table = tables[sy * SHIFTS + sx];
        for (int j = 0; j < side; j++) {
          int dy = Math.abs((j - half) * STEPS - (sy - 1));
          for (int i = 0; i < side; i++) {
            int dx = Math.abs((i - half) * STEPS - (sx - 1));
            boolean inside = (j - half) * (j - half) + (i - half) * (i - half) <= reach2;
            table[j * side + i] = inside ? (float) fine[dy][dx] : 0;
          }
        }
      }
    }
    return new SincWeights(half, tables);
  }

  /** w at (x, y) = (j, i) / 32 for 0 <= i, j <= last, by Gauss-Legendre over the quadrant. */
  private static double[][] fineGrid(double radius, int last) {
    GaussIntegrator rule = new GaussIntegratorFactory().legendre(NODES, 0, Math.PI);
    double[][] cosines = new double[last + 1][NODES];
    double[][] transposed = new double[NODES][last + 1];
    for (int p = 0; p <= last; p++) {
      for (int n = 0; n < NODES; n++) {
        cosines[p][n] = Math.cos(rule.getPoint(n) * p / STEPS) * rule.getWeight(n) / Math.PI;
        transposed[n][p] = cosines[p][n];
      }
    }
    double[][] kernel = new double[NODES][NODES];
    for (int m = 0; m < NODES; m++) {
      for (int n = 0; n <= m; n++) {
        double k = Math.hypot(rule.getPoint(m), rule.getPoint(n));
        kernel[m][n] = 2 * Math.PI * radius * BesselJ.value(1, k * radius) / k;
        kernel[n][m] = kernel[m][n];
      }
    }
    return product(product(cosines, kernel), transposed);
  }

  /** The matrix product, by rows that the compiler vectorises. */
  private static double[][] product(double[][] a, double[][] b) {
    double[][] out = new double[a.length][b[0].length];
    for (int p = 0; p < a.length; p++) {
      double[] row = out[p];
      for (int n = 0; n < b.length; n++) {
        axpy(a[p][n], b[n], row);
      }
    }
    return out;
  }

  private static void axpy(double factor, double[] term, double[] sum) {
    for (int q = 0; q < sum.length; q++) {
      sum[q] += factor * term[q];
    }
  }

  ImageD weights(double x, double y) {
    int cx = (int) Math.rint(x);
    int cy = (int) Math.rint(y);
    double fx = x - cx;
    double fy = y - cy;
    double tx = Math.abs(fx) * STEPS;
    double ty = Math.abs(fy) * STEPS;
    int sx = Math.min((int) tx, SHIFTS - 4);
    int sy = Math.min((int) ty, SHIFTS - 4);
    double[] ax = cubic(tx - sx);
    double[] ay = cubic(ty - sy);
    int side = 2 * half + 1;
    double[] sum = new double[side * side];
    for (int b = 0; b < 4; b++) {
      for (int a = 0; a < 4; a++) {
        addTo(sum, tables[(sy + b) * SHIFTS + sx + a], ay[b] * ax[a]);
      }
    }
    Box box = Box.around(cx, cy, half);
    return ImageD.wrap(box, fx < 0 || fy < 0 ? flipped(sum, side, fx < 0, fy < 0) : sum);
  }

  private static void addTo(double[] sum, float[] table, double factor) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += factor * table[i];
    }
  }

  /** Lagrange weights of the points -1, 0, 1, 2 at t. */
  private static double[] cubic(double t) {
    return new double[] {
      -t * (t - 1) * (t - 2) / 6,
      (t + 1) * (t - 1) * (t - 2) / 2,
      -(t + 1) * t * (t - 2) / 2,
      (t + 1) * t * (t - 1) / 6
    };
  }

  private static double[] flipped(double[] in, int side, boolean inX, boolean inY) {
    double[] out = new double[in.length];
    for (int j = 0; j < side; j++) {
      int from = (inY ? side - 1 - j : j) * side;
      for (int i = 0; i < side; i++) {
        out[j * side + i] = in[from + (inX ? side - 1 - i : i)];
      }
    }
    return out;
  }
}
