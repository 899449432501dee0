package org.starbeam.transforms.step7;

import java.util.ArrayList;
import java.util.List;
import org.starbeam.repeatability.AstrometricScatter;
import org.starbeam.repeatability.Deviations;
import org.starbeam.repeatability.EllipticityCorrelation;
import org.starbeam.repeatability.Median;
import org.starbeam.repeatability.PhotometricScatter;
import org.starbeam.schema.MetricValue;

/** Metrics of the LSST SRD (LPM-17) of one tract and band, with its design goals as limits. */
final class SrdMetrics {
  private static final double MILLI = 1000;

  /** What part of the measurements may lie beyond, percent. */
  private static final double OUTLIERS = 10;

  private static final double SEPARATION_LIMIT_MAS = 20;

  private final long tract;
  private final String band;
  private final int fewest;
  private final boolean isRed;
  private final List<MetricValue> metrics = new ArrayList<>();
  private String subset = "all";

  SrdMetrics(long tract, String band, int fewest) {
    this.tract = tract;
    this.band = band;
    this.fewest = fewest;
    isRed = List.of("u", "z", "y").contains(band);
  }

  List<MetricValue> all() {
    return metrics;
  }

  /** Names the part of the stars that the next metrics are of. */
  void subset(String name) {
    subset = name;
  }

  /** PA1, PA2 and PF1 of one kind of flux. */
  void photometry(String flux, PhotometricScatter found) {
    Median scatter = found.scatter();
    double limit = isRed ? 22.5 : 15;
    add(
        "PA1_" + flux,
        "mmag",
        MILLI * scatter.value(),
        MILLI * scatter.err(),
        scatter.n(),
        isRed ? 7.5 : 5);
    add(
        "PA2_" + flux,
        "mmag",
        MILLI * found.deviations().limitOf(OUTLIERS),
        Double.NaN,
        scatter.n(),
        limit);
    add(
        "PF1_" + flux,
        "%",
        found.deviations().percentBeyond(limit / MILLI),
        Double.NaN,
        scatter.n(),
        OUTLIERS);
  }

  /** AM, AD and AF of pairs 5 arcmin apart (1) or 20 (2). */
  void astrometry(int number, AstrometricScatter found) {
    Median scatter = found.scatter();
    Deviations single = found.deviations();
    add("AM" + number, "mas", scatter.value(), scatter.err(), scatter.n(), 10);
    add(
        "AD" + number,
        "mas",
        single.limitOf(OUTLIERS),
        Double.NaN,
        scatter.n(),
        SEPARATION_LIMIT_MAS);
    add(
        "AF" + number,
        "%",
        single.percentBeyond(SEPARATION_LIMIT_MAS),
        Double.NaN,
        scatter.n(),
        OUTLIERS);
  }

  /** A correlation that is known well enough to be held against its limit. */
  void ellipticity(String name, double limit, EllipticityCorrelation.Result found) {
    boolean known = found.err() < limit;
    add(name, "1", known ? found.largest() : Double.NaN, found.err(), found.pairs(), limit);
  }

  /** Median and scatter of a residual, which have no limit. */
  void residual(String name, String unit, Median found) {
    add(name + "Median", unit, found.value(), found.err(), found.n(), Double.NaN);
    add(name + "Scatter", unit, found.scatter(), Double.NaN, found.n(), Double.NaN);
  }

  private void add(String name, String unit, double value, double err, long n, double limit) {
    boolean known = n >= fewest && Double.isFinite(value);
    metrics.add(
        MetricValue.newBuilder()
            .setName(name)
            .setUnit(unit)
            .setLevel("tract")
            .setTract(tract)
            .setBand(band)
            .setSubset(subset)
            .setN(n)
            .setStatus(n == 0 ? "no_input" : known ? "ok" : "too_few")
            .setValue(known ? value : null)
            .setErr(known && Double.isFinite(err) ? err : null)
            .setThreshold(Double.isNaN(limit) ? null : limit)
            .build());
  }
}
