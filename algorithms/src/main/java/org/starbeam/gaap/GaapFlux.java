package org.starbeam.gaap;

/**
 * Flux in one aperture.
 *
 * @param flux in units of the image; NaN when it could not be measured
 * @param err one sigma
 * @param bigPsf the PSF is too big for the aperture
 * @param edge the aperture reaches pixels where there is no image
 * @param interpolated masked pixels were replaced by the model of the object
 * @param gaussian the PSF could not be divided out and stood as a Gaussian
 */
public record GaapFlux(
    double flux, double err, boolean bigPsf, boolean edge, boolean interpolated, boolean gaussian) {
  static final GaapFlux BIG_PSF = new GaapFlux(Double.NaN, Double.NaN, true, false, false, false);

  /** Whether there is no flux. */
  public boolean isFailed() {
    return Double.isNaN(flux);
  }

  GaapFlux failed() {
    return new GaapFlux(Double.NaN, Double.NaN, bigPsf, edge, interpolated, gaussian);
  }

  /** Flux and error times a factor. */
  public GaapFlux times(double factor) {
    return new GaapFlux(flux * factor, err * factor, bigPsf, edge, interpolated, gaussian);
  }
}
