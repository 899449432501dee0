package org.starbeam.repeatability;

import java.util.ArrayList;
import java.util.List;

/**
 * Scatter of magnitudes without that of the photons (specs/07 section 11.3): the median over stars
 * of sqrt(max(0, s^2 - mean err^2)), s the sample standard deviation.
 */
public final class IntrinsicScatter {
  private IntrinsicScatter() {}

  /**
   * @param mags of each star
   * @param errs their errors; a star of which one is not finite does not count
   * @param minVisits stars with fewer do not count
   */
  public static Median of(List<double[]> mags, List<double[]> errs, int minVisits) {
    List<Double> out = new ArrayList<>();
    for (int star = 0; star < mags.size(); star++) {
      double[] mag = mags.get(star);
      double noise = 0;
      for (double err : errs.get(star)) {
        noise += err * err;
      }
      if (mag.length >= minVisits && Double.isFinite(noise)) {
        double s = PhotometricScatter.sampleDeviation(mag);
        out.add(Math.sqrt(Math.max(0, s * s - noise / mag.length)));
      }
    }
    return Median.of(out.stream().mapToDouble(Double::doubleValue).toArray());
  }
}
