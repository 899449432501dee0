package org.starbeam.calibration;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.LinearSolverFactory_DDRM;
import org.ejml.interfaces.linsol.LinearSolverDense;

/**
 * Fits the non-linearity of an amplifier to flats of known light (specs/01 section 5.6, one group
 * of illumination, light from the photodiode or the exposure time):
 *
 * <pre>m + c_2 m^2 + ... + c_K m^K = r light</pre>
 *
 * <p>with m the mean [ADU] and r the response. The errors of the light are relative, so the
 * residual is {@code (left - r light) / m}, with the light's own error and that of the level as
 * weight. While a residual is beyond {@code rejectSigma} errors, the level without which the others
 * fit best is left out. The coefficients are those of {@link org.starbeam.isr.Linearizer}.
 */
public final class LinearityFitter {
  /**
   * @param order K; 2: with a dozen levels a third power follows the errors of the photodiode, and
   *     0.2 percent of the gain is lost (simcam ci)
   * @param lightError relative error of the light of a flat, 3e-4
   * @param levelError error of the level of a flat, ADU, 0.3
   * @param minPixels good pixels that a pair of flats needs, 10000
   * @param minLevels levels that a fit needs, 5
   * @param rejectSigma errors from which a level is left out, 5
   */
  public record Config(
      int order,
      double lightError,
      double levelError,
      int minPixels,
      int minLevels,
      double rejectSigma)
      implements Serializable {
    public Config {
      if (order < 2) {
        throw new IllegalArgumentException("order " + order + ", must be 2 or more");
      }
    }

    public static Config defaults() {
      return new Config(2, 3e-4, 0.3, 10_000, 5, 5);
    }
  }

  /**
   * Mean of an amplifier under a known light.
   *
   * @param mean ADU
   * @param light in any unit
   * @param exposures behind both
   */
  public record Level(double mean, double light, int exposures) {}

  /**
   * The answer.
   *
   * @param coefficients c_2 ... c_K; empty where too few levels are left
   * @param response ADU per unit of light
   * @param maxSignal largest level in the fit, ADU
   * @param residual rms of the relative residuals
   * @param levels number of levels in the fit
   */
  public record Fit(
      double[] coefficients, double response, double maxSignal, double residual, int levels) {
    static Fit none() {
      return new Fit(new double[0], Double.NaN, Double.NaN, Double.NaN, 0);
    }
  }

  private static final double UNIT = 1e4;

  private final Config config;

  public LinearityFitter(Config config) {
    this.config = config;
  }

  /** Fits the levels of one amplifier, which are below its saturation. */
  public Fit fit(List<Level> levels) {
    List<Level> left = new ArrayList<>(levels);
    left.removeIf(l -> !(l.mean > 0) || !(l.light > 0));
    while (left.size() >= Math.max(config.minLevels, config.order + 1)) {
      double[] x = solve(left);
      double limit = config.rejectSigma;
      if (left.stream().allMatch(l -> Math.abs(residual(l, x)) <= limit * error(l))) {
        return fit(left, x);
      }
      left.remove(odd(left));
    }
    return Fit.none();
  }

  /** Relative error of a level. */
  private double error(Level level) {
    return Math.hypot(config.lightError, config.levelError / level.mean)
        / Math.sqrt(level.exposures);
  }

  /** Unknowns r, c_2 ... c_K, the mean in units of 10^4 ADU. */
  private double[] solve(List<Level> levels) {
    int n = config.order;
    DMatrixRMaj a = new DMatrixRMaj(levels.size(), n);
    DMatrixRMaj b = new DMatrixRMaj(levels.size(), 1);
    for (int i = 0; i < levels.size(); i++) {
      Level level = levels.get(i);
      double w = 1 / error(level);
      double m = level.mean / UNIT;
      a.set(i, 0, w * level.light / m);
      double power = 1;
      for (int k = 1; k < n; k++) {
        power *= m;
        a.set(i, k, -w * power);
      }
      b.set(i, 0, w);
    }
    LinearSolverDense<DMatrixRMaj> solver = LinearSolverFactory_DDRM.leastSquares(levels.size(), n);
    DMatrixRMaj x = new DMatrixRMaj(n, 1);
    solver.setA(a);
    solver.solve(b, x);
    return x.data.clone();
  }

  private double residual(Level level, double[] x) {
    double m = level.mean / UNIT;
    double sum = 1 - x[0] * level.light / m;
    double power = 1;
    for (int k = 1; k < config.order; k++) {
      power *= m;
      sum += x[k] * power;
    }
    return sum;
  }

  /** Index of the level without which chi^2 of the others is least. */
  private int odd(List<Level> levels) {
    int odd = 0;
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < levels.size(); i++) {
      List<Level> others = new ArrayList<>(levels);
      others.remove(i);
      double[] x = solve(others);
      double chi2 = 0;
      for (Level level : others) {
        double pull = residual(level, x) / error(level);
        chi2 += pull * pull;
      }
      if (chi2 < least) {
        least = chi2;
        odd = i;
      }
    }
    return odd;
  }

  private Fit fit(List<Level> levels, double[] x) {
    double[] c = new double[config.order - 1];
    for (int k = 0; k < c.length; k++) {
      c[k] = x[k + 1] / Math.pow(UNIT, k + 1);
    }
    double squares = 0;
    double top = 0;
    for (Level level : levels) {
      squares += residual(level, x) * residual(level, x);
      top = Math.max(top, level.mean);
    }
    return new Fit(c, x[0] * UNIT, top, Math.sqrt(squares / levels.size()), levels.size());
  }
}
