package org.starbeam.repeatability;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.starbeam.image.ClippedStatistics;

/**
 * How round images are (LSST SRD, LPM-17; specs/07 section 11.1): the median over visits of the
 * median ellipticity of the PSF over the focal plane (SE1), and how many single ellipticities are
 * how large (SE2, EF1). The ellipticity is the distortion |(Ixx - Iyy, 2 Ixy)| / (Ixx + Iyy).
 *
 * @param median over the visits
 * @param single of all visits
 */
public record PsfEllipticity(Median median, Deviations single) {
  /** Distortion of second moments; NaN where they are none. */
  public static double distortion(double xx, double yy, double xy) {
    double trace = xx + yy;
    return trace > 0 ? Math.hypot(xx - yy, 2 * xy) / trace : Double.NaN;
  }

  /**
   * @param visits the ellipticities of each; NaN does not count
   */
  public static PsfEllipticity of(List<double[]> visits) {
    List<double[]> known = new ArrayList<>();
    for (double[] visit : visits) {
      double[] finite = Arrays.stream(visit).filter(Double::isFinite).toArray();
      if (finite.length > 0) {
        known.add(finite);
      }
    }
    return new PsfEllipticity(
        Median.of(known.stream().mapToDouble(ClippedStatistics::median).toArray()),
        new Deviations(known.stream().flatMapToDouble(Arrays::stream).toArray()));
  }
}
