package org.starbeam.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.starbeam.simulation.SkyObject.Ellipse;
import org.starbeam.simulation.SkyObject.GalaxyShape;
import org.starbeam.simulation.SkyObject.LightCurve;
import org.starbeam.simulation.SkyObject.Type;

/**
 * Makes the objects of a field: stars with motions (counts rise as 10^(0.26 m), flattening beyond
 * 21), some of them variable; galaxies (10^(0.32 m)) of one or two Sersic components, part of them
 * with companions; supernovae in galaxies. With {@code gridArcsec > 0} objects stand one per cell
 * instead: 40 % a galaxy, 20 % a pair, 3 % a group, the rest stars.
 */
final class SkyMaker {
  private static final double[] SERSIC = {0.5, 0.8, 1, 1.3, 1.6, 2, 2.5, 3, 4};
  private static final double ARCSEC = 1 / 3600.0;
  private static final double ARCMIN2_PER_DEG2 = 3600;

  private final Preset preset;
  private final double halfWidthDeg;
  private final long seed;
  private final double firstMjd;
  private final double lastMjd;

  /**
   * @param halfWidthDeg half side of the square of sky that is filled
   * @param firstMjd first visit, for the times of supernovae
   * @param lastMjd last visit
   */
  SkyMaker(Preset preset, double halfWidthDeg, long seed, double firstMjd, double lastMjd) {
    this.preset = preset;
    this.halfWidthDeg = halfWidthDeg;
    this.seed = seed;
    this.firstMjd = firstMjd;
    this.lastMjd = lastMjd;
  }

  List<SkyObject> make() {
    List<SkyObject> objects = new ArrayList<>();
    if (preset.field().gridArcsec() > 0) {
      grid(objects);
      return objects;
    }
    double area = 4 * halfWidthDeg * halfWidthDeg * ARCMIN2_PER_DEG2;
    stars(objects, (int) Math.round(preset.field().starDensity() * area));
    galaxies(objects, (int) Math.round(preset.field().galaxyDensity() * area));
    supernovae(objects);
    return objects;
  }

  private void stars(List<SkyObject> out, int count) {
    RandomStream random = RandomStream.of(seed, "stars", 0, 0);
    for (int n = 1; n <= count; n++) {
      double mag = starMagnitude(random, 12.5, 25.5);
      boolean fast = n <= preset.field().highMotionStars();
      out.add(
          star(
              1_000_000L + n,
              anywhere(random),
              fast ? 15 + 5.5 * (n % 12) / 12 : mag,
              fast,
              random));
    }
  }

  private SkyObject star(long id, double[] place, double mag, boolean fast, RandomStream random) {
    double[] flux = fluxes(mag, starColours(random));
    double motion =
        fast ? random.uniform(150, 1200) : Math.min(100, Math.pow(10, random.normal(0.55, 0.4)));
    double angle = random.uniform(0, 2 * Math.PI);
    double speedKmS = Math.max(8, random.normal(45, 20));
    double parallax = Math.min(150, 4.74 * motion / speedKmS);
    boolean variable = mag < 22 && random.uniform() < preset.field().variableFraction();
    LightCurve curve =
        variable
            ? new LightCurve(
                1 + random.below(2),
                random.uniform(0.1, 0.7),
                Math.pow(10, random.uniform(-0.5, 1.7)),
                random.uniform(),
                0,
                0,
                0)
            : null;
    return new SkyObject(
        id,
        Type.STAR,
        place[0],
        place[1],
        motion * Math.sin(angle),
        motion * Math.cos(angle),
        parallax,
        flux,
        null,
        0,
        0,
        curve);
  }

  private static double starMagnitude(RandomStream random, double low, double high) {
    double top = starDensity(high);
    while (true) {
      double mag = random.uniform(low, high);
      if (random.uniform() * top < starDensity(mag)) {
        return mag;
      }
    }
  }

  private static double starDensity(double mag) {
    return Math.pow(10, 0.26 * (mag - 21)) / (1 + Math.pow(10, 0.2 * (mag - 21)));
  }

