package org.starbeam.modelfit;

import org.jspecify.annotations.Nullable;

/**
 * An object as it was measured before its models are fitted.
 *
 * @param x position in pixels
 * @param y position in pixels
 * @param moments Gaussian of its light as seen, PSF included; null when there are none
 * @param fluxes estimate of its flux by band, nJy, in the order of the bands; NaN where unknown
 * @param snr signal to noise of all bands together
 */
public record ModelTarget(
    double x, double y, @Nullable EllipseShape moments, double[] fluxes, double snr) {
  /** Flux of all bands, at least 1 nJy. */
  double totalFlux() {
    double sum = 0;
    for (double f : fluxes) {
      sum += Double.isFinite(f) ? f : 0;
    }
    return Math.max(1, sum);
  }
}
