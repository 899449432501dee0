package org.starbeam.calibration;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import org.starbeam.failure.AlgorithmException;

/**
 * Fits {@link PtcModel} (without c) to the flat pairs of the amplifiers of a detector: gain and
 * noise of each, and the area changes a that they share, because those are a property of the
 * sensor; a of its own for each amplifier would make the gains about twice as uncertain (specs/01
 * section 5.5).
 *
 * <p>At each lag the model is linear in 1/g, in a_ij and in the noise, but for the terms above
 * mean^2, which are small and taken from the iteration before. So every iteration is a linear least
 * squares fit per lag, solved by elimination of the amplifiers' own unknowns. Weights are those of
 * Gaussian pixels: var(C_00) = 2 V^2 / N, else V^2 / N with V the model's variance.
 *
 * <p>Pairs brighter than the one of largest variance are beyond the turnoff. Of the others those
 * are rejected, in up to {@code passes} passes, whose variance is farther from the model than
 * {@code rejectSigma} errors and than {@code tolerance} of itself.
 */
public final class PtcFitter {
  /**
   * @param minPairs pairs that an amplifier needs, 4
   * @param minPixels good pixels that a pair needs, 10000
   * @param rejectSigma errors from the model from which a pair is left out, 5
   * @param tolerance share of the variance within which no pair is left out, 0.005
   * @param passes of rejection, 3
   * @param iterations of the terms above mean^2 in each pass, 8
   */
  public record Config(
      int minPairs, int minPixels, double rejectSigma, double tolerance, int passes, int iterations)
      implements Serializable {
    public static Config defaults() {
      return new Config(4, 10_000, 5, 0.005, 3, 8);
    }
  }

  /**
   * One amplifier.
   *
   * @param gain electrons per ADU; NaN where too few pairs are usable
   * @param gainError its standard deviation, from the scatter of the pixels
   * @param noise square root of the variance without light, electrons; NaN where the fit has it
   *     negative
   * @param turnoff mean of the brightest pair in the fit, ADU
   * @param used whether each pair is in the fit
   */
  public record Amplifier(
      double gain, double gainError, double noise, double turnoff, boolean[] used) {}

  /**
   * The answer.
   *
   * @param amplifiers in the order of the input
   * @param a [i][j], 1/electron
   * @param aError standard deviations of a
   * @param chi2 of the variances
   * @param degrees of freedom of chi2
   */
  public record Result(
      List<Amplifier> amplifiers, double[][] a, double[][] aError, double chi2, int degrees) {}

  private final Config config;

  public PtcFitter(Config config) {
    this.config = config;
  }

  /**
   * Fits the amplifiers of a detector.
   *
   * @param pairs the pairs of each amplifier, all with the same number of lags
   * @throws AlgorithmException {@code TOO_FEW_PAIRS} when no amplifier has enough
   */
  public Result fit(List<List<FlatPair>> pairs) {
    Work work = new Work(pairs);
    for (int pass = 0; pass < config.passes; pass++) {
      work.iterate();
      if (!work.reject()) {
        break;
      }
    }
    return work.result();
  }

  private final class Work {
    private final FlatPair[][] pairs;
    private final boolean[][] used;
    private final double[] gain;
    private final double[] gainError;
    private final double[] noise;
    private final double[][] a;
    private final double[][] aError;

    Work(List<List<FlatPair>> input) {
      int n = input.size();
      pairs = new FlatPair[n][];
      used = new boolean[n][];
      gain = new double[n];
      gainError = new double[n];
      noise = new double[n];
      int lags = 1;
      for (int k = 0; k < n; k++) {
        pairs[k] = input.get(k).toArray(FlatPair[]::new);
        used[k] = FlatPair.belowTurnoff(input.get(k), config.minPixels);
        lags = pairs[k].length == 0 ? lags : pairs[k][0].covariance().length;
      }
      a = new double[lags][lags];
      aError = new double[lags][lags];
      requireSome();
    }

    private int count(int k) {
      int n = 0;
      for (boolean u : used[k]) {
        n += u ? 1 : 0;
      }
      return n;
    }

    private boolean isFitted(int k) {
      return count(k) >= config.minPairs;
    }

    private void requireSome() {
      for (int k = 0; k < pairs.length; k++) {
        if (isFitted(k)) {
          return;
        }
      }
      throw new AlgorithmException(
          "TOO_FEW_PAIRS",
          "no amplifier has "
              + config.minPairs
              + " flat pairs with "
              + config.minPixels
              + " good pixels below its turnoff");
    }