  /** Colours u-g, g-r, r-i, i-z, z-y along a stellar locus. */
  private static double[] starColours(RandomStream random) {
    boolean blue = random.uniform() < 0.45;
    double ri = blue ? random.normal(0.14, 0.06) : 0.4 + Math.min(1.6, random.exponential(0.4));
    double gr = 1.42 * -Math.expm1(-2.5 * ri) + random.normal(0, 0.015);
    return new double[] {1.0 + 1.1 * gr, gr, ri, 0.55 * ri, 0.3 * ri};
  }

  private static double[] fluxes(double rMag, double[] colours) {
    double[] mag = new double[6];
    mag[2] = rMag;
    mag[1] = mag[2] + colours[1];
    mag[0] = mag[1] + colours[0];
    mag[3] = mag[2] - colours[2];
    mag[4] = mag[3] - colours[3];
    mag[5] = mag[4] - colours[4];
    double[] flux = new double[6];
    for (int band = 0; band < 6; band++) {
      flux[band] = Math.pow(10, 0.4 * (31.4 - mag[band]));
    }
    return flux;
  }

  private void galaxies(List<SkyObject> out, int count) {
    RandomStream random = RandomStream.of(seed, "galaxies", 0, 0);
    long id = 2_000_000L;
    long blend = 0;
    for (int n = 0; n < count; n++) {
      double[] place = anywhere(random);
      double mag = galaxyMagnitude(random, 17, 24.5);
      boolean paired = random.uniform() < preset.field().blendFraction();
      long blendId = paired ? ++blend : 0;
      out.add(galaxy(++id, place, mag, blendId, random));
      if (paired) {
        double[] second = beside(place, random.uniform(0.6, 2.0), random.uniform(0, 360));
        out.add(galaxy(++id, second, mag + random.uniform(-0.5, 1.5), blendId, random));
        n++;
      }
    }
  }

  private static double galaxyMagnitude(RandomStream random, double low, double high) {
    double slope = 0.32 * Math.log(10);
    double u = random.uniform();
    double span = Math.exp(slope * (low - high));
    return high + Math.log(span + u * (1 - span)) / slope;
  }

  private SkyObject galaxy(
      long id, double[] place, double iMag, long blendId, RandomStream random) {
    boolean red = random.uniform() < 0.3;
    double gr = red ? random.normal(1.3, 0.3) : random.normal(0.65, 0.12);
    double ri = red ? random.normal(0.55, 0.1) : random.normal(0.36, 0.1);
    double[] flux = fluxes(iMag + ri, new double[] {1, gr, ri, 0.5 * ri, 0.3 * ri});
    double size = Math.pow(10, -0.15 * (iMag - 21.5)) * 0.5 * Math.exp(random.normal(0, 0.35));
    double q = random.uniform(0.25, 1);
    double pa = random.uniform(0, 180);
    boolean two = random.uniform() < 0.45;
    GalaxyShape shape;
    if (two) {
      double part = random.uniform(0.1, 0.6);
      double[] bulge = new double[6];
      for (int band = 0; band < 6; band++) {
        double redder = part * Math.pow(10, 0.4 * 0.12 * (band - 3));
        bulge[band] = flux[band] * Math.min(0.9, redder);
      }
      shape =
          new GalaxyShape(
              new Ellipse(1, size, q, pa),
              new Ellipse(
                  4,
                  size * random.uniform(0.25, 0.6),
                  Math.min(1, q + random.uniform(0, 0.3)),
                  pa + random.normal(0, 5)),
              bulge);
    } else {
      double n = random.uniform() < 0.7 ? SERSIC[random.below(6)] : SERSIC[6 + random.below(3)];
      shape = new GalaxyShape(new Ellipse(n, size, q, pa), null, new double[6]);
    }
    return new SkyObject(
        id, Type.GALAXY, place[0], place[1], 0, 0, 0, flux, shape, 0, blendId, null);
  }

