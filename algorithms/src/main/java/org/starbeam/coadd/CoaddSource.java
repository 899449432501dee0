package org.starbeam.coadd;

import org.starbeam.image.Box;
import org.starbeam.image.MaskedImage;
import org.starbeam.psf.PsfModel;
import org.starbeam.sky.Wcs;

/**
 * A calibrated detector image that can go into coadds, read by boxes. Visit, detector and content
 * are known without opening it.
 */
public interface CoaddSource {
  long visit();

  int detector();

  /** Names the content: when it is the same, so are pixels, geometry, PSF and numbers. */
  String content();

  /** All pixels of the image. */
  Box box();

  Wcs wcs();

  PsfModel psf();

  /**
   * Factor at a place that brings fluxes normalised by {@link #psf} to the calibration flux, to
   * which the zero point is tied; 1 when nothing is known of it.
   */
  double apertureCorrection(double x, double y);

  /** Integer weight, {@link CoaddWeight}. */
  int weight();

  /** Width of the PSF, pixels of the image. */
  double psfSigma();

  /** Numbers of the exposure; PSF moments and pixel step are filled in for each cell. */
  InputStatistics statistics();

  /** Planes of a box inside {@link #box}, in nJy and nJy^2. */
  MaskedImage read(Box part);
}
