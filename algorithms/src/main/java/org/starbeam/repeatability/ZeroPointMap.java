package org.starbeam.repeatability;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How much the zero point differs over the sky (LSST SRD, LPM-17; specs/07 section 11.1): the
 * sample standard deviation over pixels of the mean of measured less reference magnitude (PA3), and
 * how many pixels are how far from their mean (PF2, PA4). What is the same everywhere is not of it.
 * Any order of the stars gives the same bits.
 *
 * @param pixels that have enough stars
 * @param rms mag; NaN of fewer than two pixels
 * @param deviations of the pixels, mag
 */
public record ZeroPointMap(int pixels, double rms, Deviations deviations) {
  /**
   * @param pixel of each star
   * @param offset measured less reference magnitude of each star; NaN does not count
   * @param fewest stars of a pixel
   */
  public static ZeroPointMap of(long[] pixel, double[] offset, int fewest) {
    Map<Long, List<Double>> byPixel = new TreeMap<>();
    for (int i = 0; i < pixel.length; i++) {
      if (Double.isFinite(offset[i])) {
        byPixel.computeIfAbsent(pixel[i], p -> new ArrayList<>()).add(offset[i]);
      }
    }
    double[] means =
        byPixel.values().stream()
            .filter(stars -> stars.size() >= fewest)
            .mapToDouble(
                s ->
                    PhotometricScatter.mean(
                        s.stream().mapToDouble(Double::doubleValue).sorted().toArray()))
            .toArray();
    double middle = PhotometricScatter.mean(means);
    return new ZeroPointMap(
        means.length,
        means.length < 2 ? Double.NaN : PhotometricScatter.sampleDeviation(means),
        new Deviations(Arrays.stream(means).map(m -> Math.abs(m - middle)).toArray()));
  }

  /** Error of the rms of so many Gaussian pixels, mag. */
  public double err() {
    return rms / Math.sqrt(2.0 * (pixels - 1));
  }
}
