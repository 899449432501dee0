package org.starbeam.difference;

import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.warp.NoiseCorrelation;

/**
 * How the noise of a template is correlated on the grid of a detector: from pixel to pixel, because
 * it was resampled twice, and with the noise of the visit itself, where that is one of its inputs
 * (specs/03 sections 6.5 and 7.7).
 *
 * <p>All is told relative to the template's variance plane v_T, which resampling has made for white
 * noise: {@code cov(T(p), T(p + l)) = v_T covariance(l)}. With weights inverse to the variance a
 * template has the same covariance with each of its inputs, {@code cov(S(p), T(p + l)) = v_T
 * shared(l)}, whatever its share.
 *
 * @param covariance autocovariance by lag; null for white noise
 * @param shared covariance with an input by lag; null when no input is the visit itself
 * @param own by pixel 1 where the visit is an input, 0 where not, between them across tracts; null
 *     when it is nowhere
 */
public record TemplateNoise(
    @Nullable ImageD covariance, @Nullable ImageD shared, @Nullable ImageF own) {
  /** Largest lag per axis. */
  static final int REACH = 8;

  /** White and independent of the visit. */
  public static TemplateNoise white() {
    return new TemplateNoise(null, null, null);
  }

  /**
   * The noise of a coadd that is resampled to a detector.
   *
   * @param coadd correlation of the coadd's pixels
   * @param order of the Lanczos kernel of both resamplings
   * @param jacobian of coadd pixels by detector pixels, row by row
   * @param own the visit's place among the inputs; null when it is none
   */
  static TemplateNoise resampled(
      NoiseCorrelation coadd, int order, double[] jacobian, @Nullable ImageF own) {
    NoiseCorrelation.Overlap kernel = new NoiseCorrelation.Overlap(order, REACH + 1);
    double one = kernel.at(0) * kernel.at(0);
    ImageD covariance = new ImageD(Box.around(0, 0, REACH));
    ImageD shared = new ImageD(covariance.box());
    for (int y = -REACH; y <= REACH; y++) {
      for (int x = -REACH; x <= REACH; x++) {
        double u = jacobian[0] * x + jacobian[1] * y;
        double v = jacobian[2] * x + jacobian[3] * y;
        covariance.set(x, y, coadd.through(kernel, u, v) / one);
        shared.set(x, y, kernel.at(u) * kernel.at(v) / (one * one));
      }
    }
    return new TemplateNoise(covariance, own == null ? null : shared, own);
  }
}
