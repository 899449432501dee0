package org.starbeam.measurement;

/**
 * Exact area of a unit pixel that lies inside an ellipse about the origin whose area is that of a
 * circle: a dx^2 + 2 b dx dy + c dy^2 = r^2 with a c - b^2 = 1. In coordinates in which the ellipse
 * is a circle the pixel is a parallelogram of the same area.
 */
final class EllipseOverlap {
  private final double b;
  private final double root;
  private final double slack;

  EllipseOverlap(double a, double b, double c) {
    this.b = b;
    this.root = Math.sqrt(a);
    double largest = 0.5 * (a + c + Math.hypot(a - c, 2 * b));
    this.slack = Math.sqrt(0.5 * largest);
  }

  /** Elliptical radius of a place. */
  double radius(double dx, double dy) {
    return Math.hypot(u(dx, dy), v(dy));
  }

  private double u(double dx, double dy) {
    return root * dx + b / root * dy;
  }

  private double v(double dy) {
    return dy / root;
  }

  /** Area of the pixel centred on (dx, dy) inside the ellipse of a radius. */
  double area(double dx, double dy, double radius) {
    double centre = radius(dx, dy);
    if (centre + slack <= radius) {
      return 1;
    }
    if (centre - slack >= radius) {
      return 0;
    }
    double lower = dy - 0.5;
    double upper = dy + 0.5;
    double left = dx - 0.5;
    double right = dx + 0.5;
    return sector(u(left, lower), v(lower), u(right, lower), v(lower), radius)
        + sector(u(right, lower), v(lower), u(right, upper), v(upper), radius)
        + sector(u(right, upper), v(upper), u(left, upper), v(upper), radius)
        + sector(u(left, upper), v(upper), u(left, lower), v(lower), radius);
  }

  /** Signed area of the triangle between the origin and an edge inside the circle. */
  private static double sector(double ax, double ay, double bx, double by, double r) {
    double ex = bx - ax;
    double ey = by - ay;
    double length2 = ex * ex + ey * ey;
    double half = -(ax * ex + ay * ey) / length2;
    double discriminant = half * half - (ax * ax + ay * ay - r * r) / length2;
    if (discriminant <= 0) {
      return slice(ax, ay, bx, by, r);
    }
    double width = Math.sqrt(discriminant);
    double from = Math.max(0, Math.min(1, half - width));
    double to = Math.max(0, Math.min(1, half + width));
    if (from >= to) {
      return slice(ax, ay, bx, by, r);
    }
    double px = ax + from * ex;
    double py = ay + from * ey;
    double qx = ax + to * ex;
    double qy = ay + to * ey;
    return slice(ax, ay, px, py, r) + 0.5 * (px * qy - qx * py) + slice(qx, qy, bx, by, r);
  }

  /** Signed area of the slice of the circle between two directions. */
  private static double slice(double ax, double ay, double bx, double by, double r) {
    return 0.5 * r * r * Math.atan2(ax * by - bx * ay, ax * bx + ay * by);
  }
}
