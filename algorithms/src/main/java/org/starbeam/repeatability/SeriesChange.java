package org.starbeam.repeatability;

import java.util.Arrays;
import org.starbeam.image.ClippedStatistics;

/**
 * How a new value of a metric compares with the earlier ones of its series (specs/07 section 12.3):
 * z = (new - reference) / s with the median of the earlier values as reference and s the largest of
 * 1.4826 times their median absolute deviation, a share of the reference and an absolute floor.
 *
 * @param reference NaN with fewer than four earlier values
 * @param scatter s
 * @param z positive when the value grew
 */
public record SeriesChange(double reference, double scatter, double z) {
  /** Fewest earlier values that a scatter can be taken from. */
  public static final int FEWEST = 4;

  /** How many of the last values count. */
  public static final int LAST = 12;

  /** Least scatter as a share of the reference. */
  public static final double RELATIVE_FLOOR = 0.02;

  private static final SeriesChange UNKNOWN = new SeriesChange(Double.NaN, Double.NaN, Double.NaN);

  /**
   * @param earlier values, newest first; those that are not finite and those after the first
   *     {@value #LAST} do not count
   */
  public static SeriesChange of(
      double[] earlier, double value, double relativeFloor, double absoluteFloor) {
    double[] last = Arrays.stream(earlier).filter(Double::isFinite).limit(LAST).toArray();
    if (last.length < FEWEST) {
      return UNKNOWN;
    }
    double reference = ClippedStatistics.median(last);
    double scatter =
        Math.max(
            ClippedStatistics.medianScatter(last),
            Math.max(relativeFloor * Math.abs(reference), absoluteFloor));
    return new SeriesChange(reference, scatter, (value - reference) / scatter);
  }
}
