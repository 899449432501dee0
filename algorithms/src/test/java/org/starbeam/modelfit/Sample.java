package org.starbeam.modelfit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Numbers whose median is compared with a goal. */
final class Sample {
  private final List<Double> values = new ArrayList<>();

  void add(double value) {
    values.add(value);
  }

  int size() {
    return values.size();
  }

  double median() {
    return median(values.stream().mapToDouble(v -> v).toArray());
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int n = sorted.length;
    return n % 2 == 1 ? sorted[n / 2] : 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]);
  }

  /** Robust standard deviation. */
  double spread() {
    double middle = median();
    return 1.4826 * median(values.stream().mapToDouble(v -> Math.abs(v - middle)).toArray());
  }

  /** Standard error of the median. */
  double error() {
    return 1.2533 * spread() / Math.sqrt(values.size());
  }

  /** By how much the median is surely (at two standard errors) away from 0. */
  double surely() {
    return Math.max(0, Math.abs(median()) - 2 * error());
  }

  double mean() {
    return values.stream().mapToDouble(v -> v).average().orElse(Double.NaN);
  }

  @Override
  public String toString() {
    return "%+.4f +- %.4f".formatted(median(), error());
  }
}
