package org.starbeam.hips;

import java.util.List;
import java.util.Map;

/**
 * Three bands as blue, green and red (specs/07 section 3.3): weights that make a star of the colour
 * of the Sun, g - r = 0.45 and r - i = 0.12, neutral, and what stands in for a band without a
 * value. Bands other than g, r and i have weight 1.
 */
public final class ThreeBands {
  private static final Map<String, Double> MAGNITUDE_MINUS_RED =
      Map.of("g", 0.45, "r", 0.0, "i", -0.12);

  private ThreeBands() {}

  /** Factor of each band. */
  public static double[] weights(List<String> bands) {
    return bands.stream()
        .mapToDouble(band -> AsinhRgb.bandWeight(MAGNITUDE_MINUS_RED.getOrDefault(band, 0.0)))
        .toArray();
  }

  /**
   * Replaces values that are not finite by the mean of those that are: two bands give a colour, one
   * band gray.
   *
   * @param values weighted, modified
   * @return number of values that are finite; with 0 nothing is replaced
   */
  public static int impute(double[] values) {
    double sum = 0;
    int valid = 0;
    for (double value : values) {
      if (Double.isFinite(value)) {
        sum += value;
        valid++;
      }
    }
    for (int k = 0; k < values.length; k++) {
      if (!Double.isFinite(values[k]) && valid > 0) {
        values[k] = sum / valid;
      }
    }
    return valid;
  }
}
