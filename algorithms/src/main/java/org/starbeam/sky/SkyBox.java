package org.starbeam.sky;

/**
 * A box in right ascension and declination: from {@code ra0} eastward to {@code ra1}, over 360
 * degrees where {@code ra1} is the smaller; a box 360 degrees wide or wider goes all around.
 */
public record SkyBox(double ra0, double dec0, double ra1, double dec1) implements SkyRegion {
  public SkyBox {
    if (!(dec0 <= dec1) || !Double.isFinite(ra0) || !Double.isFinite(ra1)) {
      throw new IllegalArgumentException("declinations " + dec0 + " to " + dec1);
    }
  }

  /** True when no right ascension is left out. */
  public boolean isRing() {
    return Math.abs(ra1 - ra0) >= 360;
  }

  @Override
  public boolean contains(double raDeg, double decDeg) {
    return decDeg >= dec0 && decDeg <= dec1 && holdsRa(raDeg);
  }

  private boolean holdsRa(double raDeg) {
    if (isRing()) {
      return true;
    }
    double from = Gnomonic.normalizeRa(ra0);
    double to = Gnomonic.normalizeRa(ra1);
    double ra = Gnomonic.normalizeRa(raDeg);
    return from <= to ? ra >= from && ra <= to : ra >= from || ra <= to;
  }

  /**
   * True when a corner of one lies in the other, or an edge of the polygon crosses a meridian or a
   * parallel of the box.
   */
  @Override
  public boolean overlaps(SkyPolygon polygon) {
    for (SkyPoint p : polygon.vertices()) {
      if (contains(p.raDeg(), p.decDeg())) {
        return true;
      }
    }
    for (double ra : new double[] {ra0, ra1}) {
      for (double dec : new double[] {dec0, dec1}) {
        if (polygon.contains(ra, dec)) {
          return true;
        }
      }
    }
    int n = polygon.vertices().size();
    for (int i = 0; i < n; i++) {
      if (isCrossedBy(polygon.vector(i), polygon.vector((i + 1) % n))) {
        return true;
      }
    }
    return false;
  }

  private boolean isCrossedBy(double[] p, double[] q) {
    return crossesParallel(p, q, dec0)
        || crossesParallel(p, q, dec1)
        || (!isRing() && (crossesMeridian(p, q, ra0) || crossesMeridian(p, q, ra1)));
  }

  /** Where the chord p + t (q - p), stretched to the sphere, has this declination. */
  private boolean crossesParallel(double[] p, double[] q, double decDeg) {
    double s = Math.sin(Math.toRadians(decDeg));
    double pq = 2 * (1 - Angles.dot(p, q));
    double dz = q[2] - p[2];
    double a = dz * dz - s * s * pq;
    double b = 2 * p[2] * dz + s * s * pq;
    double c = p[2] * p[2] - s * s;
    double root = b * b - 4 * a * c;
    if (root < 0) {
      return false;
    }
    double w = -0.5 * (b + Math.copySign(Math.sqrt(root), b));
    return isOnParallel(p, q, w / a, s) || isOnParallel(p, q, c / w, s);
  }

  private boolean isOnParallel(double[] p, double[] q, double t, double s) {
    if (!(t >= 0 && t <= 1)) {
      return false;
    }
    double[] v = between(p, q, t);
    return v[2] * s >= 0 && holdsRa(Angles.direction(v).raDeg());
  }

  private boolean crossesMeridian(double[] p, double[] q, double raDeg) {
    double east = Math.toRadians(raDeg);
    double[] normal = {-Math.sin(east), Math.cos(east), 0};
    double from = Angles.dot(normal, p);
    double to = Angles.dot(normal, q);
    if (from * to > 0 || from == to) {
      return false;
    }
    double[] v = between(p, q, from / (from - to));
    double dec = Angles.direction(v).decDeg();
    return v[0] * Math.cos(east) + v[1] * Math.sin(east) >= 0 && dec >= dec0 && dec <= dec1;
  }

  private static double[] between(double[] p, double[] q, double t) {
    double[] v = new double[3];
    for (int i = 0; i < 3; i++) {
      v[i] = p[i] + t * (q[i] - p[i]);
    }
    double norm = Math.sqrt(Angles.dot(v, v));
    return new double[] {v[0] / norm, v[1] / norm, v[2] / norm};
  }
}
