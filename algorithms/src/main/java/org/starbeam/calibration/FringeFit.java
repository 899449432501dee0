package org.starbeam.calibration;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.LinearSolverFactory_DDRM;
import org.ejml.interfaces.linsol.LinearSolverDense;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.ClippedStatistics;

/**
 * How much of each pattern is in the bins of one exposure: least squares of a smooth sky and the
 * patterns at once, {@code value = sky(x, y) + sum a_k f_k}, so that neither takes from the other.
 * Three passes with Huber weights, then clipping at 3 sigma about the fit until nothing changes:
 * stars and galaxies are outliers.
 *
 * @param amplitudes a_k, units of the values over those of the pattern
 * @param errors of the amplitudes, from the scatter of the bins
 * @param residuals value less sky, patterns left in; NaN where a bin was clipped or has no value
 * @param sigma scatter of the bins about the fit
 */
public record FringeFit(double[] amplitudes, double[] errors, float[] residuals, double sigma) {
  /**
   * @param bin side of the bins, pixels; 4: fringes are wider than 20 pixels
   * @param skyOrder total order of the polynomial of the sky, 3
   */
  public record Config(int bin, int skyOrder) implements Serializable {
    public Config {
      if (bin < 1 || skyOrder < 0) {
        throw new IllegalArgumentException("bin " + bin + ", skyOrder " + skyOrder);
      }
    }

    public static Config defaults() {
      return new Config(4, 3);
    }
  }

  private static final int PASSES = 20;
  private static final int HUBER_PASSES = 3;
  private static final double HUBER = 1.5;
  private static final double CLIP = 3;

  /**
   * @param patterns on the same bins, without NaN
   * @param order total order of the sky's polynomial
   * @throws AlgorithmException FEW_BINS for fewer than ten bins per unknown, SINGULAR_FIT when the
   *     patterns cannot be told from each other or from the sky
   */
  public static FringeFit of(FringeBins bins, List<float[]> patterns, int order) {
    Work work = new Work(bins, patterns, order);
    work.begin();
    for (int pass = 0; pass < PASSES; pass++) {
      work.solve();
      if (!work.reweight(pass < HUBER_PASSES) && pass >= HUBER_PASSES) {
        break;
      }
    }
    return work.result();
  }

  private static final class Work {
    private final FringeBins bins;
    private final List<float[]> patterns;
    private final int order;
    private final int skyTerms;
    private final int terms;
    private final double[][] tx;
    private final double[][] ty;
    private final float[] weights;
    private final DMatrixRMaj inverse;
    private double[] solution = new double[0];
    private double sigma;

    Work(FringeBins bins, List<float[]> patterns, int order) {
      this.bins = bins;
      this.patterns = patterns;
      this.order = order;
      this.skyTerms = (order + 1) * (order + 2) / 2;
      this.terms = skyTerms + patterns.size();
      this.tx = chebyshev(bins.width(), order);
      this.ty = chebyshev(bins.height(), order);
      this.weights = new float[bins.values().length];
      this.inverse = new DMatrixRMaj(terms, terms);
    }

    private static double[][] chebyshev(int n, int order) {
      double[][] out = new double[n][order + 1];
      for (int i = 0; i < n; i++) {
        double u = n == 1 ? 0 : 2.0 * i / (n - 1) - 1;
        out[i][0] = 1;
        for (int k = 1; k <= order; k++) {
          out[i][k] = k == 1 ? u : 2 * u * out[i][k - 1] - out[i][k - 2];
        }
      }
      return out;
    }

    /** All bins, but for what lies far from the median. */
    void begin() {
      float[] v = bins.values();
      float[] good = new float[v.length];
      int n = 0;
      for (float value : v) {
        if (Float.isFinite(value)) {
          good[n++] = value;
        }
      }
      if (n < 10 * terms) {
        throw new AlgorithmException(
            "FEW_BINS", n + " bins with a value for a fit of " + terms + " unknowns");
      }
      float[] sample = Arrays.copyOf(good, n);
      double median = ClippedStatistics.median(sample);
      double spread = spread(sample, median);
      for (int i = 0; i < v.length; i++) {
        weights[i] = Math.abs(v[i] - median) <= 10 * spread ? 1 : 0;
      }
    }

