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

  /**
   * Second moments, or a covariance, after a linear map of the coordinates: J M J'.
   *
   * @param j the map by rows, like a {@link #jacobian}, which takes pixels to arcsec east and north
   * @return {xx, yy, xy}
   */
  static double[] moments(double[] j, double xx, double yy, double xy) {
    return new double[] {
      j[0] * j[0] * xx + 2 * j[0] * j[1] * xy + j[1] * j[1] * yy,
      j[2] * j[2] * xx + 2 * j[2] * j[3] * xy + j[3] * j[3] * yy,
      j[0] * j[2] * xx + (j[0] * j[3] + j[1] * j[2]) * xy + j[1] * j[3] * yy
    };
  }

  /** Solid angle of a pixel in arcsec^2: the absolute determinant of the Jacobian. */
  default double pixelArea(double x, double y) {
    double[] j = jacobian(x, y);
    return Math.abs(j[0] * j[3] - j[1] * j[2]);
  }
}
