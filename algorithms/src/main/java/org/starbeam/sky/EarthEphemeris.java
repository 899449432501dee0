package org.starbeam.sky;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the Earth and an observatory on it are, seen from the barycentre of the solar system.
 *
 * <p>The Earth's position is a sum of {@code amplitude t^power cos(phase + frequency t)} per
 * ecliptic axis, the larger terms of the series of ERFA's {@code epv00}, rotated to ICRS: within
 * 5e-7 au of it from 2000 to 2060. The observatory adds its geocentric vector turned by the Earth's
 * rotation angle (polar motion, precession since J2000 and UT1 - UTC neglected: below 1e-7 au). No
 * data from a network is needed.
 *
 * <p>Time is TAI MJD; TDB is taken as TAI + 32.184 s, UT1 as TAI - 37 s.
 */
public final class EarthEphemeris {
  private static final double J2000_MJD = 51_544.5;
  static final double TT_MINUS_TAI_DAYS = 32.184 / 86_400;

  /** Of the years since 2017; UT is within a second of UTC. */
  static final double TAI_MINUS_UT_DAYS = 37.0 / 86_400;

  private static final double AU_METRES = 1.495978707e11;
  private static final double EARTH_RADIUS_METRES = 6_378_137;
  private static final double FLATTENING = 1 / 298.257223563;

  /** Rotation from the ecliptic axes of the series to ICRS. */
  private static final double[][] TO_ICRS = {
    {1, 0.000000211284, -0.000000091603},
    {-0.000000230286, 0.917482137087, -0.397776982902},
    {0, 0.397776982902, 0.917482137087}
  };

  private record Term(int axis, int power, double amplitude, double phase, double frequency) {}

  private static final List<Term> TERMS = load();

  private EarthEphemeris() {}

  /** A place on the Earth: geodetic degrees (longitude east) and metres above the ellipsoid. */
  public record Site(double longitudeDeg, double latitudeDeg, double heightMetres) {}

  /** Barycentric position of the Earth's centre, ICRS, au. */
  public static double[] earth(double taiMjd) {
    double t = (taiMjd + TT_MINUS_TAI_DAYS - J2000_MJD) / EpochPropagation.DAYS_PER_YEAR;
    double[] powers = {1, t, t * t};
    double[] ecliptic = new double[3];
    for (Term term : TERMS) {
      ecliptic[term.axis] +=
          term.amplitude * powers[term.power] * Math.cos(term.phase + term.frequency * t);
    }
    double[] icrs = new double[3];
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        icrs[i] += TO_ICRS[i][j] * ecliptic[j];
      }
    }
    return icrs;
  }

  /** Barycentric position of an observatory, ICRS, au. */
  public static double[] observer(double taiMjd, Site site) {
    double ut = taiMjd - TAI_MINUS_UT_DAYS - J2000_MJD;
    double turns = 0.7790572732640 + 0.00273781191135448 * ut + (ut - Math.floor(ut));
    double angle = 2 * Math.PI * turns + Math.toRadians(site.longitudeDeg);
    double sin = Math.sin(Math.toRadians(site.latitudeDeg));
    double cos = Math.cos(Math.toRadians(site.latitudeDeg));
    double eccentricity2 = FLATTENING * (2 - FLATTENING);
    double normal = EARTH_RADIUS_METRES / Math.sqrt(1 - eccentricity2 * sin * sin);
    double equatorial = (normal + site.heightMetres) * cos / AU_METRES;
    double polar = (normal * (1 - eccentricity2) + site.heightMetres) * sin / AU_METRES;
    double[] position = earth(taiMjd);
    position[0] += equatorial * Math.cos(angle);
    position[1] += equatorial * Math.sin(angle);
    position[2] += polar;
    return position;
  }

  private static List<Term> load() {
    List<Term> terms = new ArrayList<>();
    try (InputStream in = EarthEphemeris.class.getResourceAsStream("earth-barycentric.txt")) {
      if (in == null) {
        throw new IllegalStateException("earth-barycentric.txt is not in the jar");
      }
      BufferedReader reader =
          new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII));
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (!line.startsWith("#")) {
          terms.add(term(line.split(" ", -1)));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return List.copyOf(terms);
  }

  private static Term term(String[] fields) {
    return new Term(
        fields[0].charAt(0) - 'x',
        Integer.parseInt(fields[1]),
        Double.parseDouble(fields[2]),
        Double.parseDouble(fields[3]),
        Double.parseDouble(fields[4]));
  }
}
