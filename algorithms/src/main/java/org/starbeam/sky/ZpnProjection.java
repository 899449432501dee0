package org.starbeam.sky;

/**
 * ZPN: the zenithal projection with a polynomial in the distance g from the reference direction, R
 * = sum P_m g^m (g and R in radians; Calabretta and Greisen 2002, section 5.1.7). The inverse g(R)
 * is a bisection guarded Newton iteration on the part next to the centre where R grows.
 */
final class ZpnProjection implements SkyProjection {
  private static final double STEP = Math.toRadians(0.05);

  private final double[] p;
  private final double[] center;
  private final double[] east;
  private final double[] north;
  private final double largest;

  ZpnProjection(SkyPoint reference, double[] p) {
    this.p = p.clone();
    double ra = Math.toRadians(reference.raDeg());
    double dec = Math.toRadians(reference.decDeg());
    center = Angles.vector(reference.raDeg(), reference.decDeg());
    east = new double[] {-Math.sin(ra), Math.cos(ra), 0};
    north =
        new double[] {-Math.sin(dec) * Math.cos(ra), -Math.sin(dec) * Math.sin(ra), Math.cos(dec)};
    double g = 0;
    while (g < Math.PI && slope(g + STEP) > 0) {
      g += STEP;
    }
    largest = g;
  }

  private double radius(double g) {
    double sum = 0;
    for (int m = p.length - 1; m >= 0; m--) {
      sum = sum * g + p[m];
    }
    return sum;
  }

  private double slope(double g) {
    double sum = 0;
    for (int m = p.length - 1; m >= 1; m--) {
      sum = sum * g + m * p[m];
    }
    return sum;
  }

  @Override
  public SkyPoint deproject(double u, double v) {
    double r = Math.toRadians(Math.sqrt(u * u + v * v));
    double g = distance(r);
    if (!Double.isFinite(g)) {
      return new SkyPoint(Double.NaN, Double.NaN);
    }
    double scale = r == 0 ? 0 : Math.sin(g) / r;
    double e = Math.toRadians(u) * scale;
    double n = Math.toRadians(v) * scale;
    double c = Math.cos(g);
    return Angles.direction(
        new double[] {
          c * center[0] + e * east[0] + n * north[0],
          c * center[1] + e * east[1] + n * north[1],
          c * center[2] + e * east[2] + n * north[2]
        });
  }

  private double distance(double r) {
    double low = 0;
    double high = largest;
    if (r < radius(low) || r > radius(high)) {
      return Double.NaN;
    }
    double g = Math.min(high, r);
    for (int step = 0; step < 100; step++) {
      double f = radius(g) - r;
      if (f > 0) {
        high = g;
      } else {
        low = g;
      }
      double next = g - f / slope(g);
      if (!(next > low && next < high)) {
        next = 0.5 * (low + high);
      }
      if (Math.abs(next - g) < 1e-16 + 1e-15 * g) {
        return next;
      }
      g = next;
    }
    return g;
  }

  @Override
  public double[] project(double raDeg, double decDeg) {
    double[] v = Angles.vector(raDeg, decDeg);
    double e = Angles.dot(v, east);
    double n = Angles.dot(v, north);
    double across = Math.hypot(e, n);
    double g = Math.atan2(across, Angles.dot(v, center));
    if (g > largest) {
      return new double[] {Double.NaN, Double.NaN};
    }
    double scale = across == 0 ? 0 : Math.toDegrees(radius(g)) / across;
    return new double[] {e * scale, n * scale};
  }
}
