package org.starbeam.measurement;

/** Exact area of a unit pixel that lies inside a circle about the origin. */
final class CircleOverlap {
  private CircleOverlap() {}

  /** Area of the pixel centred on (dx, dy) inside the circle of a radius. */
  static double area(double dx, double dy, double radius) {
    double far = Math.hypot(Math.abs(dx) + 0.5, Math.abs(dy) + 0.5);
    if (far <= radius) {
      return 1;
    }
    double nearX = Math.max(0, Math.abs(dx) - 0.5);
    double nearY = Math.max(0, Math.abs(dy) - 0.5);
    if (nearX * nearX + nearY * nearY >= radius * radius) {
      return 0;
    }
    return corner(dx + 0.5, dy + 0.5, radius)
        - corner(dx - 0.5, dy + 0.5, radius)
        - corner(dx + 0.5, dy - 0.5, radius)
        + corner(dx - 0.5, dy - 0.5, radius);
  }

  /** Signed area of the rectangle between the origin and (x, y) inside the circle. */
  private static double corner(double x, double y, double r) {
    double sign = Math.signum(x) * Math.signum(y);
    double a = Math.min(Math.abs(x), r);
    double b = Math.min(Math.abs(y), r);
    if (a * a + b * b <= r * r) {
      return sign * a * b;
    }
    double x1 = Math.sqrt(r * r - b * b);
    return sign * (b * x1 + quarter(a, r) - quarter(x1, r));
  }

  /** Integral of sqrt(r^2 - t^2) from 0 to t. */
  private static double quarter(double t, double r) {
    return 0.5
        * (t * Math.sqrt(Math.max(0, r * r - t * t)) + r * r * Math.asin(Math.min(1, t / r)));
  }
}
