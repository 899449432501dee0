package org.starbeam.transforms.step7;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.starbeam.repeatability.AstrometricScatter;
import org.starbeam.repeatability.BandPosition;
import org.starbeam.schema.IsolatedStarSource;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.SkyPoint;

/** The measurements of one isolated star in one band, in the order of the visits. */
final class StarSeries {
  private static final double AB_ZERO_POINT = 31.4;
  private static final double MAG_PER_RATIO = 2.5 / Math.log(10);
  private static final double MAS_PER_DEG = 3.6e6;
  private static final double DAYS_PER_YEAR = 365.25;
  private static final double SIGNIFICANT = 5;
  private static final int FEWEST_FOR_MOTION = 3;

  private final long id;
  private final List<IsolatedStarSource> rows = new ArrayList<>();

  StarSeries(long id) {
    this.id = id;
  }

  /** Adds a measurement; one of the same visit as the last is left out. */
  void add(IsolatedStarSource row) {
    if (rows.isEmpty() || rows.get(rows.size() - 1).getVisit() != row.getVisit()) {
      rows.add(row);
    }
  }

  long id() {
    return id;
  }

  int size() {
    return rows.size();
  }

  boolean isReserved() {
    return rows.get(0).getPhotometryReserved();
  }

  /** Where it was seen first. */
  SkyPoint place() {
    return new SkyPoint(rows.get(0).getRa(), rows.get(0).getDec());
  }

  double meanSnr() {
    return rows.stream()
        .mapToDouble(r -> r.getPsfFlux() / r.getPsfFluxErr())
        .average()
        .orElse(Double.NaN);
  }

  double meanMag() {
    return mag(rows.stream().mapToDouble(IsolatedStarSource::getPsfFlux).average().orElse(0));
  }

  double[] psfMags() {
    return rows.stream().mapToDouble(r -> mag(r.getPsfFlux())).toArray();
  }

  /** Magnitudes of the calibration flux where there is one. */
  double[] calibMags() {
    return rows.stream()
        .map(IsolatedStarSource::getCalibFlux)
        .filter(flux -> flux != null && flux > 0)
        .mapToDouble(flux -> mag(number(flux)))
        .toArray();
  }

  /** Errors of {@link #psfMags}. */
  double[] psfMagErrs() {
    return rows.stream()
        .mapToDouble(r -> MAG_PER_RATIO * r.getPsfFluxErr() / r.getPsfFlux())
        .toArray();
  }

  /** Errors of {@link #calibMags}; NaN where there is none. */
  double[] calibMagErrs() {
    return rows.stream()
        .filter(r -> r.getCalibFlux() != null && r.getCalibFlux() > 0)
        .mapToDouble(r -> MAG_PER_RATIO * number(r.getCalibFluxErr()) / number(r.getCalibFlux()))
        .toArray();
  }

  /** A straight line through the places; nothing without errors of places. */
  Optional<BandPosition> position(String band) {
    return BandPosition.of(
        band,
        rows.stream()
            .map(
                r ->
                    new BandPosition.Place(
                        r.getMidpointMjdTai(),
                        r.getRa(),
                        r.getDec(),
                        MAS_PER_DEG * number(r.getRaErr()),
                        MAS_PER_DEG * number(r.getDecErr())))
            .toList());
  }

  private static double number(@Nullable Double value) {
    return value == null ? Double.NaN : value;
  }

  private static double mag(double flux) {
    return AB_ZERO_POINT - 2.5 * Math.log10(flux);
  }

  /**
   * Places without the motion, where a straight line through them says one at five sigma; the error
   * of the slope is that of the scatter about the line.
   */
  AstrometricScatter.Track track() {
    int n = rows.size();
    Gnomonic plane = new Gnomonic(place());
    long[] visits = new long[n];
    double[] years = new double[n];
    double[] x = new double[n];
    double[] y = new double[n];
    for (int i = 0; i < n; i++) {
      IsolatedStarSource row = rows.get(i);
      visits[i] = row.getVisit();
      years[i] = (row.getMidpointMjdTai() - rows.get(0).getMidpointMjdTai()) / DAYS_PER_YEAR;
      double[] p = plane.project(row.getRa(), row.getDec());
      x[i] = p[0];
      y[i] = p[1];
    }
    double meanYears = mean(years);
    double motionX = slope(years, x);
    double motionY = slope(years, y);
    double[] ra = new double[n];
    double[] dec = new double[n];
    for (int i = 0; i < n; i++) {
      double t = years[i] - meanYears;
      SkyPoint still = plane.deproject(x[i] - motionX * t, y[i] - motionY * t);
      ra[i] = still.raDeg();
      dec[i] = still.decDeg();
    }
    return new AstrometricScatter.Track(id, visits, ra, dec);
  }

  private static double mean(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum / values.length;
  }

  /** Slope of a line where it is significant, else 0. */
  private static double slope(double[] t, double[] x) {
    int n = t.length;
    double meanT = mean(t);
    double meanX = mean(x);
    double tt = 0;
    double tx = 0;
    double xx = 0;
    for (int i = 0; i < n; i++) {
      tt += (t[i] - meanT) * (t[i] - meanT);
      tx += (t[i] - meanT) * (x[i] - meanX);
      xx += (x[i] - meanX) * (x[i] - meanX);
    }
    if (n < FEWEST_FOR_MOTION || !(tt > 0)) {
      return 0;
    }
    double slope = tx / tt;
    double error = Math.sqrt(Math.max(0, xx - slope * tx) / (n - 2) / tt);
    return Math.abs(slope) > SIGNIFICANT * error ? slope : 0;
  }
}
