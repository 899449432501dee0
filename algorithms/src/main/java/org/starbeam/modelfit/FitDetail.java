package org.starbeam.modelfit;

/**
 * What a fit knows of one object (specs/04 section 9.6): the parameters and fluxes and how they
 * vary together. Parameters are the centre x and y in pixels, then of each component log10 sigma_x,
 * log10 sigma_y (pixels, of the half-light ellipse), the logit of (rho + 1) / 2 and, where it is
 * fitted, the logit of the Sersic index in (0.5, 6).
 *
 * @param bands places of the bands that had pixels
 * @param parameters of the object
 * @param fluxes nJy, by band and component
 * @param covariance of the parameters and then the fluxes, band by band; what was held at a bound
 *     has 0, NaN when the fit is degenerate
 * @param chi2 of each band in the region of the group, with the weights of the fit
 * @param pixels that each band had there
 */
@SuppressWarnings("ArrayRecordComponent") // numbers; never compared
public record FitDetail(
    int[] bands,
    double[] parameters,
    double[][] fluxes,
    double[][] covariance,
    double[] chi2,
    int[] pixels) {
  /** Of an object without pixels. */
  static final FitDetail NONE =
      new FitDetail(
          new int[0], new double[0], new double[0][], new double[0][], new double[0], new int[0]);

  /**
   * The same with fluxes times a factor.
   *
   * @param factors by place of the band
   */
  FitDetail scaled(double[] factors) {
    int n = parameters.length;
    double[] each = new double[covariance.length];
    java.util.Arrays.fill(each, 1);
    double[][] scaledFluxes = new double[fluxes.length][];
    int at = n;
    for (int b = 0; b < fluxes.length; b++) {
      scaledFluxes[b] = fluxes[b].clone();
      for (int c = 0; c < fluxes[b].length; c++) {
        scaledFluxes[b][c] *= factors[bands[b]];
        each[at++] = factors[bands[b]];
      }
    }
    double[][] scaledCovariance = new double[covariance.length][covariance.length];
    for (int i = 0; i < each.length; i++) {
      for (int j = 0; j < each.length; j++) {
        scaledCovariance[i][j] = covariance[i][j] * each[i] * each[j];
      }
    }
    return new FitDetail(bands, parameters, scaledFluxes, scaledCovariance, chi2, pixels);
  }
}
