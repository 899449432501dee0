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
  default double nEff(double x, double y) {
    return effectiveArea(kernelImage(x, y));
  }

  /**
   * Relative one-sigma error of a PSF flux at (x, y) that comes from the model itself; 0 where a
   * model does not estimate it.
   */
  default double fluxErrFraction(double x, double y) {
    return 0;
  }

  /** Mean position of the stars that made the model, {x, y}. */
  double[] averagePosition();

  /** Box of a centred stamp. */
  Box stampBox();

  /** What {@link PsfModels#fromTable} makes the same model of. */
  FitsTable toTable();

  /** Effective area in pixels of a stamp of sum 1 that is not a view. */
  static double effectiveArea(ImageD stamp) {
    double squares = 0;
    for (double p : stamp.data) {
      squares += p * p;
    }
    return 1 / squares;
  }
}
