package org.starbeam.measurement;

import java.util.List;

/**
 * How wrong the size of a PSF model is: the relative error eps that explains, beyond the noise, by
 * how much the sizes of bright star-like objects differ from the model's. Each ratio r = (T - Tpsf)
 * / Tpsf with error s has the density 0.95 N(r; 0, s^2 + eps^2) + 0.05 / 0.2 on -0.1 to 0.1, the
 * second part for galaxies and blends; a prior worth four stars holds eps near {@value #USUAL}. The
 * most probable of 49 values from 0.002 to 0.05 is taken.
 */
public final class PsfSizeError {
  static final double USUAL = 0.005;
  private static final double FLOOR = 0.002;
  private static final double MOST = 0.05;
  private static final int VALUES = 49;
  private static final double PRIOR_STARS = 4;
  private static final double OTHERS = 0.05;
  private static final double RANGE = 0.1;
  private static final double MAX_ERR = 0.03;

  private PsfSizeError() {}

  /**
   * The relative error.
   *
   * @param ratios (T - Tpsf) / Tpsf of objects of any kind
   * @param errs their errors from the pixels
   */
  public static double of(List<Double> ratios, List<Double> errs) {
    double best = USUAL;
    double most = Double.NEGATIVE_INFINITY;
    for (int v = 0; v < VALUES; v++) {
      double eps = FLOOR * Math.pow(MOST / FLOOR, v / (VALUES - 1.0));
      double value = -0.5 * PRIOR_STARS * (2 * Math.log(eps) + USUAL * USUAL / (eps * eps));
      for (int i = 0; i < ratios.size(); i++) {
        value += logDensity(ratios.get(i), errs.get(i), eps);
      }
      if (value > most) {
        most = value;
        best = eps;
      }
    }
    return best;
  }

  private static double logDensity(double ratio, double err, double eps) {
    if (!(Math.abs(ratio) < RANGE) || !(err < MAX_ERR)) {
      return 0;
    }
    double variance = err * err + eps * eps;
    double normal = Math.exp(-0.5 * ratio * ratio / variance) / Math.sqrt(2 * Math.PI * variance);
    return Math.log((1 - OTHERS) * normal + OTHERS / (2 * RANGE));
  }
}
