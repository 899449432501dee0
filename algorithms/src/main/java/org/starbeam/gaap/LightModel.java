package org.starbeam.gaap;

/**
 * How light falls on the pixels of one band: that of the object itself, in any unit, or that of its
 * neighbours, in units of the image.
 */
@FunctionalInterface
public interface LightModel {
  /** Light in pixel (x, y) of the image. */
  double at(int x, int y);

  /** No light: neighbours that were taken away before. */
  LightModel NONE = (x, y) -> 0;

  /** A Gaussian of the given moments in pixel^2 about a place. */
  static LightModel gaussian(double x0, double y0, Aperture moments) {
    return (x, y) -> moments.weight(x - x0, y - y0);
  }
}
