package org.starbeam.difference;

import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;
import org.starbeam.failure.AlgorithmException;

/**
 * A symmetric positive system solved after scaling to unit diagonal, by eigenvalues; those below
 * {@code 1e-7} of the largest are dropped. Unknowns with an empty diagonal get 0.
 */
final class NormalEquations {
  private static final double SMALLEST_EIGENVALUE = 1e-7;

  private NormalEquations() {}

  /**
   * @param values the unknowns
   * @param condition ratio of the largest to the smallest eigenvalue of the scaled matrix
   * @param dropped number of eigenvalues that were left out
   */
  record Solution(double[] values, double condition, int dropped) {}

  /** Solves {@code matrix * x = right}; the matrix is stored row by row. */
  static Solution solve(double[] matrix, double[] right) {
    return new Factored(matrix, SMALLEST_EIGENVALUE).solve(right);
  }

  /** A matrix taken apart, for many right sides. */
  static final class Factored {
    private final int n;
    private final double[] scale;
    private final double[] eigenvalues;
    private final double[][] eigenvectors;
    private final double largest;
    private final double smallest;
    private final double least;

    /**
     * @param least share of the largest eigenvalue below which one is dropped
     */
    Factored(double[] matrix, double least) {
      this.n = (int) Math.round(Math.sqrt(matrix.length));
      this.least = least;
      scale = new double[n];
      DMatrixRMaj scaled = new DMatrixRMaj(n, n);
      for (int i = 0; i < n; i++) {
        double d = matrix[i * n + i];
        scale[i] = d > 0 ? 1 / Math.sqrt(d) : 0;
      }
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          scaled.data[i * n + j] = matrix[i * n + j] * scale[i] * scale[j];
        }
      }
      EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(n, true, true);
      if (!eigen.decompose(scaled)) {
        throw new AlgorithmException("KERNEL_UNSOLVABLE", "eigenvalues do not converge");
      }
      eigenvalues = new double[n];
      eigenvectors = new double[n][];
      double high = 0;
      double low = Double.POSITIVE_INFINITY;
      for (int k = 0; k < n; k++) {
        eigenvalues[k] = eigen.getEigenvalue(k).getReal();
        eigenvectors[k] = eigen.getEigenVector(k).data;
        high = Math.max(high, eigenvalues[k]);
        low = Math.min(low, eigenvalues[k]);
      }
      largest = high;
      smallest = low;
    }

    Solution solve(double[] right) {
      double[] out = new double[n];
      int dropped = 0;
      for (int k = 0; k < n; k++) {
        if (eigenvalues[k] < least * largest) {
          dropped++;
          continue;
        }
        double projection = 0;
        for (int i = 0; i < n; i++) {
          projection += eigenvectors[k][i] * right[i] * scale[i];
        }
        for (int i = 0; i < n; i++) {
          out[i] += projection / eigenvalues[k] * eigenvectors[k][i] * scale[i];
        }
      }
      double condition = smallest > 0 ? largest / smallest : Double.POSITIVE_INFINITY;
      return new Solution(out, condition, dropped);
    }
  }
}
