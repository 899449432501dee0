package org.starbeam.modelfit;

import org.starbeam.image.Box;

/**
 * The ellipse of pixels that a composite model is fitted to.
 *
 * @param x centre, pixels
 * @param y centre, pixels
 * @param border the ellipse itself: its extent along x and y and their correlation, pixels
 */
record FitRegion(double x, double y, EllipseShape border) {
  /**
   * The half-light ellipse of a profile times a factor, grown by the seeing.
   *
   * @param reach factor
   * @param growth pixels
   * @param least semi-axes, pixels
   * @param most semi-axes, pixels
   */
  static FitRegion around(
      double x,
      double y,
      EllipseShape shape,
      double reach,
      double growth,
      double least,
      double most) {
    double major = limited(reach * shape.major() + growth, least, most);
    double minor = limited(reach * shape.minor() + growth, least, most);
    double c = Math.cos(shape.angle());
    double s = Math.sin(shape.angle());
    double a = major * major;
    double b = minor * minor;
    return new FitRegion(
        x,
        y,
        EllipseShape.ofMoments(a * c * c + b * s * s, (a - b) * c * s, a * s * s + b * c * c));
  }

  private static double limited(double value, double least, double most) {
    return Math.min(most, Math.max(least, value));
  }

  /** The box that holds the ellipse. */
  Box box() {
    int dx = (int) Math.ceil(border.sigmaX());
    int dy = (int) Math.ceil(border.sigmaY());
    int px = (int) Math.rint(x);
    int py = (int) Math.rint(y);
    return Box.ofCorners(px - dx, py - dy, px + dx, py + dy);
  }

  /** Leaves out the pixels outside of the ellipse; changes the arrays. */
  BandPixels trim(BandPixels pixels) {
    double det = border.xx() * border.yy() - border.xy() * border.xy();
    Box box = pixels.box();
    int p = 0;
    for (int v = box.y0(); v < box.y1(); v++) {
      double dy = v - y;
      for (int u = box.x0(); u < box.x1(); u++) {
        double dx = u - x;
        double r2 = border.yy() * dx * dx - 2 * border.xy() * dx * dy + border.xx() * dy * dy;
        if (!(r2 <= det)) {
          pixels.weight()[p] = 0;
          pixels.data()[p] = 0;
        }
        p++;
      }
    }
    return pixels;
  }
}
