package org.starbeam.photometry;

import java.util.Arrays;

/**
 * Calibration from stars that were seen many times (specs/06 section 12.1): an observation of star
 * i says
 *
 * <pre>
 * value + sum_k derivative_k p_k = m_i + noise
 * </pre>
 *
 * and a reference star is an observation without parameters. The star means m are eliminated
 * exactly; what is left for the parameters p, with Gaussian priors, is solved by conjugate
 * gradients with a diagonal preconditioner, without a matrix. Rows are summed star by star, within
 * a star in the order in which they were added, so the result depends on that order by rounding
 * only. Memory and cost of an iteration O(entries of the rows). Not thread safe.
 */
public final class PhotometricSolver {
  private static final double TOLERANCE = 1e-26;

  private final int nStars;
  private final double[] priorMean;
  private final double[] priorWeight;
  private int rows;
  private int[] star = new int[64];
  private double[] value = new double[64];
  private double[] sigma = new double[64];
  private double[] factor = new double[64];
  private int[] first = new int[65];
  private int[] parameter = new int[256];
  private double[] derivative = new double[256];

  /**
   * @param parameters number of parameters
   */
  public PhotometricSolver(int stars, int parameters) {
    nStars = stars;
    priorMean = new double[parameters];
    priorWeight = new double[parameters];
  }

  /**
   * A least-squares answer.
   *
   * @param parameters in the caller's order
   * @param stars means; NaN for a star without an observation of weight
   * @param chi2 of observations and priors
   * @param dof observations of weight less parameters and stars
   */
  public record Solution(double[] parameters, double[] stars, double chi2, int dof) {}

  /**
   * Adds an observation.
   *
   * @param parameters indices of the parameters that it depends on, each once; not kept
   * @param derivatives by them
   * @return its row, counted from 0
   */
  public int observe(
      int ofStar, double value, double sigma, int[] parameters, double[] derivatives) {
    if (rows == star.length) {
      star = Arrays.copyOf(star, 2 * rows);
      this.value = Arrays.copyOf(this.value, 2 * rows);
      this.sigma = Arrays.copyOf(this.sigma, 2 * rows);
      factor = Arrays.copyOf(factor, 2 * rows);
      first = Arrays.copyOf(first, 2 * rows + 1);
    }
    int from = first[rows];
    int to = from + parameters.length;
    if (to > parameter.length) {
      parameter = Arrays.copyOf(parameter, 2 * to);
      derivative = Arrays.copyOf(derivative, 2 * to);
    }
    System.arraycopy(parameters, 0, parameter, from, parameters.length);
    System.arraycopy(derivatives, 0, derivative, from, parameters.length);
    star[rows] = ofStar;
    this.value[rows] = value;
    this.sigma[rows] = sigma;
    factor[rows] = 1;
    first[rows + 1] = to;
    return rows++;
  }

  /** Sets the Gaussian prior of a parameter. */
  public void prior(int ofParameter, double mean, double error) {
    priorMean[ofParameter] = mean;
    priorWeight[ofParameter] = 1 / (error * error);
  }

  /**
   * Sets what a row counts.
   *
   * @param error its standard error, beside which the one that was given is forgotten
   * @param share from 0 (left out) to 1
   */
  public void weigh(int row, double error, double share) {
    sigma[row] = error;
    factor[row] = share;
  }

  /** Number of rows. */
  public int size() {
    return rows;
  }

  /**
   * Solves for parameters and means.
   *
   * @param start parameters to begin with; not modified
   */
  public Solution solve(double[] start) {
    Equations equations = new Equations();
    double[] p = equations.solve(equations.right(), start);
    return equations.solution(p);
  }

  /** Standard error of a parameter, all others and the means being free. One solution more. */
  public double error(int ofParameter) {
    double[] unit = new double[priorMean.length];
    unit[ofParameter] = 1;
    return Math.sqrt(new Equations().solve(unit, new double[priorMean.length])[ofParameter]);
  }

  /**
   * Standard errors of the parameters, each with all other parameters held and the means free: what
   * its own observations tell. O(entries).
   */
  public double[] ownErrors() {
    double[] diagonal = new Equations().diagonal;
    double[] out = new double[diagonal.length];
    for (int k = 0; k < out.length; k++) {
      out[k] = 1 / Math.sqrt(diagonal[k]);
    }
    return out;
  }

  /** How far an observation is from its star's mean. */
  public double residual(int row, Solution solution) {
    return calibrated(row, solution.parameters) - solution.stars[star[row]];
  }

  private double calibrated(int row, double[] p) {
    return value[row] + change(row, p);
  }

  private double change(int row, double[] p) {
    double sum = 0;
    for (int e = first[row]; e < first[row + 1]; e++) {
      sum += derivative[e] * p[parameter[e]];
    }
    return sum;
  }

  /** The normal equations of the present weights. */
  private final class Equations {
    private final double[] weight = new double[rows];
    private final double[] starWeight = new double[nStars];
    private final int[] firstOfStar = new int[nStars + 1];
    private final int[] rowOfStar = new int[rows];
    private final double[] diagonal;

    Equations() {
      for (int r = 0; r < rows; r++) {
        weight[r] = factor[r] / (sigma[r] * sigma[r]);
        starWeight[star[r]] += weight[r];
        firstOfStar[star[r] + 1]++;
      }
      for (int s = 0; s < nStars; s++) {
        firstOfStar[s + 1] += firstOfStar[s];
      }
      int[] next = Arrays.copyOf(firstOfStar, nStars);
      for (int r = 0; r < rows; r++) {
        rowOfStar[next[star[r]]++] = r;
      }
      diagonal = diagonal();
    }

