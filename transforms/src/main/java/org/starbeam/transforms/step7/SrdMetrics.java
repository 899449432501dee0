package org.starbeam.transforms.step7;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.repeatability.AstrometricScatter;
import org.starbeam.repeatability.BandOffsets;
import org.starbeam.repeatability.Deviations;
import org.starbeam.repeatability.EllipticityCorrelation;
import org.starbeam.repeatability.Median;
import org.starbeam.repeatability.PhotometricScatter;
import org.starbeam.repeatability.PsfEllipticity;
import org.starbeam.repeatability.ZeroPointMap;
import org.starbeam.schema.MetricValue;

/**
 * Metrics of the LSST SRD (LPM-17; specs/07 section 11.1) of a tract or of all, with its design
 * goals as limits. What too few stars say has no value.
 */
final class SrdMetrics {
  private static final double MILLI = 1000;

  /** What part of the measurements may lie beyond, percent. */
  private static final double OUTLIERS = 10;

  /** What part of the ellipticities of PSFs may lie beyond, percent. */
  private static final double ELLIPTICITY_OUTLIERS = 5;

  /** What part of the visits may have residuals that are correlated more, percent. */
  private static final double ELLIPTIC_VISITS = 15;

  /** Limits of AM and AD for pairs 5, 20 and 200 arcmin apart, mas. */
  private static final double[] SEPARATION_SCATTER = {10, 10, 15};

  private static final double[] SEPARATION_LIMIT = {20, 20, 30};

  private static final double ZERO_POINT_LIMIT_MMAG = 15;
  private static final double BAND_LIMIT_MAS = 20;
  private static final double ELLIPTICITY_LIMIT = 0.07;
  private static final double NONE = Double.NaN;

  private final @Nullable Long tract;
  private final int fewest;
  private final List<MetricValue> metrics = new ArrayList<>();
  private @Nullable String band;
  private String subset = "all";

  /**
   * @param tract null for metrics of all
   * @param fewest things that a number is made of
   */
  SrdMetrics(@Nullable Long tract, int fewest) {
    this.tract = tract;
    this.fewest = fewest;
  }

  List<MetricValue> all() {
    return metrics;
  }

  /** Names the band that the next metrics are of; null for several. */
  void band(@Nullable String name) {
    band = name;
  }

  /** Names the part of the stars that the next metrics are of. */
  void subset(String name) {
    subset = name;
  }

  /** Whether the band is one of those for which LPM-17 asks for less. */
  private boolean hasLooserLimits() {
    return band != null && List.of("u", "z", "y").contains(band);
  }

  /** PA1, PA2 and PF1 of one kind of flux, PF1 by stars, and PA1 without photon noise. */
  void photometry(String flux, PhotometricScatter found, Median intrinsic) {
    Median scatter = found.scatter();
    double limit = hasLooserLimits() ? 22.5 : 15;
    long n = scatter.n();
    add(
        "PA1_" + flux,
        "mmag",
        MILLI * scatter.value(),
        MILLI * scatter.err(),
        n,
        hasLooserLimits() ? 7.5 : 5);
    add("PA2_" + flux, "mmag", MILLI * found.deviations().limitOf(OUTLIERS), NONE, n, limit);
    add("PF1_" + flux, "%", found.deviations().percentBeyond(limit / MILLI), NONE, n, OUTLIERS);
    add("PF1_groups_" + flux, "%", found.excess().percentBeyond(limit / MILLI), NONE, n, NONE);
    add(
        "PA1_int_" + flux,
        "mmag",
        MILLI * intrinsic.value(),
        MILLI * intrinsic.err(),
        intrinsic.n(),
        NONE);
  }

  /** AM, AD and AF of pairs 5 arcmin apart (1), 20 (2) or 200 (3). */
  void astrometry(int number, AstrometricScatter found) {
    Median scatter = found.scatter();
    Deviations single = found.deviations();
    double limit = SEPARATION_LIMIT[number - 1];
    long n = scatter.n();
    add("AM" + number, "mas", scatter.value(), scatter.err(), n, SEPARATION_SCATTER[number - 1]);
    add("AD" + number, "mas", single.limitOf(OUTLIERS), NONE, n, limit);
    add("AF" + number, "%", single.percentBeyond(limit), NONE, n, OUTLIERS);
  }

  /** A correlation that is known well enough to be held against its limit. */
  void ellipticity(String name, double limit, double value, double err, long pairs) {
    add(name, "1", err < limit ? value : NONE, err, pairs, limit);
  }

