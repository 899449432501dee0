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
    int n = right.length;
    double[] scale = new double[n];
    for (int i = 0; i < n; i++) {
      double d = matrix[i * n + i];
      scale[i] = d > 0 ? 1 / Math.sqrt(d) : 0;
    }
    DMatrixRMaj scaled = new DMatrixRMaj(n, n);
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        scaled.data[i * n + j] = matrix[i * n + j] * scale[i] * scale[j];
      }
    }
    EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(n, true, true);
    if (!eigen.decompose(scaled)) {
      throw new AlgorithmException("KERNEL_UNSOLVABLE", "eigenvalues do not converge");
    }
    return combine(eigen, scale, right);
  }

  private static Solution combine(
      EigenDecomposition_F64<DMatrixRMaj> eigen, double[] scale, double[] right) {
    int n = right.length;
    double largest = 0;
    double smallest = Double.POSITIVE_INFINITY;
    for (int k = 0; k < n; k++) {
      double value = eigen.getEigenvalue(k).getReal();
      largest = Math.max(largest, value);
      smallest = Math.min(smallest, value);
    }
    double[] out = new double[n];
    int dropped = 0;
    for (int k = 0; k < n; k++) {
      double value = eigen.getEigenvalue(k).getReal();
      if (value < SMALLEST_EIGENVALUE * largest) {
        dropped++;
        continue;
      }
      double[] vector = eigen.getEigenVector(k).data;
      double projection = 0;
      for (int i = 0; i < n; i++) {
        projection += vector[i] * right[i] * scale[i];
      }
      for (int i = 0; i < n; i++) {
        out[i] += projection / value * vector[i] * scale[i];
      }
    }
    double condition = smallest > 0 ? largest / smallest : Double.POSITIVE_INFINITY;
    return new Solution(out, condition, dropped);
  }
}
