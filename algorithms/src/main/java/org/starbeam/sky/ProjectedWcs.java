package org.starbeam.sky;

/**
 * A WCS read from a file of others: pixels to plane by a matrix, plane to sky by a projection other
 * than the gnomonic one.
 */
final class ProjectedWcs implements Wcs {
  private final double x0;
  private final double y0;
  private final double[] cd;
  private final double[] inverse;
  private final SkyProjection projection;

  /**
   * @param x0 0-based reference column
   * @param cd degrees per pixel, row by row
   */
  ProjectedWcs(double x0, double y0, double[] cd, SkyProjection projection) {
    this.x0 = x0;
    this.y0 = y0;
    this.cd = cd.clone();
    double det = cd[0] * cd[3] - cd[1] * cd[2];
    this.inverse = new double[] {cd[3] / det, -cd[1] / det, -cd[2] / det, cd[0] / det};
    this.projection = projection;
  }

  @Override
  public SkyPoint toSky(double x, double y) {
    double dx = x - x0;
    double dy = y - y0;
    return projection.deproject(cd[0] * dx + cd[1] * dy, cd[2] * dx + cd[3] * dy);
  }

  @Override
  public double[] toPixel(double raDeg, double decDeg) {
    double[] p = projection.project(raDeg, decDeg);
    return new double[] {
      x0 + inverse[0] * p[0] + inverse[1] * p[1], y0 + inverse[2] * p[0] + inverse[3] * p[1]
    };
  }
}
