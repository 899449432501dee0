package org.starbeam.repeatability;

import java.util.Arrays;
import org.starbeam.image.ClippedStatistics;

/** Deviations of single measurements from what they should be, absolute where both sides count. */
public final class Deviations {
  private final double[] sorted;

  Deviations(double[] values) {
    sorted = values.clone();
    Arrays.sort(sorted);
  }

  public int size() {
    return sorted.length;
  }

  /** Percentage that is larger than a limit; NaN of none. */
  public double percentBeyond(double limit) {
    int at = Arrays.binarySearch(sorted, limit);
    int first = at < 0 ? -at - 1 : at;
    while (first < sorted.length && sorted[first] <= limit) {
      first++;
    }
    return sorted.length == 0 ? Double.NaN : 100.0 * (sorted.length - first) / sorted.length;
  }

  /** Limit beyond which so many percent lie, between neighbours by a line; NaN of none. */
  public double limitOf(double percent) {
    return sorted.length == 0 ? Double.NaN : ClippedStatistics.quantile(sorted, 1 - percent / 100);
  }
}
