package org.starbeam.calibration;

/**
 * Weighted least squares of groups that share one unknown: {@code value = own_k . x + shared z} for
 * the points of group k, with one or two unknowns of its own. These are eliminated first, so the
 * cost is linear in the groups. Regressors may differ by many orders of magnitude.
 */
final class SharedSlope {
  private final int size;
  private final double[][][] normal;
  private final double[][] cross;
  private final double[][] right;
  private final double[][] solution;
  private final double[] firstVariance;
  private double sharedNormal;
  private double sharedRight;
  private double shared;
  private double sharedVariance;

  /**
   * @param groups number of groups; those without points keep the solution 0
   * @param size unknowns of each group, 1 or 2
   */
  SharedSlope(int groups, int size) {
    this.size = size;
    normal = new double[groups][size][size];
    cross = new double[groups][size];
    right = new double[groups][size];
    solution = new double[groups][size];
    firstVariance = new double[groups];
  }

  /**
   * Adds a point.
   *
   * @param own regressors of the group's unknowns
   * @param z regressor of the shared unknown
   * @param weight one over the variance of the value
   */
  void add(int group, double[] own, double z, double value, double weight) {
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        normal[group][i][j] += weight * own[i] * own[j];
      }
      cross[group][i] += weight * own[i] * z;
      right[group][i] += weight * own[i] * value;
    }
    sharedNormal += weight * z * z;
    sharedRight += weight * z * value;
  }

  void solve() {
    double s = sharedNormal;
    double r = sharedRight;
    for (int k = 0; k < normal.length; k++) {
      double[] reduced = solveOwn(k, cross[k]);
      for (int i = 0; i < size; i++) {
        s -= reduced[i] * cross[k][i];
        r -= reduced[i] * right[k][i];
      }
    }
    shared = r / s;
    sharedVariance = 1 / s;
    for (int k = 0; k < normal.length; k++) {
      double[] plain = solveOwn(k, right[k]);
      double[] reduced = solveOwn(k, cross[k]);
      double[] unit = new double[size];
      unit[0] = 1;
      firstVariance[k] = solveOwn(k, unit)[0] + reduced[0] * reduced[0] * sharedVariance;
      for (int i = 0; i < size; i++) {
        solution[k][i] = plain[i] - reduced[i] * shared;
      }
    }
  }

  /** The group's own system for a right side; zeros for a group without points. */
  private double[] solveOwn(int k, double[] side) {
    double[][] m = normal[k];
    if (m[0][0] == 0) {
      return new double[size];
    }
    if (size == 1) {
      return new double[] {side[0] / m[0][0]};
    }
    double det = m[0][0] * m[1][1] - m[0][1] * m[1][0];
    return new double[] {
      (m[1][1] * side[0] - m[0][1] * side[1]) / det, (m[0][0] * side[1] - m[1][0] * side[0]) / det
    };
  }

  double shared() {
    return shared;
  }

  double sharedError() {
    return Math.sqrt(sharedVariance);
  }

  /** Unknowns of a group. */
  double[] own(int group) {
    return solution[group];
  }

  /** Standard deviation of the first unknown of a group. */
  double firstError(int group) {
    return Math.sqrt(firstVariance[group]);
  }
}