    private double[] diagonal() {
      double[] out = priorWeight.clone();
      double[] sum = new double[out.length];
      for (int s = 0; s < nStars; s++) {
        if (starWeight[s] > 0) {
          diagonalOf(s, sum, out);
        }
      }
      for (int k = 0; k < out.length; k++) {
        if (!(out[k] > 0)) {
          throw new IllegalArgumentException("nothing is known of parameter " + k);
        }
      }
      return out;
    }

    private void diagonalOf(int s, double[] sum, double[] out) {
      for (int i = firstOfStar[s]; i < firstOfStar[s + 1]; i++) {
        int r = rowOfStar[i];
        for (int e = first[r]; e < first[r + 1]; e++) {
          sum[parameter[e]] += weight[r] * derivative[e];
          out[parameter[e]] += weight[r] * derivative[e] * derivative[e];
        }
      }
      for (int i = firstOfStar[s]; i < firstOfStar[s + 1]; i++) {
        int r = rowOfStar[i];
        for (int e = first[r]; e < first[r + 1]; e++) {
          double once = sum[parameter[e]];
          out[parameter[e]] -= once * once / starWeight[s];
          sum[parameter[e]] = 0;
        }
      }
    }

    double[] right() {
      double[] out = new double[diagonal.length];
      for (int k = 0; k < out.length; k++) {
        out[k] = priorWeight[k] * priorMean[k];
      }
      for (int s = 0; s < nStars; s++) {
        double sum = 0;
        for (int i = firstOfStar[s]; i < firstOfStar[s + 1]; i++) {
          sum += weight[rowOfStar[i]] * value[rowOfStar[i]];
        }
        double mean = starWeight[s] > 0 ? sum / starWeight[s] : 0;
        for (int i = firstOfStar[s]; i < firstOfStar[s + 1]; i++) {
          spread(rowOfStar[i], mean - value[rowOfStar[i]], out);
        }
      }
      return out;
    }

    private void spread(int row, double difference, double[] out) {
      for (int e = first[row]; e < first[row + 1]; e++) {
        out[parameter[e]] += weight[row] * derivative[e] * difference;
      }
    }

    private double[] times(double[] p) {
      double[] out = new double[p.length];
      for (int k = 0; k < out.length; k++) {
        out[k] = priorWeight[k] * p[k];
      }
      for (int s = 0; s < nStars; s++) {
        double sum = 0;
        for (int i = firstOfStar[s]; i < firstOfStar[s + 1]; i++) {
          sum += weight[rowOfStar[i]] * change(rowOfStar[i], p);
        }
        double mean = starWeight[s] > 0 ? sum / starWeight[s] : 0;
        for (int i = firstOfStar[s]; i < firstOfStar[s + 1]; i++) {
          spread(rowOfStar[i], change(rowOfStar[i], p) - mean, out);
        }
      }
      return out;
    }

    double[] solve(double[] right, double[] start) {
      double[] p = start.clone();
      double[] residual = times(p);
      for (int k = 0; k < p.length; k++) {
        residual[k] = right[k] - residual[k];
      }
      double[] direction = preconditioned(residual);
      double norm = dot(residual, direction);
      double end = TOLERANCE * Math.max(norm, dot(right, preconditioned(right)));
      for (int step = 0; step < 50 + 4 * p.length && norm > end; step++) {
        double[] image = times(direction);
        double length = norm / dot(direction, image);
        for (int k = 0; k < p.length; k++) {
          p[k] += length * direction[k];
          residual[k] -= length * image[k];
        }
        double[] next = preconditioned(residual);
        double better = dot(residual, next);
        for (int k = 0; k < p.length; k++) {
          direction[k] = next[k] + better / norm * direction[k];
        }
        norm = better;
      }
      return p;
    }

    private double[] preconditioned(double[] residual) {
      double[] out = new double[residual.length];
      for (int k = 0; k < out.length; k++) {
        out[k] = residual[k] / diagonal[k];
      }
      return out;
    }

    Solution solution(double[] p) {
      double[] means = new double[nStars];
      double chi2 = 0;
      int dof = -p.length;
      for (int s = 0; s < nStars; s++) {
        double sum = 0;
        for (int i = firstOfStar[s]; i < firstOfStar[s + 1]; i++) {
          sum += weight[rowOfStar[i]] * calibrated(rowOfStar[i], p);
        }
        means[s] = starWeight[s] > 0 ? sum / starWeight[s] : Double.NaN;
        dof -= starWeight[s] > 0 ? 1 : 0;
        for (int i = firstOfStar[s]; i < firstOfStar[s + 1]; i++) {
          int r = rowOfStar[i];
          if (weight[r] > 0) {
            double off = calibrated(r, p) - means[s];
            chi2 += weight[r] * off * off;
            dof++;
          }
        }
      }
      for (int k = 0; k < p.length; k++) {
        double off = p[k] - priorMean[k];
        chi2 += priorWeight[k] * off * off;
        dof += priorWeight[k] > 0 ? 1 : 0;
      }
      return new Solution(p, means, chi2, dof);
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int k = 0; k < a.length; k++) {
      sum += a[k] * b[k];
    }
    return sum;
  }
}
