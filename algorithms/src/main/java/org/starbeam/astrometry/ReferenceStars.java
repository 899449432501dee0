package org.starbeam.astrometry;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.RefStar;
import org.starbeam.sky.Angles;
import org.starbeam.sky.EarthEphemeris;
import org.starbeam.sky.EpochPropagation;
import org.starbeam.sky.SkyPoint;

/**
 * Reference stars as an observer sees them at one time: apparent places, their errors, and fluxes
 * by band, in the order of ids. Immutable.
 *
 * <p>Error per axis: sigma^2 = sigma_0^2 + (dt sigma_mu)^2 + floor^2; an entry without proper
 * motion moves by an unknown amount of {@value #UNKNOWN_MOTION_MAS_YR} mas/yr per axis (specs/06
 * section 3).
 */
public final class ReferenceStars {
  private static final double UNKNOWN_MOTION_MAS_YR = 6;
  private static final double FLOOR_MAS = 0.1;

  private final long[] ids;
  private final double[] raDeg;
  private final double[] decDeg;
  private final double[] sigmaMas;
  private final boolean[] motionKnown;
  private final Map<String, double[]> flux;
  private final Map<String, double[]> fluxErr;

  private ReferenceStars(List<RefStar> stars, SkyPoint[] places, double epochYr) {
    int n = stars.size();
    ids = new long[n];
    raDeg = new double[n];
    decDeg = new double[n];
    sigmaMas = new double[n];
    motionKnown = new boolean[n];
    flux = new HashMap<>();
    fluxErr = new HashMap<>();
    Set<String> bands = new TreeSet<>();
    stars.forEach(star -> bands.addAll(star.getFlux().keySet()));
    for (String band : bands) {
      flux.put(band, new double[n]);
      fluxErr.put(band, new double[n]);
    }
    for (int i = 0; i < n; i++) {
      RefStar star = stars.get(i);
      ids[i] = star.getId();
      raDeg[i] = places[i].raDeg();
      decDeg[i] = places[i].decDeg();
      motionKnown[i] = hasMotion(star);
      sigmaMas[i] = sigma(star, epochYr);
      for (String band : bands) {
        column(flux, band)[i] = star.getFlux().getOrDefault(band, Double.NaN);
        column(fluxErr, band)[i] = star.getFluxErr().getOrDefault(band, Double.NaN);
      }
    }
  }

  /**
   * The places at a time. Rows with a position that is not finite are left out; of rows with the
   * same id the first counts.
   *
   * @param taiMjd middle of the exposure
   */
  public static ReferenceStars at(List<RefStar> catalogue, double taiMjd) {
    return at(catalogue, EpochPropagation.julianYear(taiMjd), EarthEphemeris.earth(taiMjd));
  }

  /** The places from the solar-system barycentre at a Julian year. */
  public static ReferenceStars barycentric(List<RefStar> catalogue, double epochYr) {
    return at(catalogue, epochYr, new double[3]);
  }

  private static ReferenceStars at(List<RefStar> catalogue, double epochYr, double[] observerAu) {
    List<RefStar> sorted = new ArrayList<>();
    catalogue.stream()
        .filter(s -> Double.isFinite(s.getRa()) && Double.isFinite(s.getDec()))
        .sorted(Comparator.comparingLong(RefStar::getId))
        .forEach(
            star -> {
              if (sorted.isEmpty() || sorted.get(sorted.size() - 1).getId() != star.getId()) {
                sorted.add(star);
              }
            });
    SkyPoint[] places = new SkyPoint[sorted.size()];
    for (int i = 0; i < places.length; i++) {
      places[i] = EpochPropagation.apparent(entry(sorted.get(i)), epochYr, observerAu);
    }
    return new ReferenceStars(sorted, places, epochYr);
  }

  private static EpochPropagation.Star entry(RefStar star) {
    return new EpochPropagation.Star(
        star.getRa(),
        star.getDec(),
        star.getEpochYr(),
        orNan(star.getPmRa()),
        orNan(star.getPmDec()),
        orNan(star.getParallaxMas()),
        Double.NaN);
  }

  private static boolean hasMotion(RefStar star) {
    return Double.isFinite(orNan(star.getPmRa())) && Double.isFinite(orNan(star.getPmDec()));
  }

  private static double sigma(RefStar star, double epochYr) {
    double years = epochYr - star.getEpochYr();
    double[] position = {orZero(star.getRaErrMas()), orZero(star.getDecErrMas())};
    double[] motion = {UNKNOWN_MOTION_MAS_YR, UNKNOWN_MOTION_MAS_YR};
    if (hasMotion(star)) {
      motion = new double[] {orZero(orNan(star.getPmRaErr())), orZero(orNan(star.getPmDecErr()))};
    }
    double sum = 0;
    for (int axis = 0; axis < 2; axis++) {
      sum += position[axis] * position[axis] + years * years * motion[axis] * motion[axis];
    }
    return Math.sqrt(sum / 2 + FLOOR_MAS * FLOOR_MAS);
  }

  static double orNan(@Nullable Double value) {
    return value == null ? Double.NaN : value;
  }

  private static double orZero(double value) {
    return Double.isFinite(value) ? value : 0;
  }

  public int size() {
    return ids.length;
  }

  public long id(int i) {
    return ids[i];
  }

  public double raDeg(int i) {
    return raDeg[i];
  }

  public double decDeg(int i) {
    return decDeg[i];
  }

  /** Error of the place per axis, mas. */
  public double sigmaMas(int i) {
    return sigmaMas[i];
  }

  public boolean motionKnown(int i) {
    return motionKnown[i];
  }

  /** Flux in nJy; NaN when the entry has none in this band. */
  public double flux(String band, int i) {
    double[] column = flux.get(band);
    return column == null ? Double.NaN : column[i];
  }

  public double fluxErr(String band, int i) {
    double[] column = fluxErr.get(band);
    return column == null ? Double.NaN : column[i];
  }

  /** Bands that any entry has, in alphabetical order. */
  public List<String> bands() {
    return flux.keySet().stream().sorted().toList();
  }

  /**
   * Flux that orders the stars by brightness for a band: its own, else the first band that the
   * entry has.
   */
  double rankFlux(String band, int i) {
    double own = flux(band, i);
    if (own > 0) {
      return own;
    }
    for (String other : bands()) {
      if (flux(other, i) > 0) {
        return flux(other, i);
      }
    }
    return 0;
  }

  /** Row of an id, or -1. */
  public int indexOf(long id) {
    int i = Arrays.binarySearch(ids, id);
    return i >= 0 ? i : -1;
  }

  /** Rows within a distance of a direction. */
  public int[] within(SkyPoint center, double radiusArcsec) {
    int[] out = new int[size()];
    int n = 0;
    for (int i = 0; i < size(); i++) {
      double d = Angles.separationArcsec(raDeg[i], decDeg[i], center.raDeg(), center.decDeg());
      if (d <= radiusArcsec) {
        out[n++] = i;
      }
    }
    return Arrays.copyOf(out, n);
  }

  private static double[] column(Map<String, double[]> columns, String band) {
    double[] column = columns.get(band);
    if (column == null) {
      throw new IllegalStateException("no column for band " + band);
    }
    return column;
  }
}
