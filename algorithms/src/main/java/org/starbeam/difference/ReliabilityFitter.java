package org.starbeam.difference;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.LinearSolverFactory_DDRM;
import org.ejml.interfaces.linsol.LinearSolverDense;
import org.starbeam.difference.ReliabilityModel.Feature;
import org.starbeam.difference.ReliabilityModel.Term;
import org.starbeam.failure.AlgorithmException;

/**
 * Fits the score of detections by logistic regression (specs/03 section 7.9): the weights w of the
 * standardised features that minimise
 *
 * <pre>  -1/n sum ln p(label) + ridge / 2 sum_(i > 0) w_i^2  </pre>
 *
 * by Newton steps from zero. A feature that is the same in all sources has weight 0. The answer
 * does not depend on the order of the sources beyond rounding.
 */
public final class ReliabilityFitter {
  /**
   * @param ridge penalty of the weights
   * @param maxSteps Newton steps
   * @param tolerance largest change of a weight at the end
   */
  public record Config(double ridge, int maxSteps, double tolerance) {
    public static Config defaults() {
      return new Config(1e-3, 50, 1e-10);
    }
  }

  /** A source of known nature. */
  public record Sample(Map<Feature, Double> features, boolean real) {
    double value(Feature feature) {
      Double value = features.get(feature);
      if (value == null) {
        throw new IllegalArgumentException("a source without a value of " + feature);
      }
      return value;
    }
  }

  private final Config config;

  public ReliabilityFitter(Config config) {
    this.config = config;
  }

  /**
   * Fits.
   *
   * @throws AlgorithmException NO_CONVERGENCE; TOO_FEW when one kind is missing
   */
  public ReliabilityModel fit(String version, List<Sample> samples) {
    long real = samples.stream().filter(Sample::real).count();
    if (real == 0 || real == samples.size()) {
      throw new AlgorithmException("TOO_FEW", real + " real of " + samples.size() + " sources");
    }
    Feature[] features = Feature.values();
    double[][] x = new double[samples.size()][features.length + 1];
    Term[] scales = new Term[features.length];
    for (int j = 0; j < features.length; j++) {
      scales[j] = scale(samples, features[j]);
    }
    for (int i = 0; i < x.length; i++) {
      x[i][0] = 1;
      for (int j = 0; j < features.length; j++) {
        x[i][j + 1] = scales[j].of(samples.get(i).value(features[j]));
      }
    }
    double[] w = weights(x, samples);
    Map<Feature, Term> terms = new EnumMap<>(Feature.class);
    for (int j = 0; j < features.length; j++) {
      terms.put(features[j], new Term(scales[j].mean(), scales[j].scale(), w[j + 1]));
    }
    return new ReliabilityModel(version, w[0], terms);
  }

  /** Mean and standard deviation of a feature, as a term of weight 1. */
  private static Term scale(List<Sample> samples, Feature feature) {
    double mean = samples.stream().mapToDouble(s -> s.value(feature)).average().orElseThrow();
    double variance =
        samples.stream()
            .mapToDouble(s -> Math.pow(s.value(feature) - mean, 2))
            .average()
            .orElseThrow();
    return new Term(mean, variance > 0 ? Math.sqrt(variance) : 1, 1);
  }

  private double[] weights(double[][] x, List<Sample> samples) {
    int m = x[0].length;
    double[] w = new double[m];
    for (int step = 0; step < config.maxSteps; step++) {
      double[] change = newton(x, samples, w);
      double largest = 0;
      for (int j = 0; j < m; j++) {
        w[j] += change[j];
        largest = Math.max(largest, Math.abs(change[j]));
      }
      if (largest < config.tolerance) {
        return w;
      }
    }
    throw new AlgorithmException("NO_CONVERGENCE", "the weights of the score do not converge");
  }

  /** Solves Hessian x change = -gradient. */
  private double[] newton(double[][] x, List<Sample> samples, double[] w) {
    int m = w.length;
    DMatrixRMaj hessian = new DMatrixRMaj(m, m);
    DMatrixRMaj gradient = new DMatrixRMaj(m, 1);
    for (int i = 0; i < x.length; i++) {
      double t = 0;
      for (int j = 0; j < m; j++) {
        t += w[j] * x[i][j];
      }
      double p = 1 / (1 + Math.exp(-t));
      double residual = ((samples.get(i).real() ? 1 : 0) - p) / x.length;
      double curvature = p * (1 - p) / x.length;
      for (int j = 0; j < m; j++) {
        gradient.add(j, 0, residual * x[i][j]);
        for (int k = 0; k < m; k++) {
          hessian.add(j, k, curvature * x[i][j] * x[i][k]);
        }
      }
    }
    for (int j = 0; j < m; j++) {
      double ridge = j == 0 ? 1e-12 : config.ridge;
      hessian.add(j, j, ridge);
      gradient.add(j, 0, -ridge * w[j]);
    }
    LinearSolverDense<DMatrixRMaj> solver = LinearSolverFactory_DDRM.symmPosDef(m);
    if (!solver.setA(hessian)) {
      throw new AlgorithmException("NO_CONVERGENCE", "the Hessian of the score is singular");
    }
    DMatrixRMaj change = new DMatrixRMaj(m, 1);
    solver.solve(gradient, change);
    return change.data;
  }
}
