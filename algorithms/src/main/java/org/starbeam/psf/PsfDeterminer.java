package org.starbeam.psf;

/** Makes a PSF model of an image from stamps of its stars. */
public interface PsfDeterminer {
  /**
   * Fits a model. Few stars give a simpler model and a flag in the result, never an exception.
   *
   * @param stamps of the stars, in any number
   * @param priorFwhm seeing in pixels, used when there is no star at all and to start the fit
   */
  PsfFit fit(StampSet stamps, double priorFwhm);
}
