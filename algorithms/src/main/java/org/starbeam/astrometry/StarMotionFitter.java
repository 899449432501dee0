package org.starbeam.astrometry;

import java.io.Serializable;
import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.AlgorithmException;

/**
 * Fits position, proper motion and parallax of one star to the places where it was seen (specs/06
 * sections 4.3, 4.4 and 6).
 *
 * <p>With tau the years since the reference epoch and P the parallax factors, a place in the
 * tangent plane of the star is
 *
 * <pre>
 * east  = da + mu_a tau + plx P_a
 * north = dd + mu_d tau + plx P_d
 * </pre>
 *
 * and the sum of r^T C^-1 r over the detections is minimised: linear least squares, with a Gaussian
 * constraint on all five parameters if one is given. Five parameters are fitted when there is a
 * constraint, or with enough visits over enough time and a well conditioned information matrix in
 * units of mas, mas/yr and mas; else the position alone. The worst detection is left out as long as
 * its deviation is more than the clipping limit of its expectation (specs/06 section 5.4) and the
 * allowed part of all is not used up.
 *
 * <p>Detections are summed in the order given. Cost O(detections) per round.
 */
public final class StarMotionFitter {
  /** Parameters in the order (da, dd, mu_a, mu_d, plx). */
  public static final int PARAMETERS = 5;

  private static final int POSITION = 2;

  /**
   * @param minVisits detections that motions need
   * @param minYears time that they must span
   * @param maxCondition largest condition number of the information matrix
   * @param clipSigma deviation beyond which a detection is left out
   * @param maxClippedPart part of the detections that may be left out
   */
  public record Config(
      int minVisits, double minYears, double maxCondition, double clipSigma, double maxClippedPart)
      implements Serializable {
    public Config {
      if (minVisits < 3 || !(minYears >= 0 && maxCondition > 1 && clipSigma > 0)) {
        throw new IllegalArgumentException(
            "motions need minVisits of 3 or more, minYears of 0 or more, maxCondition above 1 and"
                + " a positive clipSigma");
      }
      if (!(maxClippedPart >= 0 && maxClippedPart < 1)) {
        throw new IllegalArgumentException("maxClippedPart must be from 0 to below 1");
      }
    }

    public static Config defaults() {
      return new Config(6, 1.0, 1e8, 5, 0.1);
    }
  }

  /**
   * Where a star was seen, in parallel arrays (not copied). Places are relative to the origin of
   * the tangent plane, mas; covariances mas^2.
   *
   * @param years since the reference epoch
   * @param factorEast displacement to the east per unit of parallax
   * @param factorNorth and to the north
   */
  public record Detections(
      double[] years,
      double[] factorEast,
      double[] factorNorth,
      double[] eastMas,
      double[] northMas,
      double[] varianceEast,
      double[] varianceNorth,
      double[] covariance) {
    public int size() {
      return years.length;
    }
  }

  /**
   * What is known of the star beforehand.
   *
   * @param mean of the five parameters
   * @param covariance 5 x 5
   */
  public record Constraint(double[] mean, double[][] covariance) {}

  /**
   * The fitted star.
   *
   * @param motion whether motions and parallax were fitted
   * @param parameters five; those that were not fitted are 0
   * @param covariance of the fitted parameters, 2 x 2 or 5 x 5
   * @param used which detections count
   * @param chi2 of the detections that count and of the constraint
   * @param dof its degrees of freedom
   * @param consistent whether no detection that counts is beyond the clipping limit
   */
  public record Solution(
      boolean motion,
      double[] parameters,
      double[][] covariance,
      boolean[] used,
      double chi2,
      int dof,
      boolean consistent) {
    /** Time that the detections that count span, years. */
    public double span(Detections seen) {
      return StarMotionFitter.span(seen, used);
    }

    /** Number of detections that count. */
    public int nUsed() {
      int n = 0;
      for (boolean u : used) {
        n += u ? 1 : 0;
      }
      return n;
    }

    /** How far a detection is from the star to the east and to the north, mas. */
    double[] residual(Detections seen, int i) {
      double[] p = parameters;
      return new double[] {
        seen.eastMas[i] - p[0] - p[2] * seen.years[i] - p[4] * seen.factorEast[i],
        seen.northMas[i] - p[1] - p[3] * seen.years[i] - p[4] * seen.factorNorth[i]
      };
    }

    /** Error of a parameter; NaN when it was not fitted. */
    public double error(int parameter) {
      return covariance(parameter, parameter) >= 0
          ? Math.sqrt(covariance(parameter, parameter))
          : Double.NaN;
    }

    /** Covariance of two parameters; NaN when one of them was not fitted. */
    public double covariance(int a, int b) {
      return Math.max(a, b) < covariance.length ? covariance[a][b] : Double.NaN;
    }
  }

