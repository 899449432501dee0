package org.starbeam.sky;

/**
 * Moves a star from the epoch of its catalogue to the epoch of an observation (specs/06 section
 * 4.4).
 *
 * <p>With r0 the unit vector at the catalogue's epoch, p and q the unit vectors to east and north,
 * tau years since then, R the observer's barycentric position in au, mu and w in rad/yr and 1/yr:
 *
 * <pre>
 * n = r0 (1 + w tau) + tau (p mu_ra + q mu_dec) - parallax R,   direction = n / |n|
 * </pre>
 *
 * Straight motion in space seen with the light time of its own, as ERFA's {@code pmsafe} does it; w
 * = radial velocity x parallax. Unknown motions and parallaxes are NaN and count as zero.
 * Aberration, light deflection and refraction are common to a visit and left to its WCS.
 */
public final class EpochPropagation {
  private static final double MAS = Math.PI / 180 / 3_600_000;

  /** Of the Julian year. */
  public static final double DAYS_PER_YEAR = 365.25;

  /** How long light takes for the astronomical unit. */
  public static final double LIGHT_SECONDS_PER_AU = 499.004784;

  private static final double AU_PER_YEAR_PER_KM_S = 86_400 * DAYS_PER_YEAR / 1.495978707e8;
  private static final double LIGHT_YEARS_PER_AU = LIGHT_SECONDS_PER_AU / (86_400 * DAYS_PER_YEAR);
  private static final double MIN_PARALLAX = 1 * MAS;

  private EpochPropagation() {}

  /**
   * A catalogue entry.
   *
   * @param epochYr Julian year
   * @param pmRaMasYr with cos(dec); NaN when unknown
   * @param pmDecMasYr NaN when unknown
   * @param parallaxMas NaN when unknown
   * @param radialVelocityKmS NaN when unknown, positive away from us
   */
  public record Star(
      double raDeg,
      double decDeg,
      double epochYr,
      double pmRaMasYr,
      double pmDecMasYr,
      double parallaxMas,
      double radialVelocityKmS) {}

  /** Julian year of a TAI MJD. */
  public static double julianYear(double taiMjd) {
    return 2000 + (taiMjd - 51_544.5) / DAYS_PER_YEAR;
  }

  /** Direction from the solar-system barycentre at a Julian year. */
  public static SkyPoint barycentric(Star star, double epochYr) {
    return direction(star, epochYr, 0, 0, 0);
  }

  /**
   * Direction from an observer.
   *
   * @param observerAu barycentric position of the observer, see {@link EarthEphemeris}
   */
  public static SkyPoint apparent(Star star, double epochYr, double[] observerAu) {
    return direction(star, epochYr, observerAu[0], observerAu[1], observerAu[2]);
  }

  /**
   * Motion at constant angular speed along a great circle: {@code r = r0 cos(mu tau) + u sin(mu
   * tau)}, for catalogues that define it so.
   */
  public static SkyPoint greatCircle(
      double raDeg, double decDeg, double pmRaMasYr, double pmDecMasYr, double years) {
    double[][] frame = frame(raDeg, decDeg);
    double mu = Math.hypot(pmRaMasYr, pmDecMasYr);
    if (!(mu > 0)) {
      return new SkyPoint(raDeg, decDeg);
    }
    double angle = mu * MAS * years;
    double[] n = new double[3];
    for (int i = 0; i < 3; i++) {
      double along = (frame[1][i] * pmRaMasYr + frame[2][i] * pmDecMasYr) / mu;
      n[i] = frame[0][i] * Math.cos(angle) + along * Math.sin(angle);
    }
    return toSky(n);
  }

  /**
   * Parallax factors {east, north}: displacement per unit of parallax of a star at a position for
   * an observer at barycentric (x, y, z) au.
   */
  public static double[] parallaxFactors(double raDeg, double decDeg, double[] observerAu) {
    double[][] frame = frame(raDeg, decDeg);
    return new double[] {-Angles.dot(frame[1], observerAu), -Angles.dot(frame[2], observerAu)};
  }

  private static SkyPoint direction(Star star, double epochYr, double x, double y, double z) {
    double years = epochYr - star.epochYr;
    double parallax = known(star.parallaxMas) * MAS;
    double radial = radialMotion(star, parallax);
    double tau = emissionInterval(star, parallax, years);
    double east = known(star.pmRaMasYr) * MAS * tau;
    double north = known(star.pmDecMasYr) * MAS * tau;
    double[][] frame = frame(star.raDeg, star.decDeg);
    double[] observer = {x, y, z};
    double[] n = new double[3];
    for (int i = 0; i < 3; i++) {
      n[i] =
          frame[0][i] * (1 + radial * tau)
              + frame[1][i] * east
              + frame[2][i] * north
              - parallax * observer[i];
    }
    return toSky(n);
  }

  /** Relative change of distance per year: the Doppler shift less its transverse part. */
  private static double radialMotion(Star star, double parallax) {
    double perYear = known(star.radialVelocityKmS) * AU_PER_YEAR_PER_KM_S * parallax;
    if (!(parallax > MIN_PARALLAX)) {
      return perYear;
    }
    double mu = properMotion(star);
    return perYear - (perYear * perYear + mu * mu) / 2 * LIGHT_YEARS_PER_AU / parallax;
  }

  /**
   * Time between the emissions that are seen {@code years} apart, in units in which the motion at
   * the catalogue's epoch is the observed one: a star moving across the line of sight recedes by
   * (mu tau)^2 / 2 of its distance.
   */
  private static double emissionInterval(Star star, double parallax, double years) {
    if (!(parallax > MIN_PARALLAX)) {
      return years;
    }
    double across = properMotion(star) * years;
    return years - across * across / 2 * LIGHT_YEARS_PER_AU / parallax;
  }

  private static double properMotion(Star star) {
    return Math.hypot(known(star.pmRaMasYr), known(star.pmDecMasYr)) * MAS;
  }

  private static double known(double value) {
    return Double.isFinite(value) ? value : 0;
  }

  /** Unit vectors to the position, to the east and to the north. */
  private static double[][] frame(double raDeg, double decDeg) {
    double sinA = Math.sin(Math.toRadians(raDeg));
    double cosA = Math.cos(Math.toRadians(raDeg));
    double sinD = Math.sin(Math.toRadians(decDeg));
    double cosD = Math.cos(Math.toRadians(decDeg));
    return new double[][] {
      {cosD * cosA, cosD * sinA, sinD}, {-sinA, cosA, 0}, {-sinD * cosA, -sinD * sinA, cosD}
    };
  }

  private static SkyPoint toSky(double[] n) {
    double ra = Math.toDegrees(Math.atan2(n[1], n[0]));
    return new SkyPoint(
        ra < 0 ? ra + 360 : ra, Math.toDegrees(Math.atan2(n[2], Math.hypot(n[0], n[1]))));
  }
}
