package org.starbeam.simulation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.starbeam.simulation.SkyObject.Type;

/**
 * The reference catalogue that a reduction may use: stars of 13 &lt; r &lt; 21 with errors and
 * flaws. Position errors are 0.04 mas at r = 15 and rise as 10^(0.2 (m - 15)) beyond, fluxes are
 * stated to 0.6 % and scatter by 0.3 % more. Flaws: 1 displaced in declination by 0.5 to 3 arcsec
 * (1 %), 2 wrong by 0.5 or 1 mag (1 %), 3 without motion and parallax (2 %), 4 entered twice, 0.15
 * arcsec apart (0.5 %).
 */
final class ReferenceCatalog {
  private static final double BRIGHTEST = 13;
  private static final double FAINTEST = 21;
  private static final double DEG_PER_MAS = 1 / 3.6e6;

  /** One entry. */
  record Entry(
      long id,
      long objectId,
      int flaw,
      double ra,
      double dec,
      double pmRa,
      double pmDec,
      double parallax,
      double error,
      double motionError,
      double parallaxError,
      double[] flux,
      double[] fluxError) {}

  private ReferenceCatalog() {}

  static List<Entry> make(List<SkyObject> objects, long seed) {
    List<Entry> entries = new ArrayList<>();
    long next = 7_000_000_000L;
    for (SkyObject o : objects) {
      double r = 31.4 - 2.5 * Math.log10(o.flux()[2]);
      RandomStream random = RandomStream.of(seed, "refcat", o.id(), 0);
      double choice = random.uniform();
      boolean star = o.type() == Type.STAR && r > BRIGHTEST && r < FAINTEST && choice < 0.99;
      boolean galaxy = o.type() == Type.GALAXY && r < 19 && choice < 0.05;
      if (!star && !galaxy) {
        continue;
      }
      int flaw = flaw(random.uniform());
      entries.add(entry(++next, o, r, flaw, random));
      if (flaw == 4) {
        Entry again = entry(++next, o, r, flaw, random);
        entries.add(displaced(again, 0.15 * random.uniform(-1, 1), 0.15));
      }
    }
    return entries;
  }

  private static int flaw(double u) {
    return u < 0.01 ? 1 : u < 0.02 ? 2 : u < 0.04 ? 3 : u < 0.045 ? 4 : 0;
  }

  private static Entry entry(long id, SkyObject o, double r, int flaw, RandomStream random) {
    double error = 0.04 * Math.pow(10, 0.2 * Math.max(0, r - 15));
    double motionError = error;
    double parallaxError = 1.2 * error;
    double cosDec = Math.cos(Math.toRadians(o.dec()));
    double ra = o.ra() + random.normal(0, error) * DEG_PER_MAS / cosDec;
    double dec = o.dec() + random.normal(0, error) * DEG_PER_MAS;
    double pmRa = o.pmRa() + random.normal(0, motionError);
    double pmDec = o.pmDec() + random.normal(0, motionError);
    double parallax = o.parallax() + random.normal(0, parallaxError);
    boolean noMotion = flaw == 3 || o.type() == Type.GALAXY;
    double wrong = flaw == 2 ? Math.pow(10, random.below(2) == 0 ? 0.2 : -0.4) : 1;
    double[] flux = new double[6];
    double[] fluxError = new double[6];
    for (int b = 0; b < 6; b++) {
      double relative = 0.006 + 0.004 * Math.pow(10, 0.3 * (r - 19));
      double scatter = Math.hypot(relative, 0.003);
      flux[b] = o.flux()[b] * wrong * (1 + random.normal(0, scatter));
      fluxError[b] = relative * flux[b];
    }
    Entry entry =
        new Entry(
            id,
            o.id(),
            flaw,
            ra,
            dec,
            noMotion ? Double.NaN : pmRa,
            noMotion ? Double.NaN : pmDec,
            noMotion ? Double.NaN : parallax,
            error,
            noMotion ? Double.NaN : motionError,
            noMotion ? Double.NaN : parallaxError,
            flux,
            fluxError);
    double shift = random.uniform(0.5, 3) * (random.below(2) == 0 ? -1 : 1);
    return flaw == 1 ? displaced(entry, 0, shift) : entry;
  }

  private static Entry displaced(Entry e, double eastArcsec, double northArcsec) {
    double cosDec = Math.cos(Math.toRadians(e.dec));
    return new Entry(
        e.id,
        e.objectId,
        e.flaw,
        e.ra + eastArcsec / 3600 / cosDec,
        e.dec + northArcsec / 3600,
        e.pmRa,
        e.pmDec,
        e.parallax,
        e.error,
        e.motionError,
        e.parallaxError,
        Arrays.copyOf(e.flux, 6),
        Arrays.copyOf(e.fluxError, 6));
  }

  static TableBuilder<Entry> table(List<Entry> entries, String bands) {
    TableBuilder<Entry> table =
        new TableBuilder<>("REFCAT", entries)
            .integer("id", Entry::id)
            .number("ra", "deg", Entry::ra)
            .number("dec", "deg", Entry::dec)
            .number("epoch", "yr", e -> 2016.0)
            .number("pmra", "mas/yr", Entry::pmRa)
            .number("pmdec", "mas/yr", Entry::pmDec)
            .number("parallax", "mas", Entry::parallax)
            .number("ra_error", "mas", Entry::error)
            .number("dec_error", "mas", Entry::error)
            .number("pmra_error", "mas/yr", Entry::motionError)
            .number("pmdec_error", "mas/yr", Entry::motionError)
            .number("parallax_error", "mas", Entry::parallaxError)
            .number("ra_dec_cov", "mas2", e -> 0)
            .number("ra_pmra_cov", "mas2/yr", e -> 0)
            .number("dec_pmdec_cov", "mas2/yr", e -> 0);
    for (char band : bands.toCharArray()) {
      int b = SkyObject.bandIndex(band);
      table
          .number("flux_" + band, "nJy", e -> e.flux()[b])
          .number("flux_" + band + "_error", "nJy", e -> e.fluxError()[b]);
    }
    return table;
  }
}
