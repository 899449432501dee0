package org.starbeam.modelfit;

import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.LinearSolverFactory_DDRM;
import org.ejml.interfaces.linsol.LinearSolverDense;

/** Normal equations: symmetric matrices of which some rows and columns take part. */
final class Normal {
  /** Of the diagonal, added to it: columns that are the same have a solution too. */
  private static final double RIDGE = 1e-12;

  private Normal() {}

  /** Solves A x = b for the chosen unknowns, the others being 0; all 0 when it cannot be solved. */
  static double[] solve(double[][] a, double[] b, boolean[] chosen) {
    int[] index = index(chosen);
    double[] x = new double[b.length];
    if (index.length == 0) {
      return x;
    }
    DMatrixRMaj right = new DMatrixRMaj(index.length, 1);
    for (int i = 0; i < index.length; i++) {
      right.data[i] = b[index[i]];
    }
    DMatrixRMaj solution = new DMatrixRMaj(index.length, 1);
    LinearSolverDense<DMatrixRMaj> solver = LinearSolverFactory_DDRM.symmPosDef(index.length);
    if (solver.setA(part(a, index))) {
      solver.solve(right, solution);
      for (int i = 0; i < index.length; i++) {
        x[index[i]] = solution.data[i];
      }
    }
    return x;
  }

  /** The inverse over the chosen unknowns, 0 elsewhere; null when there is none. */
  static double @org.jspecify.annotations.Nullable [][] inverse(double[][] a, boolean[] chosen) {
    int[] index = index(chosen);
    double[][] out = new double[a.length][a.length];
    if (index.length == 0) {
      return out;
    }
    LinearSolverDense<DMatrixRMaj> solver = LinearSolverFactory_DDRM.symmPosDef(index.length);
    if (!solver.setA(part(a, index))) {
      return null;
    }
    DMatrixRMaj inverse = new DMatrixRMaj(index.length, index.length);
    solver.invert(inverse);
    for (int i = 0; i < index.length; i++) {
      for (int j = 0; j < index.length; j++) {
        out[index[i]][index[j]] = inverse.get(i, j);
      }
    }
    return out;
  }

  /** C = A B A of symmetric matrices. */
  static double[][] sandwich(double[][] a, double[][] b) {
    return product(product(a, b), a);
  }

  static double[][] product(double[][] a, double[][] b) {
    int n = a.length;
    int m = b[0].length;
    double[][] out = new double[n][m];
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < b.length; k++) {
        double v = a[i][k];
        if (v != 0) {
          for (int j = 0; j < m; j++) {
            out[i][j] += v * b[k][j];
          }
        }
      }
    }
    return out;
  }

  static boolean[] all(int n) {
    boolean[] out = new boolean[n];
    Arrays.fill(out, true);
    return out;
  }

  private static int[] index(boolean[] chosen) {
    int n = 0;
    for (boolean c : chosen) {
      n += c ? 1 : 0;
    }
    int[] out = new int[n];
    int at = 0;
    for (int i = 0; i < chosen.length; i++) {
      if (chosen[i]) {
        out[at++] = i;
      }
    }
    return out;
  }

  private static DMatrixRMaj part(double[][] a, int[] index) {
    DMatrixRMaj out = new DMatrixRMaj(index.length, index.length);
    for (int i = 0; i < index.length; i++) {
      for (int j = 0; j < index.length; j++) {
        out.set(i, j, a[index[i]][index[j]]);
      }
      out.set(i, i, a[index[i]][index[i]] * (1 + RIDGE));
    }
    return out;
  }
}
