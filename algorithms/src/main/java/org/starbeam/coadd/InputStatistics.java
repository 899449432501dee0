package org.starbeam.coadd;

/**
 * Numbers of one input that a cell averages or lists beside its pixels.
 *
 * @param mjd middle of the exposure, TAI MJD
 * @param exposureTime seconds
 * @param fwhm seeing of the input, arcsec
 * @param airmass airmass; NaN if unknown
 * @param ixx PSF moment of the input at the cell in tract pixels^2
 * @param iyy PSF moment
 * @param ixy PSF moment
 * @param skyBackground background, nJy per pixel; NaN if unknown
 * @param skyNoise sky noise, nJy per pixel
 * @param noiseFactor factor, at least 1, by which fluxes of point sources scatter more than the
 *     variance plane of the input says: the noise of frames that were resampled before is
 *     correlated; 1 for white noise
 * @param pixelStep size of a tract pixel at the cell in pixels of the input
 */
public record InputStatistics(
    double mjd,
    double exposureTime,
    double fwhm,
    double airmass,
    double ixx,
    double iyy,
    double ixy,
    double skyBackground,
    double skyNoise,
    double noiseFactor,
    double pixelStep) {}
