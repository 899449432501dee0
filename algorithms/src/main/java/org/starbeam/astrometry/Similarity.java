package org.starbeam.astrometry;

/**
 * A map of a tangent plane onto itself: turn, scale, shift. {@code X = dx + c x - s y, Y = dy + s x
 * + c y}, arcsec.
 */
record Similarity(double dx, double dy, double c, double s) {
  double mapX(double x, double y) {
    return dx + c * x - s * y;
  }

  double mapY(double x, double y) {
    return dy + s * x + c * y;
  }

  double rotationDeg() {
    return Math.toDegrees(Math.atan2(s, c));
  }

  double scale() {
    return Math.hypot(c, s);
  }

  double shift() {
    return Math.hypot(dx, dy);
  }

  /** A turn about a point that goes to another point. */
  static Similarity about(double x, double y, double toX, double toY, double angle) {
    double c = Math.cos(angle);
    double s = Math.sin(angle);
    return new Similarity(toX - c * x + s * y, toY - s * x - c * y, c, s);
  }

  /** Least squares over pairs; two pairs at least, at different places. */
  static Similarity fit(double[] x, double[] y, double[] toX, double[] toY, int n) {
    double mx = 0;
    double my = 0;
    double mX = 0;
    double mY = 0;
    for (int i = 0; i < n; i++) {
      mx += x[i] / n;
      my += y[i] / n;
      mX += toX[i] / n;
      mY += toY[i] / n;
    }
    double norm = 0;
    double along = 0;
    double across = 0;
    for (int i = 0; i < n; i++) {
      double dx = x[i] - mx;
      double dy = y[i] - my;
      norm += dx * dx + dy * dy;
      along += dx * (toX[i] - mX) + dy * (toY[i] - mY);
      across += dx * (toY[i] - mY) - dy * (toX[i] - mX);
    }
    double c = norm > 0 ? along / norm : 1;
    double s = norm > 0 ? across / norm : 0;
    return new Similarity(mX - c * mx + s * my, mY - s * mx - c * my, c, s);
  }
}