  /**
   * Percentage of the visits whose correlation is beyond a limit, of those where it is known well
   * enough to tell.
   *
   * @param visits those with pairs
   */
  void ellipticVisits(String name, double limit, List<EllipticityCorrelation.Result> visits) {
    List<EllipticityCorrelation.Result> known =
        visits.stream().filter(v -> v.err() < limit).toList();
    long beyond = known.stream().filter(v -> v.largest() > limit).count();
    double percent = 100.0 * beyond / known.size();
    add(name, "%", percent, NONE, known.size(), ELLIPTIC_VISITS, visits.size());
  }

  /**
   * PA3, PA4, PF2: how much zero points differ over the sky.
   *
   * @param stars in all pixels
   */
  void zeroPoints(ZeroPointMap found, long stars) {
    Deviations pixels = found.deviations();
    long n = found.pixels();
    add("PA3", "mmag", MILLI * found.rms(), MILLI * found.err(), n, 10, stars);
    add("PA4", "mmag", MILLI * pixels.limitOf(OUTLIERS), NONE, n, ZERO_POINT_LIMIT_MMAG, stars);
    double beyond = pixels.percentBeyond(ZERO_POINT_LIMIT_MMAG / MILLI);
    add("PF2", "%", beyond, NONE, n, OUTLIERS, stars);
  }

  /** PA5 of a pair of bands. */
  void colour(String blue, String red, Median difference) {
    boolean ultraviolet = blue.equals("u") || red.equals("u");
    add(
        "PA5_" + blue + "-" + red,
        "mmag",
        Math.abs(MILLI * difference.value()),
        MILLI * difference.err(),
        difference.n(),
        ultraviolet ? 10 : 5);
  }

  /** PA6. */
  void absoluteFlux(Median offset) {
    add("PA6", "mmag", MILLI * offset.value(), MILLI * offset.err(), offset.n(), 10);
  }

  /** AA1 of both axes and of the distance, mas; that has no limit. */
  void absolutePlace(Median east, Median north, Median total) {
    add("AA1_ra", "mas", east.value(), east.err(), east.n(), 50);
    add("AA1_dec", "mas", north.value(), north.err(), north.n(), 50);
    add("AA1_total", "mas", total.value(), total.err(), total.n(), NONE);
  }

  /** AB1, AB2, ABF1: how far stars are from where they are in r. */
  void bands(BandOffsets found) {
    long n = found.size();
    add("AB1", "mas", found.rms(), found.err(), n, 10);
    add("AB2", "mas", found.limitOf(OUTLIERS), NONE, n, BAND_LIMIT_MAS);
    add("ABF1", "%", found.percentBeyond(BAND_LIMIT_MAS), NONE, n, OUTLIERS);
  }

  /** SE1, SE2, EF1: how round images are. */
  void roundness(PsfEllipticity found) {
    Median visits = found.median();
    Deviations single = found.single();
    long n = visits.n();
    add("SE1", "1", visits.value(), visits.err(), n, 0.04);
    add("SE2", "1", single.limitOf(ELLIPTICITY_OUTLIERS), NONE, n, ELLIPTICITY_LIMIT);
    add("EF1", "%", single.percentBeyond(ELLIPTICITY_LIMIT), NONE, n, ELLIPTICITY_OUTLIERS);
  }

  /** Median and scatter of a residual, which have no limit. */
  void residual(String name, String unit, Median found) {
    add(name + "Median", unit, found.value(), found.err(), found.n(), NONE);
    add(name + "Scatter", unit, found.scatter(), NONE, found.n(), NONE);
  }

  private void add(String name, String unit, double value, double err, long n, double limit) {
    add(name, unit, value, err, n, limit, n);
  }

  /**
   * @param inputs of what the n were made
   */
  private void add(
      String name, String unit, double value, double err, long n, double limit, long inputs) {
    boolean known = n >= fewest && Double.isFinite(value);
    metrics.add(
        MetricValue.newBuilder()
            .setName(name)
            .setUnit(unit)
            .setLevel(tract == null ? "run" : "tract")
            .setTract(tract)
            .setBand(band)
            .setSubset(subset)
            .setN(n)
            .setStatus(inputs == 0 ? "no_input" : known ? "ok" : "too_few")
            .setValue(known ? value : null)
            .setErr(known && Double.isFinite(err) ? err : null)
            .setThreshold(Double.isNaN(limit) ? null : limit)
            .build());
  }
}