  private void supernovae(List<SkyObject> out) {
    RandomStream random = RandomStream.of(seed, "supernovae", 0, 0);
    double inner = halfWidthDeg * 0.8;
    List<SkyObject> hosts =
        out.stream()
            .filter(o -> o.type() == Type.GALAXY && o.flux()[3] > 2500)
            .filter(o -> Math.abs(o.dec() - preset.field().dec()) < inner)
            .filter(
                o ->
                    Math.abs(o.ra() - preset.field().ra()) * Math.cos(Math.toRadians(o.dec()))
                        < inner)
            .toList();
    for (int n = 1; n <= preset.field().supernovae() && !hosts.isEmpty(); n++) {
      SkyObject host = hosts.get(random.below(hosts.size()));
      double[] place =
          beside(
              new double[] {host.ra(), host.dec()},
              random.uniform(0.2, 1.5),
              random.uniform(0, 360));
      double[] flux =
          fluxes(random.uniform(19.5, 22), new double[] {0.5, random.normal(0.1, 0.2), 0, 0, 0});
      LightCurve curve =
          new LightCurve(
              0,
              0,
              0,
              0,
              random.uniform(firstMjd - 5, Math.max(firstMjd + 1, lastMjd)),
              random.uniform(3, 6),
              random.uniform(20, 40));
      out.add(
          new SkyObject(
              3_000_000L + n,
              Type.SUPERNOVA,
              place[0],
              place[1],
              0,
              0,
              0,
              flux,
              null,
              host.id(),
              0,
              curve));
    }
  }

  private void grid(List<SkyObject> out) {
    double step = preset.field().gridArcsec() * ARCSEC;
    int half = (int) Math.floor(halfWidthDeg / step);
    RandomStream random = RandomStream.of(seed, "grid", 0, 0);
    long[] next = {1_000_000L, 2_000_000L, 0};
    IntStream.rangeClosed(-half, half)
        .forEach(
            row ->
                IntStream.rangeClosed(-half, half)
                    .forEach(column -> cell(out, column * step, row * step, next, random)));
  }

  private void cell(
      List<SkyObject> out, double east, double north, long[] next, RandomStream random) {
    double[] place =
        at(east + random.uniform(-1, 1) * ARCSEC, north + random.uniform(-1, 1) * ARCSEC);
    double kind = random.uniform();
    if (kind < 0.4) {
      out.add(galaxy(++next[1], place, galaxyMagnitude(random, 19, 24.5), 0, random));
    } else if (kind < 0.63) {
      int members = kind < 0.6 ? 2 : 3 + random.below(2);
      double mag = random.uniform(19.8, 23.2);
      long blend = ++next[2];
      for (int m = 0; m < members; m++) {
        double[] spot =
            m == 0 ? place : beside(place, random.uniform(0.62, 3.1), random.uniform(0, 360));
        double own = Math.min(23.2, mag + (m == 0 ? 0 : random.uniform(0, 2)));
        out.add(galaxy(++next[1], spot, own, blend, random));
      }
    } else {
      boolean bright = random.uniform() < 0.45;
      double mag = bright ? random.uniform(16.5, 22) : random.uniform(22, 25.3);
      out.add(star(++next[0], place, mag, false, random));
    }
  }

  private double[] anywhere(RandomStream random) {
    return at(
        random.uniform(-halfWidthDeg, halfWidthDeg), random.uniform(-halfWidthDeg, halfWidthDeg));
  }

  private double[] at(double east, double north) {
    double dec = preset.field().dec() + north;
    double ra = preset.field().ra() + east / Math.cos(Math.toRadians(dec));
    return new double[] {(ra + 360) % 360, dec};
  }

  private static double[] beside(double[] place, double arcsec, double angleDeg) {
    double dec = place[1] + arcsec * ARCSEC * Math.cos(Math.toRadians(angleDeg));
    double ra =
        place[0]
            + arcsec * ARCSEC * Math.sin(Math.toRadians(angleDeg)) / Math.cos(Math.toRadians(dec));
    return new double[] {(ra + 360) % 360, dec};
  }
}
