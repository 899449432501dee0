package org.starbeam.calibration;

import java.io.Serializable;
import java.util.Comparator;
import java.util.List;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.hipparchus.optim.InitialGuess;
import org.hipparchus.optim.MaxEval;
import org.hipparchus.optim.PointValuePair;
import org.hipparchus.optim.nonlinear.scalar.GoalType;
import org.hipparchus.optim.nonlinear.scalar.ObjectiveFunction;
import org.hipparchus.optim.nonlinear.scalar.noderiv.NelderMeadSimplex;
import org.hipparchus.optim.nonlinear.scalar.noderiv.SimplexOptimizer;

/**
 * Fits what a serial register defers to the overscan tails of flats of several levels (specs/01
 * section 5.9). The charge in overscan column k = 1, 2, ... behind a last data column of S
 * electrons that has made n transfers is
 *
 * <pre>
 * e_k = A S exp(-k / tau_L) + T(S) (1 - r) r^(k-1) + [k = 1] b n S
 * T(S) = size (1 - exp(-S / fill)),   r = exp(-1 / tau)
 * </pre>
 *
 * <p>Amplitudes A, size and b are linear and solved for at each trial of the lengths tau_L, tau and
 * of fill, which a simplex search varies. The local offset A is kept where chi^2 falls by more than
 * {@code offsetGain}; an amplitude below zero is left out. Traps fill by one law and empty with one
 * length; that of Snyder et al. 2021 is tabulated.
 */
public final class DeferredChargeFitter {
  /**
   * @param fewestLevels that a fit needs, 5
   * @param largestSignal of the levels in the fit, electrons, 150000
   * @param saturationShare share of the saturation up to which levels are used, 0.8
   * @param offsetGain fall of chi^2 from which a local offset is believed, 25
   */
  public record Config(
      int fewestLevels, double largestSignal, double saturationShare, double offsetGain)
      implements Serializable {
    public static Config defaults() {
      return new Config(5, 150_000, 0.8, 25);
    }
  }

  private static final double PENALTY = 1e30;
  private static final int EVALUATIONS = 3000;
  private static final double PRECISION = 1e-8;
  private static final double STEP = 0.4;

  private final Config config;

  public DeferredChargeFitter(Config config) {
    this.config = config;
  }

  /**
   * Fits one amplifier.
   *
   * @param name of the amplifier
   * @param tails of its flats, in any order
   * @param saturation of the amplifier, electrons
   */
  public DeferredCharge.Amplifier fit(String name, List<OverscanTail> tails, double saturation) {
    double top = Math.min(config.largestSignal, config.saturationShare * saturation);
    List<OverscanTail> used =
        tails.stream()
            .filter(t -> t.signal() > 0 && t.signal() < top && t.error() > 0)
            .sorted(Comparator.comparingDouble(OverscanTail::signal))
            .toList();
    if (used.size() < config.fewestLevels) {
      return DeferredCharge.Amplifier.none(name);
    }
    Solution traps = search(used, new double[] {Math.log(2), Math.log(1000)});
    Solution both =
        search(used, new double[] {traps.shape[0], traps.shape[1], Math.log(traps.decay() / 2)});
    Solution best = traps.chi2 - both.chi2 > config.offsetGain && both.x[2] > 0 ? both : traps;
    int degrees = used.size() * OverscanTail.COLUMNS - best.x.length - best.shape.length;
    return new DeferredCharge.Amplifier(
        name,
        best.x[0],
        best.ctiError,
        best.x[2],
        best.shape.length > 2 ? Math.exp(best.shape[2]) : 1,
        best.x[1],
        best.x[1] > 0 ? Math.exp(best.shape[1]) : 1,
        best.x[1] > 0 ? Math.exp(best.shape[0]) : 1,
        used.size(),
        best.chi2,
        degrees);
  }