  private final Config config;

  public StarMotionFitter(Config config) {
    this.config = config;
  }

  /**
   * Fits a star.
   *
   * @throws AlgorithmException NO_STAR_PLACE when no detection has a finite place with a positive
   *     definite covariance
   */
  public Solution fit(Detections seen, @Nullable Constraint constraint) {
    boolean[] used = usable(seen);
    int allowed = (int) Math.floor(config.maxClippedPart * count(used));
    Fit fit = best(seen, used, constraint);
    for (int clipped = 0; clipped < allowed; clipped++) {
      int worst = fit.worst();
      if (worst < 0) {
        break;
      }
      used[worst] = false;
      fit = best(seen, used, constraint);
    }
    return fit.solution();
  }

  /** The position alone, whatever the time that the detections span. */
  public Solution position(Detections seen) {
    return new Fit(seen, usable(seen), POSITION, null).solution();
  }

  private Fit best(Detections seen, boolean[] used, @Nullable Constraint constraint) {
    if (constraint != null) {
      return new Fit(seen, used, PARAMETERS, constraint);
    }
    if (count(used) >= config.minVisits && span(seen, used) >= config.minYears) {
      Fit fit = new Fit(seen, used, PARAMETERS, null);
      if (fit.condition() < config.maxCondition) {
        return fit;
      }
    }
    return new Fit(seen, used, POSITION, null);
  }

  private static boolean[] usable(Detections seen) {
    boolean[] used = new boolean[seen.size()];
    for (int i = 0; i < used.length; i++) {
      used[i] =
          Double.isFinite(seen.years[i] + seen.factorEast[i] + seen.factorNorth[i])
              && Double.isFinite(seen.eastMas[i] + seen.northMas[i])
              && seen.varianceEast[i] > 0
              && determinant(seen, i) > 0;
    }
    if (count(used) == 0) {
      throw new AlgorithmException("NO_STAR_PLACE", "no detection of the star has a usable place");
    }
    return used;
  }

  private static double determinant(Detections seen, int i) {
    return seen.varianceEast[i] * seen.varianceNorth[i] - seen.covariance[i] * seen.covariance[i];
  }

  private static int count(boolean[] used) {
    int n = 0;
    for (boolean u : used) {
      n += u ? 1 : 0;
    }
    return n;
  }

