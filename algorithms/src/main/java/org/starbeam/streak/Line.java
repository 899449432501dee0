package org.starbeam.streak;

import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;

/**
 * A straight line through (x, y) along the unit vector (dx, dy), in pixels. Positions along it
 * count from (x, y); across it, to the left of the direction, distances are positive.
 */
record Line(double x, double y, double dx, double dy) {
  /** Through two different points, with its origin in their middle. */
  static Line through(double x0, double y0, double x1, double y1) {
    double length = Math.hypot(x1 - x0, y1 - y0);
    return new Line(0.5 * (x0 + x1), 0.5 * (y0 + y1), (x1 - x0) / length, (y1 - y0) / length);
  }

  double along(double px, double py) {
    return (px - x) * dx + (py - y) * dy;
  }

  double across(double px, double py) {
    return (py - y) * dx - (px - x) * dy;
  }

  double atX(double s) {
    return x + s * dx;
  }

  double atY(double s) {
    return y + s * dy;
  }

  /** The same line with its origin moved along it and across it, and turned by a small slope. */
  Line moved(double along, double across, double slope) {
    double n = Math.sqrt(1 + slope * slope);
    return new Line(
        x + along * dx - across * dy,
        y + along * dy + across * dx,
        (dx - slope * dy) / n,
        (dy + slope * dx) / n);
  }

  /** Angle of the normal of x cos(theta) + y sin(theta) = rho, in [0, 180) degrees. */
  double thetaDeg() {
    double theta = Math.toDegrees(Math.atan2(dx, -dy));
    return theta < 0 ? theta + 180 : theta >= 180 ? theta - 180 : theta;
  }

  /** Distance from pixel (0, 0), with the sign that {@link #thetaDeg} gives it. */
  double rho() {
    double theta = Math.toRadians(thetaDeg());
    return x * Math.cos(theta) + y * Math.sin(theta);
  }

  /** Angle between two lines, 0 to 90 degrees. */
  double angleTo(Line other) {
    return Math.toDegrees(Math.asin(Math.min(1, Math.abs(dx * other.dy - dy * other.dx))));
  }

  /** Where the line lies over the pixels of a box: {first, last} position along it, or null. */
  double @Nullable [] clip(Box box) {
    double[] range = {Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY};
    boolean meets =
        clip(range, x, dx, box.x0() - 0.5, box.x1() - 0.5)
            && clip(range, y, dy, box.y0() - 0.5, box.y1() - 0.5);
    return meets && range[0] < range[1] ? range : null;
  }

  private static boolean clip(double[] range, double p, double d, double low, double high) {
    if (Math.abs(d) < 1e-12) {
      return p >= low && p <= high;
    }
    double a = (low - p) / d;
    double b = (high - p) / d;
    range[0] = Math.max(range[0], Math.min(a, b));
    range[1] = Math.min(range[1], Math.max(a, b));
    return true;
  }
}
