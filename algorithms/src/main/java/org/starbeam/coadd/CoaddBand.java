package org.starbeam.coadd;

import java.util.function.DoubleBinaryOperator;
import org.starbeam.image.MaskedImage;
import org.starbeam.psf.PsfModel;
import org.starbeam.warp.NoiseCorrelation;

/**
 * One band of a region of the coadd, ready to be measured.
 *
 * @param band name of the band
 * @param image nJy per pixel in tract pixels, background subtracted
 * @param psf PSF, constant in each cell
 * @param apertureCorrection factor at a pixel that brings fluxes normalised by the PSF to the
 *     calibration flux, constant in each cell
 * @param noise correlation of the pixel noise
 */
public record CoaddBand(
    String band,
    MaskedImage image,
    PsfModel psf,
    DoubleBinaryOperator apertureCorrection,
    NoiseCorrelation noise) {

  /** A band whose zero point is that of the whole PSF. */
  public CoaddBand(String band, MaskedImage image, PsfModel psf, NoiseCorrelation noise) {
    this(band, image, psf, (x, y) -> 1, noise);
  }
}
