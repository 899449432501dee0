package org.starbeam.simulation;

/**
 * Direction of an object at an epoch: {@code u = u0 + t (p mu_ra + q mu_dec) - parallax E},
 * normalised; p and q are the unit vectors to east and north, t the years since J2016.0, E the
 * Earth's barycentric position in au from mean elements (good to about 0.001 au, 0.1 mas at the
 * largest parallax).
 */
final class SkyMotion {
  private static final double MAS = Math.toRadians(1 / 3.6e6);
  private static final double OBLIQUITY = Math.toRadians(23.4392911);

  /** Mass over the Sun's, semi-major axis, longitude at J2000 and its daily motion. */
  private static final double[][] GIANTS = {
    {1 / 1047.35, 5.2026, 34.35, 0.0830853},
    {1 / 3497.9, 9.5549, 50.08, 0.0334443},
    {1 / 22902.9, 19.218, 314.06, 0.0117258},
    {1 / 19412.2, 30.11, 304.35, 0.0059965}
  };

  private final double years;
  private final double[] earth;

  SkyMotion(double mjdTai) {
    years = (mjdTai - 51544.5) / 365.25 + 2000 - 2016;
    earth = earth(mjdTai);
  }

  /** Barycentric position of the Earth in au, equatorial axes. */
  static double[] earth(double mjd) {
    double d = mjd - 51544.5;
    double anomaly = Math.toRadians(357.52911 + 0.985600281 * d);
    double centre =
        1.914602 * Math.sin(anomaly)
            + 0.019993 * Math.sin(2 * anomaly)
            + 0.000289 * Math.sin(3 * anomaly);
    double sun = Math.toRadians(280.46646 + 0.985647352 * d - 3.82394e-5 * d + centre);
    double radius = 1.00014 - 0.01671 * Math.cos(anomaly) - 0.00014 * Math.cos(2 * anomaly);
    double x = -radius * Math.cos(sun);
    double y = -radius * Math.sin(sun);
    for (double[] g : GIANTS) {
      double longitude = Math.toRadians(g[2] + g[3] * d);
      x -= g[0] * g[1] * Math.cos(longitude);
      y -= g[0] * g[1] * Math.sin(longitude);
    }
    return new double[] {x, y * Math.cos(OBLIQUITY), y * Math.sin(OBLIQUITY)};
  }

  /** {ra, dec} in degrees at the epoch. */
  double[] place(SkyObject o) {
    if (o.type() != SkyObject.Type.STAR) {
      return new double[] {o.ra(), o.dec()};
    }
    double a = Math.toRadians(o.ra());
    double d = Math.toRadians(o.dec());
    double[] p = {-Math.sin(a), Math.cos(a), 0};
    double[] q = {-Math.sin(d) * Math.cos(a), -Math.sin(d) * Math.sin(a), Math.cos(d)};
    double[] u = {Math.cos(d) * Math.cos(a), Math.cos(d) * Math.sin(a), Math.sin(d)};
    for (int i = 0; i < 3; i++) {
      u[i] += MAS * (years * (p[i] * o.pmRa() + q[i] * o.pmDec()) - o.parallax() * earth[i]);
    }
    double ra = Math.toDegrees(Math.atan2(u[1], u[0]));
    return new double[] {
      (ra + 360) % 360, Math.toDegrees(Math.atan2(u[2], Math.hypot(u[0], u[1])))
    };
  }
}