    private static double spread(float[] sample, double centre) {
      float[] distance = new float[sample.length];
      for (int i = 0; i < distance.length; i++) {
        distance[i] = (float) Math.abs(sample[i] - centre);
      }
      return ClippedStatistics.MAD_TO_SIGMA * ClippedStatistics.median(distance);
    }

    private void row(int i, double[] out) {
      double[] x = tx[i % bins.width()];
      double[] y = ty[i / bins.width()];
      int k = 0;
      for (int q = 0; q <= order; q++) {
        for (int p = 0; p + q <= order; p++) {
          out[k++] = x[p] * y[q];
        }
      }
      for (float[] pattern : patterns) {
        out[k++] = pattern[i];
      }
    }

    void solve() {
      double[][] normal = new double[terms][terms];
      double[] right = new double[terms];
      double[] basis = new double[terms];
      for (int i = 0; i < weights.length; i++) {
        double w = weights[i];
        if (w == 0) {
          continue;
        }
        row(i, basis);
        double v = bins.values()[i];
        for (int a = 0; a < terms; a++) {
          double wa = w * basis[a];
          right[a] += wa * v;
          for (int b = 0; b <= a; b++) {
            normal[a][b] += wa * basis[b];
          }
        }
      }
      DMatrixRMaj matrix = new DMatrixRMaj(terms, terms);
      for (int a = 0; a < terms; a++) {
        for (int b = 0; b < terms; b++) {
          matrix.set(a, b, normal[Math.max(a, b)][Math.min(a, b)]);
        }
      }
      LinearSolverDense<DMatrixRMaj> solver = LinearSolverFactory_DDRM.symmPosDef(terms);
      if (!solver.setA(matrix)) {
        throw new AlgorithmException(
            "SINGULAR_FIT", "the fringe patterns cannot be told from each other or from the sky");
      }
      solver.invert(inverse);
      solution = new double[terms];
      for (int a = 0; a < terms; a++) {
        for (int b = 0; b < terms; b++) {
          solution[a] += inverse.get(a, b) * right[b];
        }
      }
    }

    /** New weights from the distances to the fit; false when none has changed. */
    boolean reweight(boolean huber) {
      float[] distance = new float[weights.length];
      float[] used = new float[weights.length];
      int n = 0;
      double[] basis = new double[terms];
      for (int i = 0; i < weights.length; i++) {
        row(i, basis);
        distance[i] = (float) (bins.values()[i] - dot(basis, 0, terms));
        if (Float.isFinite(distance[i]) && (huber || weights[i] > 0)) {
          used[n++] = distance[i];
        }
      }
      sigma = spread(Arrays.copyOf(used, n), 0);
      boolean changed = false;
      for (int i = 0; i < weights.length; i++) {
        double r = Math.abs(distance[i]) / Math.max(sigma, Double.MIN_NORMAL);
        float w = !(r <= CLIP) ? 0 : huber && r > HUBER ? (float) (HUBER / r) : 1;
        changed |= w != weights[i];
        weights[i] = w;
      }
      return changed;
    }

    private double dot(double[] basis, int from, int to) {
      double sum = 0;
      for (int k = from; k < to; k++) {
        sum += solution[k] * basis[k];
      }
      return sum;
    }

    FringeFit result() {
      double[] amplitudes = Arrays.copyOfRange(solution, skyTerms, terms);
      double[] errors = new double[amplitudes.length];
      for (int k = 0; k < errors.length; k++) {
        errors[k] = sigma * Math.sqrt(inverse.get(skyTerms + k, skyTerms + k));
      }
      float[] residuals = new float[weights.length];
      double[] basis = new double[terms];
      for (int i = 0; i < residuals.length; i++) {
        row(i, basis);
        residuals[i] =
            weights[i] > 0 ? (float) (bins.values()[i] - dot(basis, 0, skyTerms)) : Float.NaN;
      }
      return new FringeFit(amplitudes, errors, residuals, sigma);
    }
  }
}
