package org.starbeam.sky;

/**
 * Galactic coordinates (Hipparcos and Tycho catalogues, ESA SP-1200, volume 1, section 1.5.3): the
 * north galactic pole is at ICRS 192.85948, 27.12825 degrees.
 */
public final class Galactic {
  private static final double POLE_RA = Math.toRadians(192.85948);
  private static final double POLE_DEC = Math.toRadians(27.12825);

  private Galactic() {}

  /** Latitude in degrees of an ICRS position in degrees. */
  public static double latitude(double raDeg, double decDeg) {
    double dec = Math.toRadians(decDeg);
    double sine =
        Math.sin(dec) * Math.sin(POLE_DEC)
            + Math.cos(dec) * Math.cos(POLE_DEC) * Math.cos(Math.toRadians(raDeg) - POLE_RA);
    return Math.toDegrees(Math.asin(Math.max(-1, Math.min(1, sine))));
  }
}
