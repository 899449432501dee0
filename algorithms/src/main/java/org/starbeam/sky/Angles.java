package org.starbeam.sky;

/** Angular distances and unit vectors. */
public final class Angles {
  public static final double ARCSEC_PER_RADIAN = Math.toDegrees(1) * 3600;

  private Angles() {}

  /** Unit vector {x, y, z} of a direction in degrees. */
  public static double[] vector(double raDeg, double decDeg) {
    double ra = Math.toRadians(raDeg);
    double dec = Math.toRadians(decDeg);
    double cosDec = Math.cos(dec);
    return new double[] {cosDec * Math.cos(ra), cosDec * Math.sin(ra), Math.sin(dec)};
  }

  /** Direction of a vector of any length. */
  public static SkyPoint direction(double[] v) {
    double ra = Math.toDegrees(Math.atan2(v[1], v[0]));
    double dec = Math.toDegrees(Math.atan2(v[2], Math.hypot(v[0], v[1])));
    return new SkyPoint(Gnomonic.normalizeRa(ra), dec);
  }

  /** Distance of two directions in arcsec, accurate at all separations. */
  public static double separationArcsec(double ra1, double dec1, double ra2, double dec2) {
    double halfDec = Math.toRadians(dec2 - dec1) / 2;
    double halfRa = Math.toRadians(ra2 - ra1) / 2;
    double sinDec = Math.sin(halfDec);
    double sinRa = Math.sin(halfRa);
    double h =
        sinDec * sinDec
            + Math.cos(Math.toRadians(dec1)) * Math.cos(Math.toRadians(dec2)) * sinRa * sinRa;
    return Math.toDegrees(2 * Math.asin(Math.min(1, Math.sqrt(h)))) * 3600;
  }

  /** Scalar product of two vectors. */
  public static double dot(double[] a, double[] b) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  }
}
