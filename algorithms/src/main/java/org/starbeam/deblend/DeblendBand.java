package org.starbeam.deblend;

import org.starbeam.image.MaskedImage;
import org.starbeam.psf.PsfModel;

/**
 * One band of a region that holds a blend.
 *
 * @param name of the band
 * @param image background subtracted
 * @param psf PSF, constant in each cell
 * @param variance of a pixel of the sky near the blend
 */
public record DeblendBand(String name, MaskedImage image, PsfModel psf, double variance) {}
