package org.starbeam.sky;

/**
 * A map between pixels (0-based, centres at integers) and ICRS directions in degrees. Immutable and
 * thread safe.
 */
public interface Wcs {
  /** Sky position of a pixel position. */
  SkyPoint toSky(double x, double y);

  /**
   * Pixel position of a sky position as {x, y}; NaN for a direction that the projection cannot
   * show.
   */
  double[] toPixel(double raDeg, double decDeg);

  /**
   * Derivatives of the local tangent-plane offsets (east, north; arcsec) with respect to x and y at
   * a pixel: {dE/dx, dE/dy, dN/dx, dN/dy}.
   */
  double[] jacobian(double x, double y);

  /** Solid angle of a pixel in arcsec^2: the absolute determinant of the Jacobian. */
  default double pixelArea(double x, double y) {
    double[] j = jacobian(x, y);
    return Math.abs(j[0] * j[3] - j[1] * j[2]);
  }
}
