package org.starbeam.gaap;

import org.starbeam.image.ImageD;

/**
 * The weight u that measures, on an image with seeing, the flux in an aperture before seeing: F =
 * sum(u D).
 *
 * @param pixels u about the pixel of the source
 * @param errorFactor factor by which correlated noise raises the error of F
 * @param isGaussian true when the PSF could not be divided out and stands as a Gaussian
 */
record DualWeight(ImageD pixels, double errorFactor, boolean isGaussian) {}
