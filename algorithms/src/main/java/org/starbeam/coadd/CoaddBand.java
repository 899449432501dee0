package org.starbeam.coadd;

import org.starbeam.image.MaskedImage;
import org.starbeam.psf.PsfModel;
import org.starbeam.warp.NoiseCorrelation;

/**
 * One band of a region of the coadd, ready to be measured.
 *
 * @param band name of the band
 * @param image nJy per pixel in tract pixels, background subtracted
 * @param psf PSF, constant in each cell
 * @param noise correlation of the pixel noise
 */
public record CoaddBand(String band, MaskedImage image, PsfModel psf, NoiseCorrelation noise) {}
