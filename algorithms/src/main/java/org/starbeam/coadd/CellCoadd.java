package org.starbeam.coadd;

import java.util.List;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskedImage;

/**
 * The weighted mean of the inputs of one cell, with one PSF.
 *
 * @param pixels image (nJy), mask, variance (nJy^2) over the outer box, first pixel at (0, 0)
 * @param maskedFraction weighted masked fraction, 0 to 255, row by row
 * @param noise noise planes
 * @param psf the same weighted mean of the inputs' images of a star, centred on (0, 0), unit sum
 * @param inputs what went in, in canonical order
 * @param summary numbers of the cell
 * @param flags what a user should know
 */
public record CellCoadd(
    MaskedImage pixels,
    byte[] maskedFraction,
    List<ImageF> noise,
    ImageD psf,
    List<CellInput> inputs,
    Summary summary,
    List<Flag> flags) {
  /** Properties of a cell that a user should know. */
  public enum Flag {
    /** Fewer than three inputs: no temporal artifact rejection. */
    LOW_N,
    /** Only mostly masked inputs were there. */
    FALLBACK,
    /** The same visit and detector twice: a defect of the pipeline. */
    DUPLICATE_INPUT
  }

  /**
   * Weighted means over the inputs.
   *
   * @param weight sum of integer weights
   * @param effectiveInputs (sum W)^2 / sum W^2
   * @param ixx mean PSF moment, tract pixels^2
   * @param iyy mean PSF moment
   * @param ixy mean PSF moment
   * @param airmass mean airmass
   * @param mjd mean time, TAI MJD
   * @param mjdMin first time
   * @param mjdMax last time
   * @param exposureTime sum, seconds
   * @param skyBackground mean background, nJy per pixel
   * @param skyNoise mean sky noise of an input, nJy per pixel
   * @param apertureCorrection brings fluxes normalised by the PSF to the calibration flux
   */
  public record Summary(
      long weight,
      double effectiveInputs,
      double ixx,
      double iyy,
      double ixy,
      double airmass,
      double mjd,
      double mjdMin,
      double mjdMax,
      double exposureTime,
      double skyBackground,
      double skyNoise,
      double apertureCorrection) {}

  public boolean isEmpty() {
    return inputs.isEmpty();
  }
}
