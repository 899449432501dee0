package org.starbeam.sky;

/**
 * The gnomonic (tangent-plane) projection about a centre: xi to the east, eta to the north, in
 * radians. Directions 90 degrees or more from the centre have no image (NaN).
 */
public final class Gnomonic {
  private final double ra0;
  private final double sinDec0;
  private final double cosDec0;

  public Gnomonic(SkyPoint center) {
    ra0 = Math.toRadians(center.raDeg());
    double dec0 = Math.toRadians(center.decDeg());
    sinDec0 = Math.sin(dec0);
    cosDec0 = Math.cos(dec0);
  }

  /** {xi, eta} of a direction, radians. */
  public double[] project(SkyPoint point) {
    return project(point.raDeg(), point.decDeg());
  }

  /** {xi, eta} of a direction in degrees, radians. */
  public double[] project(double raDeg, double decDeg) {
    double deltaRa = Math.toRadians(raDeg) - ra0;
    double dec = Math.toRadians(decDeg);
    double sinDec = Math.sin(dec);
    double cosDec = Math.cos(dec);
    double cosRa = Math.cos(deltaRa);
    double depth = sinDec * sinDec0 + cosDec * cosDec0 * cosRa;
    if (!(depth > 0)) {
      return new double[] {Double.NaN, Double.NaN};
    }
    return new double[] {
      cosDec * Math.sin(deltaRa) / depth, (sinDec * cosDec0 - cosDec * sinDec0 * cosRa) / depth
    };
  }

  /** Direction of tangent-plane coordinates in radians; RA in [0, 360). */
  public SkyPoint deproject(double xi, double eta) {
    double denominator = cosDec0 - eta * sinDec0;
    double ra = ra0 + Math.atan2(xi, denominator);
    double dec =
        Math.atan2(sinDec0 + eta * cosDec0, Math.sqrt(xi * xi + denominator * denominator));
    return new SkyPoint(normalizeRa(Math.toDegrees(ra)), Math.toDegrees(dec));
  }

  /** Right ascension brought to [0, 360) degrees. */
  public static double normalizeRa(double raDeg) {
    double ra = raDeg % 360;
    if (ra < 0) {
      ra += 360;
    }
    return ra >= 360 ? 0 : ra;
  }
}
