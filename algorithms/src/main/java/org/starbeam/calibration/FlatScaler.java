package org.starbeam.calibration;

/**
 * Separates the brightness of each flat exposure from the response of each detector (specs/01
 * section 5.3): levels {@code B[d][e] = exp(G_d + E_e)}, fitted in logarithms with the number of
 * pixels as weight, and the mean of exp(G_d) over the detectors 1. Each exposure is then divided by
 * exp(E_e) only, so that the response of the detectors relative to each other stays in the flat.
 */
public final class FlatScaler {
  private static final int ITERATIONS = 200;
  private static final double ENOUGH = 1e-12;

  /**
   * @param exposure level of each exposure: its scale
   * @param detector relative level of each detector, mean 1
   */
  public record Scales(double[] exposure, double[] detector) {}

  private FlatScaler() {}

  /**
   * Solves for the scales.
   *
   * @param levels clipped mean of detector d in exposure e; NaN or not positive where there is none
   * @param counts pixels behind each level
   */
  public static Scales solve(double[][] levels, double[][] counts) {
    int detectors = levels.length;
    int exposures = levels[0].length;
    double[] g = new double[detectors];
    double[] e = new double[exposures];
    for (int iteration = 0; iteration < ITERATIONS; iteration++) {
      double change = 0;
      for (int j = 0; j < exposures; j++) {
        double sum = 0;
        double weight = 0;
        for (int d = 0; d < detectors; d++) {
          double w = weight(levels[d][j], counts[d][j]);
          sum += w == 0 ? 0 : w * (Math.log(levels[d][j]) - g[d]);
          weight += w;
        }
        double next = weight == 0 ? Double.NaN : sum / weight;
        change = Math.max(change, Math.abs(next - e[j]));
        e[j] = next;
      }
      for (int d = 0; d < detectors; d++) {
        double sum = 0;
        double weight = 0;
        for (int j = 0; j < exposures; j++) {
          double w = weight(levels[d][j], counts[d][j]);
          sum += w == 0 ? 0 : w * (Math.log(levels[d][j]) - e[j]);
          weight += w;
        }
        g[d] = weight == 0 ? Double.NaN : sum / weight;
      }
      normalise(g, e);
      if (change < ENOUGH && iteration > 0) {
        break;
      }
    }
    return new Scales(exp(e), exp(g));
  }

  private static double weight(double level, double count) {
    return level > 0 && Double.isFinite(level) ? count : 0;
  }

  private static void normalise(double[] g, double[] e) {
    double sum = 0;
    int n = 0;
    for (double value : g) {
      if (!Double.isNaN(value)) {
        sum += Math.exp(value);
        n++;
      }
    }
    double shift = n == 0 ? 0 : Math.log(sum / n);
    for (int d = 0; d < g.length; d++) {
      g[d] -= shift;
    }
    for (int j = 0; j < e.length; j++) {
      e[j] += shift;
    }
  }

  private static double[] exp(double[] values) {
    double[] out = new double[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = Math.exp(values[i]);
    }
    return out;
  }
}
