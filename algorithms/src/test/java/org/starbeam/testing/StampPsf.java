package org.starbeam.testing;

import org.starbeam.fits.FitsTable;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.psf.PsfModel;

/**
 * A PSF that is the same everywhere, moved by whole pixels only.
 *
 * @param stamp around (0, 0), sum 1
 * @param moments {Ixx, Iyy, Ixy}
 */
public record StampPsf(ImageD stamp, double[] moments) implements PsfModel {
  @Override
  public ImageD image(double x, double y) {
    return stamp.withOrigin(
        (int) Math.rint(x) + stamp.box().x0(), (int) Math.rint(y) + stamp.box().y0());
  }

  @Override
  public ImageD kernelImage(double x, double y) {
    return stamp;
  }

  @Override
  public double[] shape(double x, double y) {
    return moments.clone();
  }

  @Override
  public double[] averagePosition() {
    return new double[2];
  }

  @Override
  public Box stampBox() {
    return stamp.box();
  }

  @Override
  public FitsTable toTable() {
    throw new UnsupportedOperationException("a PSF of tests is not stored");
  }
}
