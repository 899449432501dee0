package org.starbeam.sky;

/**
 * HPX: the HEALPix projection with H = 4, K = 3 (Calabretta and Roukema 2007) about (longitude, 0).
 * In the belt |sin dec| &lt;= 2/3: u = lon, v = 67.5 sin dec; beyond it, with s = sqrt(3 (1 - |sin
 * dec|)) and c the middle of the quadrant: u = c + (lon - c) s, v = +-45 (2 - s).
 */
final class HpxProjection implements SkyProjection {
  private final double ra0;

  HpxProjection(double ra0) {
    this.ra0 = ra0;
  }

  @Override
  public SkyPoint deproject(double u, double v) {
    if (Math.abs(v) <= 45) {
      return new SkyPoint(Gnomonic.normalizeRa(ra0 + u), Math.toDegrees(Math.asin(v / 67.5)));
    }
    double s = 2 - Math.abs(v) / 45;
    if (s < 0) {
      return new SkyPoint(Double.NaN, Double.NaN);
    }
    double c = quadrantCenter(u);
    double lon = s == 0 ? c : c + (u - c) / s;
    if (Math.abs(lon - c) > 45 + 1e-9) {
      return new SkyPoint(Double.NaN, Double.NaN);
    }
    double dec = Math.toDegrees(Math.asin(1 - s * s / 3));
    return new SkyPoint(Gnomonic.normalizeRa(ra0 + lon), Math.copySign(dec, v));
  }

  @Override
  public double[] project(double raDeg, double decDeg) {
    double lon = Gnomonic.normalizeRa(raDeg - ra0 + 180) - 180;
    double z = Math.sin(Math.toRadians(decDeg));
    if (Math.abs(z) <= 2.0 / 3.0) {
      return new double[] {lon, 67.5 * z};
    }
    double s = Math.sqrt(3 * (1 - Math.abs(z)));
    double c = quadrantCenter(lon);
    return new double[] {c + (lon - c) * s, Math.copySign(45 * (2 - s), z)};
  }

  private static double quadrantCenter(double lon) {
    return -135 + 90 * Math.floor((lon + 180) / 90);
  }
}
