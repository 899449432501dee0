package org.starbeam.association;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.starbeam.image.ClippedStatistics;

/**
 * Summary of the fluxes of one object in one band (specs/03 section 8.2). An epoch with a time,
 * flux or error that is not finite, or an error that is not positive, does not count. Sums run in
 * the order of time, then id, so the order of the epochs does not matter. What needs more epochs
 * than there are is NaN.
 *
 * @param ndata number of epochs that count
 * @param mean inverse-variance weighted mean, in units of the fluxes
 * @param meanErr {@code (sum 1/e^2)^(-1/2)}
 * @param sigma standard deviation with n - 1; from two epochs on
 * @param errMean mean of the errors
 * @param chi2 of a constant flux
 * @param mad median absolute deviation from the median, unscaled
 * @param skew biased skewness; from three epochs on, NaN when all fluxes are the same
 * @param percentiles at 5, 25, 50, 75 and 95 percent, by linear interpolation
 * @param maxSlope largest flux difference over time difference of successive epochs, per day;
 *     epochs of one time are averaged before
 * @param slope of the weighted straight line, per day; from two times on
 * @param intercept of that line at MJD 0
 * @param stetsonJ Stetson's J about his mean (Stetson 1996, PASP 108, 851; alpha = beta = 2); from
 *     two epochs on
 */
public record LightCurveStatistics(
    int ndata,
    double mean,
    double meanErr,
    double sigma,
    double errMean,
    double chi2,
    double mad,
    double skew,
    double min,
    double max,
    List<Double> percentiles,
    double maxSlope,
    double slope,
    double intercept,
    double stetsonJ) {
  /** Percentiles that are given. */
  public static final List<Integer> PERCENTS = List.of(5, 25, 50, 75, 95);

  private static final int STETSON_ITERATIONS = 20;
  private static final double STETSON_TOLERANCE = 1e-6;

  /** One epoch; {@code id} orders epochs of one time. */
  public record Epoch(double mjdTai, long id, double flux, double err) {
    private boolean counts() {
      return Double.isFinite(mjdTai) && Double.isFinite(flux) && Double.isFinite(err) && err > 0;
    }
  }

  public LightCurveStatistics {
    percentiles = List.copyOf(percentiles);
  }

  /** Summarises epochs in any order. */
  public static LightCurveStatistics of(List<Epoch> epochs) {
    List<Epoch> used =
        epochs.stream()
            .filter(Epoch::counts)
            .sorted(Comparator.comparingDouble(Epoch::mjdTai).thenComparingLong(Epoch::id))
            .toList();
    double[] flux = used.stream().mapToDouble(Epoch::flux).toArray();
    double[] sorted = flux.clone();
    Arrays.sort(sorted);
    int n = flux.length;
    double mean = weightedMean(used);
    double plain = Arrays.stream(flux).sum() / n;
    double median = n == 0 ? Double.NaN : ClippedStatistics.median(flux);
    double[] line = line(used);
    return new LightCurveStatistics(
        n,
        mean,
        1 / Math.sqrt(weight(used)),
        n < 2 ? Double.NaN : Math.sqrt(moment(flux, plain, 2) * n / (n - 1)),
        used.stream().mapToDouble(Epoch::err).sum() / n,
        n == 0 ? Double.NaN : used.stream().mapToDouble(e -> square((e.flux - mean) / e.err)).sum(),
        ClippedStatistics.median(Arrays.stream(flux).map(f -> Math.abs(f - median)).toArray()),
        n < 3 ? Double.NaN : moment(flux, plain, 3) / Math.pow(moment(flux, plain, 2), 1.5),
        n == 0 ? Double.NaN : sorted[0],
        n == 0 ? Double.NaN : sorted[n - 1],
        PERCENTS.stream()
            .map(p -> n == 0 ? Double.NaN : ClippedStatistics.quantile(sorted, p / 100.0))
            .toList(),
        maxSlope(used),
        line[0],
        line[1],
        stetsonJ(used, mean));
  }

  private static double square(double value) {
    return value * value;
  }

  private static double weight(List<Epoch> epochs) {
    double sum = epochs.stream().mapToDouble(e -> 1 / square(e.err)).sum();
    return sum > 0 ? sum : Double.NaN;
  }

  private static double weightedMean(List<Epoch> epochs) {
    return epochs.stream().mapToDouble(e -> e.flux / square(e.err)).sum() / weight(epochs);
  }

  private static double moment(double[] values, double about, int power) {
    return Arrays.stream(values).map(v -> Math.pow(v - about, power)).sum() / values.length;
  }

  private static double maxSlope(List<Epoch> epochs) {
    double best = Double.NaN;
    List<Epoch> merged = merged(epochs);
    for (int i = 1; i < merged.size(); i++) {
      Epoch a = merged.get(i - 1);
      Epoch b = merged.get(i);
      double slope = (b.flux - a.flux) / (b.mjdTai - a.mjdTai);
      best = Double.isNaN(best) ? slope : Math.max(best, slope);
    }
    return best;
  }

  /** Epochs of one time as one, with their weighted mean. */
  private static List<Epoch> merged(List<Epoch> epochs) {
    List<Epoch> out = new ArrayList<>();
    for (int from = 0; from < epochs.size(); ) {
      int to = from;
      while (to < epochs.size() && epochs.get(to).mjdTai == epochs.get(from).mjdTai) {
        to++;
      }
      List<Epoch> same = epochs.subList(from, to);
      Epoch first = same.get(0);
      out.add(new Epoch(first.mjdTai, first.id, weightedMean(same), 1 / Math.sqrt(weight(same))));
      from = to;
    }
    return out;
  }

  /** Slope and intercept at MJD 0, fitted about a day near the epochs. */
  private static double[] line(List<Epoch> epochs) {
    if (epochs.isEmpty()) {
      return new double[] {Double.NaN, Double.NaN};
    }
    double day = Math.floor(epochs.get(0).mjdTai);
    double meanTime =
        epochs.stream().mapToDouble(e -> (e.mjdTai - day) / square(e.err)).sum() / weight(epochs);
    double meanFlux = weightedMean(epochs);
    double tt = 0;
    double tf = 0;
    for (Epoch e : epochs) {
      double t = e.mjdTai - day - meanTime;
      tt += t * t / square(e.err);
      tf += t * (e.flux - meanFlux) / square(e.err);
    }
    boolean oneTime = epochs.get(0).mjdTai == epochs.get(epochs.size() - 1).mjdTai;
    double slope = oneTime ? Double.NaN : tf / tt;
    return new double[] {slope, meanFlux - slope * (meanTime + day)};
  }

  private static double stetsonJ(List<Epoch> epochs, double start) {
    int n = epochs.size();
    if (n < 2) {
      return Double.NaN;
    }
    double scale = Math.sqrt(n / (n - 1.0));
    double mean = start;
    for (int i = 0; i < STETSON_ITERATIONS; i++) {
      double flux = 0;
      double weights = 0;
      for (Epoch e : epochs) {
        double delta = scale * (e.flux - mean) / e.err;
        double w = 1 / square(e.err) / (1 + square(delta / 2));
        flux += w * e.flux;
        weights += w;
      }
      double change = flux / weights - mean;
      mean += change;
      if (Math.abs(change) < STETSON_TOLERANCE) {
        break;
      }
    }
    double sum = 0;
    for (Epoch e : epochs) {
      double p = square(scale * (e.flux - mean) / e.err) - 1;
      sum += Math.signum(p) * Math.sqrt(Math.abs(p));
    }
    return sum / n;
  }
}
