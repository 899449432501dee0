package org.starbeam.repeatability;

import java.util.Arrays;
import org.starbeam.image.ClippedStatistics;

/**
 * How far stars are in one band from where they are in another (LSST SRD, LPM-17; specs/07 section
 * 11.1): the root mean square per axis about zero, of what is within five robust sigma of the
 * median (AB1), and how many are how far (ABF1, AB2). The larger of the two axes counts. Any order
 * of the stars gives the same bits; cost O(n log n).
 */
public final class BandOffsets {
  private static final double CLIP = 5;

  private final double rms;
  private final Deviations east;
  private final Deviations north;

  private BandOffsets(double[] east, double[] north) {
    rms = Math.max(clippedRms(east), clippedRms(north));
    this.east = new Deviations(Arrays.stream(east).map(Math::abs).toArray());
    this.north = new Deviations(Arrays.stream(north).map(Math::abs).toArray());
  }

  /**
   * @param offsets {east, north} of each star, mas; those that are not finite do not count
   */
  public static BandOffsets of(Iterable<double[]> offsets) {
    double[] east = new double[64];
    double[] north = new double[64];
    int n = 0;
    for (double[] offset : offsets) {
      if (Double.isFinite(offset[0]) && Double.isFinite(offset[1])) {
        if (n == east.length) {
          east = Arrays.copyOf(east, 2 * n);
          north = Arrays.copyOf(north, 2 * n);
        }
        east[n] = offset[0];
        north[n++] = offset[1];
      }
    }
    return new BandOffsets(Arrays.copyOf(east, n), Arrays.copyOf(north, n));
  }

  private static double clippedRms(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double middle = ClippedStatistics.median(sorted);
    double limit = CLIP * ClippedStatistics.medianScatter(sorted);
    double sum = 0;
    int n = 0;
    for (double value : sorted) {
      if (Math.abs(value - middle) <= limit) {
        sum += value * value;
        n++;
      }
    }
    return n == 0 ? Double.NaN : Math.sqrt(sum / n);
  }

  /** Number of stars. */
  public int size() {
    return east.size();
  }

  /** mas; NaN of none. */
  public double rms() {
    return rms;
  }

  /** Error of the rms of so many Gaussian offsets, mas. */
  public double err() {
    return rms / Math.sqrt(2.0 * size());
  }

  /** Percentage of the stars that are farther off than a limit; NaN of none. */
  public double percentBeyond(double limitMas) {
    return Math.max(east.percentBeyond(limitMas), north.percentBeyond(limitMas));
  }

  /** Limit beyond which so many percent lie, mas; NaN of none. */
  public double limitOf(double percent) {
    return Math.max(east.limitOf(percent), north.limitOf(percent));
  }
}
