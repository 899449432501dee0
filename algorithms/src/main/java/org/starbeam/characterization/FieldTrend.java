package org.starbeam.characterization;

import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.LinearSolverFactory_DDRM;
import org.starbeam.image.ClippedStatistics;

/**
 * A number of the detectors of a visit as a plane over the field, by Tukey's biweight about the
 * median; with fewer than {@value #MIN_FOR_PLANE} detectors, or where they lie on a line, the
 * median. Values that are not finite do not count.
 */
final class FieldTrend {
  private static final int MIN_FOR_PLANE = 6;
  private static final int ROUNDS = 10;
  private static final double CUT = 4.685;

  /** The least scatter, in units of the values' median size, so that equal values have weight. */
  private static final double TINY = 1e-9;

  private final double[] plane = new double[3];
  private final double scatter;
  private final int n;

  /**
   * @param u place in the field, of order 1
   * @param v the other coordinate
   */
  FieldTrend(double[] u, double[] v, double[] value) {
    int[] rows =
        java.util.stream.IntStream.range(0, value.length)
            .filter(i -> Double.isFinite(value[i]))
            .toArray();
    n = rows.length;
    plane[0] = ClippedStatistics.median(Arrays.stream(rows).mapToDouble(i -> value[i]).toArray());
    double spread = spread(u, v, value, rows);
    for (int round = 0; n >= MIN_FOR_PLANE && round < ROUNDS; round++) {
      if (!step(u, v, value, rows, spread)) {
        break;
      }
      spread = spread(u, v, value, rows);
    }
    scatter = spread;
  }

  private double spread(double[] u, double[] v, double[] value, int[] rows) {
    double[] away =
        Arrays.stream(rows).mapToDouble(i -> Math.abs(value[i] - at(u[i], v[i]))).toArray();
    return Math.max(
        ClippedStatistics.MAD_TO_SIGMA * ClippedStatistics.median(away),
        TINY * (1 + Math.abs(plane[0])));
  }

  /** One weighted least squares; false when the places do not determine a plane. */
  private boolean step(double[] u, double[] v, double[] value, int[] rows, double spread) {
    DMatrixRMaj matrix = new DMatrixRMaj(3, 3);
    DMatrixRMaj right = new DMatrixRMaj(3, 1);
    for (int i : rows) {
      double t = (value[i] - at(u[i], v[i])) / (CUT * spread);
      double weight = Math.abs(t) < 1 ? (1 - t * t) * (1 - t * t) : 0;
      double[] basis = {1, u[i], v[i]};
      for (int a = 0; a < 3; a++) {
        for (int b = 0; b < 3; b++) {
          matrix.add(a, b, weight * basis[a] * basis[b]);
        }
        right.add(a, 0, weight * basis[a] * value[i]);
      }
    }
    var solver = LinearSolverFactory_DDRM.symmPosDef(3);
    DMatrixRMaj solution = new DMatrixRMaj(3, 1);
    if (!solver.setA(matrix) || solver.quality() < 1e-8) {
      return false;
    }
    solver.solve(right, solution);
    System.arraycopy(solution.getData(), 0, plane, 0, 3);
    return true;
  }

  double at(double u, double v) {
    return plane[0] + plane[1] * u + plane[2] * v;
  }

  /** Robust deviation of the values from the trend. */
  double scatter() {
    return scatter;
  }

  /** Number of finite values. */
  int size() {
    return n;
  }
}
