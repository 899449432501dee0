package org.starbeam.repeatability;

import java.util.Arrays;
import java.util.List;

/**
 * Repeatability of magnitudes (LSST SRD, LPM-17; specs/07 section 11.1): the median over stars of
 * the sample standard deviation (PA1), and how many single measurements are how far from the mean
 * of their star (PF1, PA2), and how many stars scatter how much more than the median (PF1 in the
 * form of analysis_tools). Cost O(n log n) in the measurements.
 *
 * @param scatter median over the stars, mag
 * @param deviations of single measurements, mag
 * @param excess of each star, its scatter less the median, mag
 */
public record PhotometricScatter(Median scatter, Deviations deviations, Deviations excess) {
  /**
   * @param stars the magnitudes of each; stars with fewer than {@code minVisits} do not count
   */
  public static PhotometricScatter of(List<double[]> stars, int minVisits) {
    List<double[]> seen = stars.stream().filter(m -> m.length >= minVisits).toList();
    double[] scatter = new double[seen.size()];
    double[] away = new double[seen.stream().mapToInt(m -> m.length).sum()];
    int n = 0;
    for (int s = 0; s < scatter.length; s++) {
      double[] mags = seen.get(s);
      double mean = mean(mags);
      scatter[s] = sampleDeviation(mags);
      for (double mag : mags) {
        away[n++] = Math.abs(mag - mean);
      }
    }
    Median median = Median.of(scatter);
    return new PhotometricScatter(
        median,
        new Deviations(away),
        new Deviations(Arrays.stream(scatter).map(s -> s - median.value()).toArray()));
  }

  static double mean(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum / values.length;
  }

  /** Standard deviation with n - 1. */
  static double sampleDeviation(double[] values) {
    double mean = mean(values);
    double sum = 0;
    for (double value : values) {
      sum += (value - mean) * (value - mean);
    }
    return Math.sqrt(sum / (values.length - 1));
  }
}