  private static double span(Detections seen, boolean[] used) {
    double first = Double.POSITIVE_INFINITY;
    double last = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < used.length; i++) {
      if (used[i]) {
        first = Math.min(first, seen.years[i]);
        last = Math.max(last, seen.years[i]);
      }
    }
    return last - first;
  }

  /** One round: the solution for a choice of detections. */
  private final class Fit {
    private final Detections seen;
    private final boolean[] used;
    private final int terms;
    private final @Nullable Constraint constraint;
    private final DMatrixRMaj information;
    private final DMatrixRMaj covariance;
    private final DMatrixRMaj solution;
    private final DMatrixRMaj weightOfConstraint = new DMatrixRMaj(PARAMETERS, PARAMETERS);
    private final double[] eastRow = new double[PARAMETERS];
    private final double[] northRow = new double[PARAMETERS];

    Fit(Detections seen, boolean[] used, int terms, @Nullable Constraint constraint) {
      this.seen = seen;
      this.used = used.clone();
      this.terms = terms;
      this.constraint = constraint;
      information = new DMatrixRMaj(terms, terms);
      covariance = new DMatrixRMaj(terms, terms);
      solution = new DMatrixRMaj(terms, 1);
      DMatrixRMaj right = new DMatrixRMaj(terms, 1);
      for (int i = 0; i < used.length; i++) {
        if (used[i]) {
          add(i, right);
        }
      }
      if (constraint != null) {
        add(constraint, right);
      }
      // a singular matrix has no inverse; its condition is not finite, so nobody uses it
      if (CommonOps_DDRM.invert(information, covariance)) {
        CommonOps_DDRM.mult(covariance, right, solution);
      }
    }

    private void design(int i) {
      Arrays.fill(eastRow, 0);
      Arrays.fill(northRow, 0);
      eastRow[0] = 1;
      northRow[1] = 1;
      eastRow[2] = seen.years[i];
      northRow[3] = seen.years[i];
      eastRow[4] = seen.factorEast[i];
      northRow[4] = seen.factorNorth[i];
    }

    private void add(int i, DMatrixRMaj right) {
      design(i);
      double det = determinant(seen, i);
      double ee = seen.varianceNorth[i] / det;
      double nn = seen.varianceEast[i] / det;
      double en = -seen.covariance[i] / det;
      for (int a = 0; a < terms; a++) {
        double east = ee * eastRow[a] + en * northRow[a];
        double north = en * eastRow[a] + nn * northRow[a];
        right.add(a, 0, east * seen.eastMas[i] + north * seen.northMas[i]);
        for (int b = 0; b < terms; b++) {
          information.add(a, b, east * eastRow[b] + north * northRow[b]);
        }
      }
    }

    private void add(Constraint known, DMatrixRMaj right) {
      if (!CommonOps_DDRM.invert(new DMatrixRMaj(known.covariance), weightOfConstraint)) {
        throw new AlgorithmException(
            "BAD_CONSTRAINT", "the covariance of what is known of the star is singular");
      }
      for (int a = 0; a < PARAMETERS; a++) {
        for (int b = 0; b < PARAMETERS; b++) {
          double weight = weightOfConstraint.get(a, b);
          information.add(a, b, weight);
          right.add(a, 0, weight * known.mean[b]);
        }
      }
    }

    double condition() {
      EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(terms, false, true);
      if (!eigen.decompose(information.copy())) {
        return Double.POSITIVE_INFINITY;
      }
      double smallest = Double.POSITIVE_INFINITY;
      double largest = 0;
      for (int k = 0; k < terms; k++) {
        double value = eigen.getEigenvalue(k).getReal();
        smallest = Math.min(smallest, value);
        largest = Math.max(largest, value);
      }
      return smallest > 0 ? largest / smallest : Double.POSITIVE_INFINITY;
    }

    private double residual(int i, boolean east) {
      double r = east ? seen.eastMas[i] : seen.northMas[i];
      double[] row = east ? eastRow : northRow;
      for (int k = 0; k < terms; k++) {
        r -= row[k] * solution.get(k, 0);
      }
      return r;
    }

    /** Squared deviation of a detection. */
    private double deviation(int i) {
      design(i);
      double e = residual(i, true);
      double n = residual(i, false);
      return (seen.varianceNorth[i] * e * e
              - 2 * seen.covariance[i] * e * n
              + seen.varianceEast[i] * n * n)
          / determinant(seen, i);
    }

    /** What the squared deviation of a detection that the fit knows is on average. */
    private double expected(int i) {
      design(i);
      double ee = 0;
      double nn = 0;
      double en = 0;
      for (int a = 0; a < terms; a++) {
        for (int b = 0; b < terms; b++) {
          double c = covariance.get(a, b);
          ee += eastRow[a] * c * eastRow[b];
          nn += northRow[a] * c * northRow[b];
          en += eastRow[a] * c * northRow[b];
        }
      }
      double share =
          (seen.varianceNorth[i] * ee - 2 * seen.covariance[i] * en + seen.varianceEast[i] * nn)
              / determinant(seen, i);
      return Math.max(1e-6, 2 - share);
    }

    /** The detection with the largest deviation beyond the limit, or -1. */
    int worst() {
      int worst = -1;
      double most = config.clipSigma * config.clipSigma;
      for (int i = 0; i < used.length; i++) {
        double ratio = used[i] ? deviation(i) / expected(i) : 0;
        if (ratio > most) {
          most = ratio;
          worst = i;
        }
      }
      return worst;
    }

    Solution solution() {
      double chi2 = 0;
      int dof = -terms;
      for (int i = 0; i < used.length; i++) {
        if (used[i]) {
          chi2 += deviation(i);
          dof += 2;
        }
      }
      if (constraint != null) {
        chi2 += deviation(constraint);
        dof += PARAMETERS;
      }
      double[] parameters = new double[PARAMETERS];
      double[][] errors = new double[terms][terms];
      for (int a = 0; a < terms; a++) {
        parameters[a] = solution.get(a, 0);
        for (int b = 0; b < terms; b++) {
          errors[a][b] = covariance.get(a, b);
        }
      }
      return new Solution(terms == PARAMETERS, parameters, errors, used, chi2, dof, worst() < 0);
    }

    private double deviation(Constraint known) {
      double sum = 0;
      for (int a = 0; a < PARAMETERS; a++) {
        for (int b = 0; b < PARAMETERS; b++) {
          sum +=
              (solution.get(a, 0) - known.mean[a])
                  * weightOfConstraint.get(a, b)
                  * (solution.get(b, 0) - known.mean[b]);
        }
      }
      return sum;
    }
  }
}
