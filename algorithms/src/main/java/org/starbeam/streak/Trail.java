package org.starbeam.streak;

/**
 * Geometry of a trail: light at a distance d - curvature s^2 from a line has the profile of half
 * width h.
 *
 * @param line with its origin in the middle of the range
 * @param curvature 1/pixel
 * @param halfWidth of the box in the profile, pixels
 * @param from first position along the line
 * @param to last position
 */
record Trail(Line line, double curvature, double halfWidth, double from, double to) {
  /** Distance from the bent line of a place at (s, d) of the straight one. */
  double offset(double s, double d) {
    return d - curvature * s * s;
  }

  /** The same trail over another range along its line, with the origin in the middle of it. */
  Trail over(double newFrom, double newTo) {
    double s = 0.5 * (newFrom + newTo);
    double half = 0.5 * (newTo - newFrom);
    Line moved = line.moved(s, curvature * s * s, 2 * curvature * s);
    return new Trail(moved, curvature, halfWidth, -half, half);
  }
}
