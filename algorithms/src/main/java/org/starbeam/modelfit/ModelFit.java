package org.starbeam.modelfit;

import java.util.Set;

/**
 * One model of one object.
 *
 * @param model structure
 * @param xErr standard error of the centre, pixels
 * @param yErr standard error of the centre, pixels
 * @param xyCov covariance of the centre, square pixels
 * @param shapeErr standard errors of sigma_x, sigma_y (pixels) and rho of the first component; NaN
 *     for a point
 * @param meanRadiusErr relative error of the mean half-light radius
 * @param indexErr standard error of the Sersic index; NaN when it is fixed
 * @param fluxes by band, nJy, all components
 * @param fluxErrs standard errors
 * @param bulgeFraction by band, share of the second component of two
 * @param chi2Reduced chi-square per degree of freedom of the group's region, all bands
 * @param deltaLnLikelihood over a point source at the same place
 * @param evaluations of the model in the fit of the group
 * @param detail all parameters and fluxes with their covariance
 */
public record ModelFit(
    SourceModel model,
    double xErr,
    double yErr,
    double xyCov,
    double[] shapeErr,
    double meanRadiusErr,
    double indexErr,
    double[] fluxes,
    double[] fluxErrs,
    double[] bulgeFraction,
    double chi2Reduced,
    double deltaLnLikelihood,
    int evaluations,
    Set<Flag> flags,
    FitDetail detail) {
  /** The same with fluxes and their errors times a factor for every band. */
  public ModelFit scaled(double[] factors) {
    return new ModelFit(
        model,
        xErr,
        yErr,
        xyCov,
        shapeErr,
        meanRadiusErr,
        indexErr,
        product(fluxes, factors),
        product(fluxErrs, factors),
        bulgeFraction,
        chi2Reduced,
        deltaLnLikelihood,
        evaluations,
        flags,
        detail.scaled(factors));
  }

  private static double[] product(double[] a, double[] b) {
    double[] out = a.clone();
    for (int i = 0; i < out.length; i++) {
      out[i] *= b[i];
    }
    return out;
  }

  /** What is to be known of a fit. */
  public enum Flag {
    /** No pixel could be used. */
    NO_DATA,
    /** The PSF's mixture failed in a band. */
    PSF_FAILED,
    /** The object lies outside the region that was fitted. */
    NOT_PRIMARY_REGION,
    /** The evaluations were used up. */
    MAX_EVAL,
    /** The size ended at its bound. */
    AT_BOUND_SIZE,
    /** The index ended at its bound. */
    AT_BOUND_N,
    /** The correlation of the ellipse ended at its bound. */
    AT_BOUND_RHO,
    /** The centre ended at its bound. */
    AT_BOUND_CENTROID,
    /** The centre is more than 3 sigma and a pixel away from where the object is. */
    CENTROID_DRIFT,
    /** Faint, and more than three times larger than it looks. */
    SUPER_SPREADER,
    /** No band has a flux, or there are fewer pixels than parameters. */
    FAILED
  }
}
