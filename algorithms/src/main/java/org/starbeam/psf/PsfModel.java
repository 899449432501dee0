package org.starbeam.psf;

import org.starbeam.fits.FitsTable;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;

/**
 * The point spread function of an image as a function of place. Immutable and thread safe; what is
 * stored is a table that evaluates to the same bits when it is read back.
 */
public interface PsfModel {
  /**
   * The PSF of a point source at pixel position (x, y): sum 1 over its box, placed in the image's
   * own coordinates, with its sub-pixel position.
   */
  ImageD image(double x, double y);

  /** The PSF at (x, y) centred on pixel (0, 0), sum 1; its box is symmetric about (0, 0). */
  ImageD kernelImage(double x, double y);

  /** Adaptive second moments of the PSF at (x, y) in pixel^2: {Ixx, Iyy, Ixy}. */
  double[] shape(double x, double y);

  /** Effective area (sum P)^2 / sum P^2 in pixels. */
  double nEff(double x, double y);

  /**
   * Relative one-sigma error of a PSF flux at (x, y) that comes from the model itself; 0 if
   * unknown.
   */
  double fluxErrFraction(double x, double y);

  /** Mean position of the stars that made the model, {x, y}. */
  double[] averagePosition();

  /** Box of a centred stamp. */
  Box stampBox();

  FitsTable toTable();
}