    /** Solves all lags until the terms above mean^2 stand still. */
    void iterate() {
      Arrays.fill(gain, 0);
      for (double[] row : a) {
        Arrays.fill(row, 0);
      }
      for (int i = 0; i < config.iterations; i++) {
        PtcModel model = PtcModel.of(copy(a));
        variances(model);
        for (int x = 0; x < a.length; x++) {
          for (int y = x == 0 ? 1 : 0; y < a.length; y++) {
            covariances(model, x, y);
          }
        }
      }
    }

    private void variances(PtcModel model) {
      SharedSlope fit = new SharedSlope(pairs.length, 2);
      for (int k = 0; k < pairs.length; k++) {
        for (int p = 0; isFitted(k) && p < pairs[k].length; p++) {
          if (used[k][p]) {
            double mean = pairs[k][p].mean();
            double value = pairs[k][p].variance() - higher(model, 0, 0, mean, k);
            double[] own = {mean, 1};
            fit.add(k, own, mean * mean, value, weight(model, k, p, 2));
          }
        }
      }
      fit.solve();
      a[0][0] = fit.shared();
      aError[0][0] = fit.sharedError();
      for (int k = 0; k < pairs.length; k++) {
        if (isFitted(k)) {
          gain[k] = 1 / fit.own(k)[0];
          gainError[k] = gain[k] * gain[k] * fit.firstError(k);
          noise[k] = fit.own(k)[1] * gain[k] * gain[k];
        }
      }
    }

    private void covariances(PtcModel model, int x, int y) {
      SharedSlope fit = new SharedSlope(pairs.length, 1);
      double signs = x > 0 && y > 0 ? 0.5 : 1;
      for (int k = 0; k < pairs.length; k++) {
        for (int p = 0; isFitted(k) && p < pairs[k].length; p++) {
          if (used[k][p]) {
            double mean = pairs[k][p].mean();
            double value = pairs[k][p].covariance()[x][y] - higher(model, x, y, mean, k);
            fit.add(k, new double[] {1}, mean * mean, value, weight(model, k, p, signs));
          }
        }
      }
      fit.solve();
      a[x][y] = fit.shared();
      aError[x][y] = fit.sharedError();
    }

    private double higher(PtcModel model, int x, int y, double mean, int k) {
      return gain[k] == 0 ? 0 : model.higher(x, y, mean, gain[k]);
    }

    /** One over {@code factor V^2 / N}; before the first solution V is the measured one. */
    private double weight(PtcModel model, int k, int p, double factor) {
      FlatPair pair = pairs[k][p];
      double v = gain[k] == 0 ? pair.variance() : model(model, k, pair);
      return pair.pixels() / (factor * v * v);
    }

    private double model(PtcModel model, int k, FlatPair pair) {
      return model.covariance(0, 0, pair.mean(), gain[k], noise[k]);
    }

    /** Leaves pairs out that the model does not fit; false when there are none. */
    boolean reject() {
      PtcModel model = PtcModel.of(copy(a));
      boolean any = false;
      for (int k = 0; k < pairs.length; k++) {
        for (int p = 0; isFitted(k) && p < pairs[k].length; p++) {
          double v = model(model, k, pairs[k][p]);
          double error = v * Math.sqrt(2.0 / pairs[k][p].pixels());
          double limit = Math.max(config.rejectSigma * error, config.tolerance * v);
          if (used[k][p] && Math.abs(pairs[k][p].variance() - v) > limit) {
            used[k][p] = false;
            any = true;
          }
        }
      }
      requireSome();
      return any;
    }

    Result result() {
      PtcModel model = PtcModel.of(a);
      double chi2 = 0;
      int degrees = -1;
      Amplifier[] out = new Amplifier[pairs.length];
      for (int k = 0; k < pairs.length; k++) {
        double turnoff = Double.NaN;
        for (int p = 0; isFitted(k) && p < pairs[k].length; p++) {
          if (used[k][p]) {
            FlatPair pair = pairs[k][p];
            double residual = pair.variance() - model(model, k, pair);
            chi2 += residual * residual * weight(model, k, p, 2);
            degrees++;
            turnoff = Double.isNaN(turnoff) ? pair.mean() : Math.max(turnoff, pair.mean());
          }
        }
        degrees -= isFitted(k) ? 2 : 0;
        out[k] =
            isFitted(k)
                ? new Amplifier(gain[k], gainError[k], Math.sqrt(noise[k]), turnoff, used[k])
                : new Amplifier(Double.NaN, Double.NaN, Double.NaN, Double.NaN, used[k]);
      }
      return new Result(List.of(out), a, aError, chi2, degrees);
    }
  }

  private static double[][] copy(double[][] matrix) {
    return Arrays.stream(matrix).map(double[]::clone).toArray(double[][]::new);
  }
}
