package org.starbeam.sky;

/**
 * A circle on the sky: all directions at most a radius from its centre.
 *
 * @param radiusDeg 0 to 180 degrees
 */
public record SkyCircle(SkyPoint center, double radiusDeg) implements SkyRegion {
  public SkyCircle {
    if (!(radiusDeg >= 0 && radiusDeg <= 180)) {
      throw new IllegalArgumentException("radius " + radiusDeg + " degrees, expected 0 to 180");
    }
  }

  /** Square of the longest chord from the centre to the border, margin included. */
  public double chordLimit() {
    double half = Math.sin(Math.toRadians(radiusDeg) / 2);
    double chord = 2 * half + MARGIN;
    return chord * chord;
  }

  @Override
  public boolean contains(double raDeg, double decDeg) {
    double[] c = Angles.vector(center.raDeg(), center.decDeg());
    return chord(Angles.vector(raDeg, decDeg), c) <= chordLimit();
  }

  @Override
  public boolean overlaps(SkyPolygon polygon) {
    double[] c = Angles.vector(center.raDeg(), center.decDeg());
    return polygon.contains(center.raDeg(), center.decDeg()) || polygon.chordTo(c) <= chordLimit();
  }

  /** Square of the chord between two unit vectors. */
  static double chord(double[] a, double[] b) {
    double x = a[0] - b[0];
    double y = a[1] - b[1];
    double z = a[2] - b[2];
    return x * x + y * y + z * z;
  }
}
