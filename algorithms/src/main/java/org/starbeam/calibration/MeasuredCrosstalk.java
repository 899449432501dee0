package org.starbeam.calibration;

import java.util.List;
import org.starbeam.camera.CrosstalkMatrix;

/**
 * Crosstalk between the amplifiers of a detector as the sky shows it: the product {@code crosstalk}
 * (specs/01 section 5.10), linear, ADU of the target per ADU of the source.
 *
 * @param detector number of the detector
 * @param amplifiers names, in the order of the detector
 * @param coefficients [source][target]; NaN where they could not be measured
 * @param errors standard deviations of the coefficients
 * @param spots [source][target] bright places behind each coefficient
 * @param exposures that were looked at
 */
public record MeasuredCrosstalk(
    int detector,
    List<String> amplifiers,
    double[][] coefficients,
    double[][] errors,
    int[][] spots,
    int exposures) {
  /** Errors from which a coefficient is believed. */
  public static final double SIGNIFICANT = 3;

  public MeasuredCrosstalk {
    amplifiers = List.copyOf(amplifiers);
  }

  /** The matrix to correct with: coefficients of less than three errors are 0. */
  public CrosstalkMatrix matrix() {
    int n = coefficients.length;
    double[][] out = new double[n][n];
    for (int s = 0; s < n; s++) {
      for (int t = 0; t < n; t++) {
        double c = coefficients[s][t];
        out[s][t] = Math.abs(c) >= SIGNIFICANT * errors[s][t] ? c : 0;
      }
    }
    return CrosstalkMatrix.ofSources(out, new double[n][n]);
  }
}
