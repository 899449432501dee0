package org.starbeam.sky;

/**
 * Altitude of the Sun and the Moon and the Moon's phase, from the low-precision series of the
 * Astronomical Almanac: the Sun within 0.02 degrees, the Moon within 0.4 degrees from 1950 to 2050.
 * Altitudes are geometric (no refraction), the Moon's as seen from the ground. Time is TAI MJD;
 * places are geodetic degrees, longitude east. UT1 is taken as TAI - 37 s.
 */
public final class SunMoon {
  private static final double J2000_MJD = 51_544.5;

  /** Terms of the Moon's ecliptic longitude: amplitude, phase, degrees per Julian century. */
  private static final double[][] LONGITUDE = {
    {6.29, 135.0, 477_198.87},
    {-1.27, 259.3, -413_335.36},
    {0.66, 235.7, 890_534.22},
    {0.21, 269.9, 954_397.74},
    {-0.19, 357.5, 35_999.05},
    {-0.11, 186.5, 966_404.03}
  };

  /** Terms of its latitude. */
  private static final double[][] LATITUDE = {
    {5.13, 93.3, 483_202.02},
    {0.28, 228.2, 960_400.89},
    {-0.28, 318.3, 6_003.15},
    {-0.17, 217.6, -407_332.21}
  };

  private SunMoon() {}

  /** Altitude of the Sun's centre, degrees. */
  public static double sunAltitudeDeg(double taiMjd, double longitudeDeg, double latitudeDeg) {
    return altitude(sunLongitude(taiMjd), 0, taiMjd, longitudeDeg, latitudeDeg);
  }

  /** Altitude of the Moon's centre, degrees. */
  public static double moonAltitudeDeg(double taiMjd, double longitudeDeg, double latitudeDeg) {
    double[] moon = moon(taiMjd);
    double fromCentre = altitude(moon[0], moon[1], taiMjd, longitudeDeg, latitudeDeg);
    double parallax = 0.9508 + 0.0518 * cos(134.9 + 477_198.85 * centuries(taiMjd));
    return fromCentre - parallax * cos(fromCentre);
  }

  /** Part of the Moon's disk that is lit, 0 to 1. */
  public static double illuminatedFraction(double taiMjd) {
    double[] moon = moon(taiMjd);
    return 0.5 * (1 - cos(moon[1]) * cos(moon[0] - sunLongitude(taiMjd)));
  }

  private static double centuries(double taiMjd) {
    return (taiMjd + EarthEphemeris.TT_MINUS_TAI_DAYS - J2000_MJD) / 36_525;
  }

  private static double sunLongitude(double taiMjd) {
    double days = taiMjd + EarthEphemeris.TT_MINUS_TAI_DAYS - J2000_MJD;
    double anomaly = 357.528 + 0.9856003 * days;
    return 280.460 + 0.9856474 * days + 1.915 * sin(anomaly) + 0.020 * sin(2 * anomaly);
  }

  /** Ecliptic longitude and latitude of the Moon. */
  private static double[] moon(double taiMjd) {
    double t = centuries(taiMjd);
    double longitude = 218.32 + 481_267.881 * t;
    for (double[] term : LONGITUDE) {
      longitude += term[0] * sin(term[1] + term[2] * t);
    }
    double latitude = 0;
    for (double[] term : LATITUDE) {
      latitude += term[0] * sin(term[1] + term[2] * t);
    }
    return new double[] {longitude, latitude};
  }

  /** Altitude of a direction of the ecliptic of date. */
  private static double altitude(
      double longitude, double latitude, double taiMjd, double siteLon, double siteLat) {
    double obliquity = 23.439 - 0.013 * centuries(taiMjd);
    double x = cos(latitude) * cos(longitude);
    double y = cos(obliquity) * cos(latitude) * sin(longitude) - sin(obliquity) * sin(latitude);
    double z = sin(obliquity) * cos(latitude) * sin(longitude) + cos(obliquity) * sin(latitude);
    double ut = taiMjd - EarthEphemeris.TAI_MINUS_UT_DAYS - J2000_MJD;
    double sidereal = 280.46061837 + 360.98564736629 * ut + siteLon;
    double toMeridian = x * cos(sidereal) + y * sin(sidereal);
    return Math.toDegrees(Math.asin(z * sin(siteLat) + toMeridian * cos(siteLat)));
  }

  private static double sin(double deg) {
    return Math.sin(Math.toRadians(deg));
  }

  private static double cos(double deg) {
    return Math.cos(Math.toRadians(deg));
  }
}