  /** Amplitudes b, size and A that fit best with the lengths. */
  private record Solution(double[] shape, double[] x, double ctiError, double chi2) {
    double decay() {
      return Math.exp(shape[0]);
    }
  }

  private static Solution search(List<OverscanTail> tails, double[] start) {
    PointValuePair found =
        new SimplexOptimizer(PRECISION, PRECISION)
            .optimize(
                new MaxEval(EVALUATIONS),
                new ObjectiveFunction(p -> isSane(p) ? solve(tails, p).chi2 : PENALTY),
                GoalType.MINIMIZE,
                new InitialGuess(start),
                new NelderMeadSimplex(start.length, STEP));
    return solve(tails, found.getPoint());
  }

  /** Lengths between 0.2 and 8 pixels, traps that fill between 10 and 200000 electrons. */
  private static boolean isSane(double[] p) {
    boolean lengths = p[0] > Math.log(0.2) && p[0] < Math.log(8);
    boolean local = p.length < 3 || (p[2] > Math.log(0.2) && p[2] < Math.log(8));
    return lengths && local && p[1] > Math.log(10) && p[1] < Math.log(2e5);
  }

  /** Solves for the amplitudes; the most negative one is left out until none is. */
  private static Solution solve(List<OverscanTail> tails, double[] shape) {
    boolean[] used = {true, true, shape.length > 2};
    while (true) {
      Solution s = solve(tails, shape, used);
      int worst = -1;
      for (int i = 0; i < used.length; i++) {
        if (used[i] && s.x[i] < 0 && (worst < 0 || s.x[i] < s.x[worst])) {
          worst = i;
        }
      }
      if (worst < 0) {
        return s;
      }
      used[worst] = false;
    }
  }

  private static Solution solve(List<OverscanTail> tails, double[] shape, boolean[] used) {
    DMatrixRMaj normal = new DMatrixRMaj(3, 3);
    DMatrixRMaj right = new DMatrixRMaj(3, 1);
    double[] row = new double[3];
    double squares = 0;
    for (OverscanTail tail : tails) {
      double w = 1 / (tail.error() * tail.error());
      for (int k = 0; k < OverscanTail.COLUMNS; k++) {
        fill(row, tail, k, shape, used);
        double e = tail.charge()[k];
        squares += w * e * e;
        for (int i = 0; i < 3; i++) {
          right.add(i, 0, w * row[i] * e);
          for (int j = 0; j < 3; j++) {
            normal.add(i, j, w * row[i] * row[j]);
          }
        }
      }
    }
    for (int i = 0; i < 3; i++) {
      if (!used[i] || normal.get(i, i) == 0) {
        normal.set(i, i, 1);
        right.set(i, 0, 0);
      }
    }
    DMatrixRMaj inverse = new DMatrixRMaj(3, 3);
    if (!CommonOps_DDRM.invert(normal, inverse)) {
      return new Solution(shape.clone(), new double[3], Double.NaN, PENALTY);
    }
    DMatrixRMaj x = new DMatrixRMaj(3, 1);
    CommonOps_DDRM.mult(inverse, right, x);
    double explained = 0;
    for (int i = 0; i < 3; i++) {
      explained += x.get(i, 0) * right.get(i, 0);
    }
    return new Solution(
        shape.clone(), x.data.clone(), Math.sqrt(inverse.get(0, 0)), squares - explained);
  }

  /** Charge of overscan column k, from 0, per unit of b, size and A. */
  private static void fill(double[] row, OverscanTail tail, int k, double[] shape, boolean[] used) {
    double s = tail.signal();
    double r = Math.exp(-1 / Math.exp(shape[0]));
    double full = -Math.expm1(-s / Math.exp(shape[1]));
    row[0] = used[0] && k == 0 ? tail.transfers() * s : 0;
    row[1] = used[1] ? full * (1 - r) * Math.pow(r, k) : 0;
    row[2] = used[2] ? s * Math.exp(-(k + 1) / Math.exp(shape[2])) : 0;
  }
}
