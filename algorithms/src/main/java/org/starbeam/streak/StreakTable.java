package org.starbeam.streak;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import java.util.function.ToDoubleFunction;
import org.starbeam.fits.FitsTable;
import org.starbeam.sky.Angles;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Wcs;

/**
 * Table STREAKS of a visit image: the geometry of its trails in pixels and on the sky (specs/02
 * sections 15 and 16.4).
 *
 * <p>{@code rho} and {@code theta} are the line x cos(theta) + y sin(theta) = rho, {@code
 * curvature} its bend, ({@code x0}, {@code y0}) and ({@code x1}, {@code y1}) the ends, with {@code
 * open0} and {@code open1} where it goes on beyond the detector. On the sky it lies on the great
 * circle about ({@code poleRa}, {@code poleDec}). Its length over the exposure time is the least
 * angular rate, and the rate itself when both ends are seen; else there is no greatest (NaN).
 */
public final class StreakTable {
  public static final String NAME = "STREAKS";

  private final Wcs wcs;
  private final DoubleBinaryOperator nanojanskyPerUnit;
  private final double exposureSeconds;

  /**
   * @param nanojanskyPerUnit nJy of a unit of the trails' fluxes at (x, y)
   * @param exposureSeconds exposure time
   */
  public StreakTable(Wcs wcs, DoubleBinaryOperator nanojanskyPerUnit, double exposureSeconds) {
    this.wcs = wcs;
    this.nanojanskyPerUnit = nanojanskyPerUnit;
    this.exposureSeconds = exposureSeconds;
  }

  public FitsTable of(List<Streak> streaks) {
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("rho", column(streaks, Streak::rho));
    columns.put("theta", column(streaks, Streak::thetaDeg));
    columns.put("curvature", column(streaks, Streak::curvature));
    columns.put("x0", column(streaks, Streak::x0));
    columns.put("y0", column(streaks, Streak::y0));
    columns.put("x1", column(streaks, Streak::x1));
    columns.put("y1", column(streaks, Streak::y1));
    columns.put("open0", flags(streaks, true));
    columns.put("open1", flags(streaks, false));
    columns.put("length", column(streaks, Streak::length));
    columns.put("width", column(streaks, Streak::width));
    columns.put("surfaceBrightness", column(streaks, this::surfaceBrightness));
    columns.put("snr", column(streaks, Streak::snr));
    columns.put("chi2", column(streaks, Streak::chi2));
    columns.put("area", streaks.stream().mapToInt(s -> s.pixels().area()).toArray());
    columns.put("ra0", column(streaks, s -> wcs.toSky(s.x0(), s.y0()).raDeg()));
    columns.put("dec0", column(streaks, s -> wcs.toSky(s.x0(), s.y0()).decDeg()));
    columns.put("ra1", column(streaks, s -> wcs.toSky(s.x1(), s.y1()).raDeg()));
    columns.put("dec1", column(streaks, s -> wcs.toSky(s.x1(), s.y1()).decDeg()));
    columns.put("poleRa", column(streaks, s -> pole(s).raDeg()));
    columns.put("poleDec", column(streaks, s -> pole(s).decDeg()));
    columns.put("rateMin", column(streaks, this::rate));
    columns.put(
        "rateMax", column(streaks, s -> s.openStart() || s.openEnd() ? Double.NaN : rate(s)));
    columns.put("source", streaks.stream().map(s -> s.source().name()).toArray(String[]::new));
    Map<String, Object> header = new LinkedHashMap<>();
    header.put("NSTREAK", streaks.size());
    return new FitsTable(NAME, header, columns);
  }

  private static double[] column(List<Streak> streaks, ToDoubleFunction<Streak> value) {
    return streaks.stream().mapToDouble(value).toArray();
  }

  private static boolean[] flags(List<Streak> streaks, boolean start) {
    boolean[] out = new boolean[streaks.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = start ? streaks.get(i).openStart() : streaks.get(i).openEnd();
    }
    return out;
  }

  /** nJy per arcsec^2. */
  private double surfaceBrightness(Streak s) {
    double x = 0.5 * (s.x0() + s.x1());
    double y = 0.5 * (s.y0() + s.y1());
    double perPixel = s.surfaceBrightness() * nanojanskyPerUnit.applyAsDouble(x, y);
    return perPixel / wcs.pixelArea(x, y);
  }

  /** Arcsec per second. */
  private double rate(Streak s) {
    SkyPoint a = wcs.toSky(s.x0(), s.y0());
    SkyPoint b = wcs.toSky(s.x1(), s.y1());
    double arcsec = Angles.separationArcsec(a.raDeg(), a.decDeg(), b.raDeg(), b.decDeg());
    return arcsec / exposureSeconds;
  }

  private SkyPoint pole(Streak s) {
    SkyPoint p = wcs.toSky(s.x0(), s.y0());
    SkyPoint q = wcs.toSky(s.x1(), s.y1());
    double[] a = Angles.vector(p.raDeg(), p.decDeg());
    double[] b = Angles.vector(q.raDeg(), q.decDeg());
    return Angles.direction(
        new double[] {
          a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]
        });
  }
}
