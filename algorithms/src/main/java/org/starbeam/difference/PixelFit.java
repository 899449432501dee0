package org.starbeam.difference;

import org.hipparchus.exception.MathRuntimeException;
import org.hipparchus.linear.Array2DRowRealMatrix;
import org.hipparchus.linear.ArrayRealVector;
import org.hipparchus.linear.DiagonalMatrix;
import org.hipparchus.linear.RealMatrix;
import org.hipparchus.linear.RealVector;
import org.hipparchus.optim.nonlinear.vector.leastsquares.LeastSquaresBuilder;
import org.hipparchus.optim.nonlinear.vector.leastsquares.LeastSquaresOptimizer.Optimum;
import org.hipparchus.optim.nonlinear.vector.leastsquares.LevenbergMarquardtOptimizer;
import org.hipparchus.util.Pair;
import org.jspecify.annotations.Nullable;

/** Least squares of a model with few parameters on some hundred pixels (Levenberg-Marquardt). */
final class PixelFit {
  /** Values and derivatives of a model at all of its pixels. */
  interface Model {
    /**
     * @param p parameters
     * @param values filled
     * @param jacobian filled, [pixel][parameter]
     */
    void evaluate(double[] p, double[] values, double[][] jacobian);
  }

  /**
   * Where the fit ended.
   *
   * @param parameters best ones
   * @param covariance of the parameters
   * @param chi2 weighted sum of squares
   */
  record Result(double[] parameters, double[][] covariance, double chi2) {
    double error(int i) {
      return Math.sqrt(covariance[i][i]);
    }
  }

  private static final int MAX_ITERATIONS = 30;
  private static final double TOLERANCE = 1e-7;
  private static final double SINGULAR = 1e-14;

  private PixelFit() {}

  /**
   * Fits.
   *
   * @param weight inverse variances
   * @return null when there is no minimum or its covariance is singular
   */
  static @Nullable Result fit(Model model, double[] data, double[] weight, double[] start) {
    try {
      Optimum optimum =
          new LevenbergMarquardtOptimizer()
              .withCostRelativeTolerance(TOLERANCE)
              .withParameterRelativeTolerance(TOLERANCE)
              .optimize(
                  new LeastSquaresBuilder()
                      .start(start)
                      .target(data)
                      .weight(new DiagonalMatrix(weight))
                      .model(p -> evaluate(model, p, data.length))
                      .maxEvaluations(4 * MAX_ITERATIONS)
                      .maxIterations(MAX_ITERATIONS)
                      .build());
      double[][] covariance = optimum.getCovariances(SINGULAR).getData();
      Result result =
          new Result(
              optimum.getPoint().toArray(), covariance, optimum.getCost() * optimum.getCost());
      return isFinite(result) ? result : null;
    } catch (MathRuntimeException e) {
      return null;
    }
  }

  private static Pair<RealVector, RealMatrix> evaluate(Model model, RealVector p, int pixels) {
    double[] values = new double[pixels];
    double[][] jacobian = new double[pixels][p.getDimension()];
    model.evaluate(p.toArray(), values, jacobian);
    return new Pair<>(
        new ArrayRealVector(values, false), new Array2DRowRealMatrix(jacobian, false));
  }

  private static boolean isFinite(Result r) {
    double sum = r.chi2;
    for (int i = 0; i < r.parameters.length; i++) {
      sum += r.parameters[i] + r.error(i);
    }
    return Double.isFinite(sum);
  }
}
