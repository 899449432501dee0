package org.starbeam.calibration;

import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageF;

/**
 * The charge that follows the last data column of a flat into its serial overscan (extended pixel
 * edge response, specs/01 section 5.9): means over the rows, above the later overscan columns of
 * the same row, in which nothing of it is left. Electrons.
 *
 * @param signal of the last data column
 * @param charge of the first overscan columns
 * @param error standard deviation of each of these
 * @param transfers of the last data column
 */
public record OverscanTail(double signal, double[] charge, double error, int transfers) {
  /** Overscan columns that can hold deferred charge. */
  public static final int COLUMNS = 13;

  private static final int FEWEST_LATER = 8;
  private static final ClippedStatistics STATISTICS = new ClippedStatistics();

  /**
   * Measures an amplifier in a flat.
   *
   * @param raw whole raw image in read order, ADU; not modified
   * @param data its data box
   * @param overscan its serial overscan
   * @param gain electrons per ADU
   * @return null where the overscan does not follow the data or is too narrow
   */
  public static @Nullable OverscanTail measure(ImageF raw, Box data, Box overscan, double gain) {
    if (overscan.x0() != data.x1() || overscan.width() < COLUMNS + FEWEST_LATER) {
      return null;
    }
    double[][] columns = new double[COLUMNS + 1][data.height()];
    for (int y = 0; y < data.height(); y++) {
      int at = raw.index(overscan.x0(), data.y0() + y);
      double level = 0;
      for (int x = COLUMNS; x < overscan.width(); x++) {
        level += raw.data[at + x];
      }
      level /= overscan.width() - COLUMNS;
      for (int k = 0; k <= COLUMNS; k++) {
        columns[k][y] = gain * (raw.data[at + k - 1] - level);
      }
    }
    double[] charge = new double[COLUMNS];
    double variance = 0;
    for (int k = 0; k < COLUMNS; k++) {
      ClippedStatistics.Result r = STATISTICS.of(columns[k + 1]);
      charge[k] = r.meanClip();
      variance += r.seMean() * r.seMean() / COLUMNS;
    }
    double signal = STATISTICS.of(columns[0]).meanClip();
    return new OverscanTail(signal, charge, Math.sqrt(variance), data.x1());
  }
}
