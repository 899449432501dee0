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
   * a pixel: {dE/dx, dE/dy, dN/dx, dN/dy}; by central differences over one pixel, good to 1e-8.
   */
  default double[] jacobian(double x, double y) {
    Gnomonic plane = new Gnomonic(toSky(x, y));
    double[] right = plane.project(toSky(x + 0.5, y));
    double[] left = plane.project(toSky(x - 0.5, y));
    double[] up = plane.project(toSky(x, y + 0.5));
    double[] down = plane.project(toSky(x, y - 0.5));
    double scale = Angles.ARCSEC_PER_RADIAN;
    return new double[] {
      (right[0] - left[0]) * scale,
      (up[0] - down[0]) * scale,
      (right[1] - left[1]) * scale,
      (up[1] - down[1]) * scale
    };
  }

  /** Solid angle of a pixel in arcsec^2: the absolute determinant of the Jacobian. */
  default double pixelArea(double x, double y) {
    double[] j = jacobian(x, y);
    return Math.abs(j[0] * j[3] - j[1] * j[2]);
  }
}
