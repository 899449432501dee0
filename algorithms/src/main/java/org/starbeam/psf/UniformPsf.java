package org.starbeam.psf;

import org.starbeam.image.Box;
import org.starbeam.image.ImageD;

/** A PSF of one analytic profile, the same everywhere. */
abstract class UniformPsf implements PsfModel {
  /** Stamps have {@code 2 half + 1} pixels. */
  final int half;

  UniformPsf(int half) {
    this.half = half;
  }

  /** The profile about (x, y) on the pixels of a box, sum 1. */
  abstract ImageD profile(Box box, double x, double y);

  @Override
  public ImageD image(double x, double y) {
    return profile(Box.around((int) Math.rint(x), (int) Math.rint(y), half), x, y);
  }

  @Override
  public ImageD kernelImage(double x, double y) {
    return profile(Box.around(0, 0, half), 0, 0);
  }

  @Override
  public double[] averagePosition() {
    return new double[] {0, 0};
  }

  @Override
  public Box stampBox() {
    return Box.around(0, 0, half);
  }
}
