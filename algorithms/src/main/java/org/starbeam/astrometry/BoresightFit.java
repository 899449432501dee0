package org.starbeam.astrometry;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;
import org.starbeam.image.Chebyshev2D;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.GaussianWidth;
import org.starbeam.sky.Angles;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.TanSip;
import org.starbeam.sky.Wcs;

/**
 * Where the telescope really looked: the shift, turn and scale between what camera and pointing say
 * of a visit and what its detectors were fitted to (specs/02 section 14.2), in the tangent plane
 * about the middle of the field. From five detectors on, the start is the similarity of that pair
 * which leaves the smallest median distance, so that nearly half of them may be wrong; below, the
 * median shift. Detectors farther away than {@code maxOffsetArcsec} and {@code sigmas} robust
 * deviations are left out of the least squares over the others. Order of the input does not matter
 * beyond rounding.
 */
public final class BoresightFit {
  /**
   * @param maxOffsetArcsec a detector nearer than this is never called wrong
   * @param sigmas and one within so many robust deviations neither
   * @param maxScatterArcsec scatter of the detectors about the fit above which it is of no use
   */
  public record Config(double maxOffsetArcsec, double sigmas, double maxScatterArcsec)
      implements java.io.Serializable {
    public static Config defaults() {
      return new Config(2, 5, 0.5);
    }
  }

  /**
   * A detector.
   *
   * @param initial by camera and pointing
   * @param fitted to stars; null when there was no match
   */
  public record Detector(Box box, Wcs initial, @Nullable Wcs fitted) {}

  private static final double[][] POINTS = {{0.5, 0.5}, {0, 0}, {1, 0}, {1, 1}, {0, 1}};
  private static final int FEW = 5;
  private static final int MAX_PAIRS = 500;
  private static final int ROUNDS = 3;
  private static final int ORDER = 3;
  private static final int GRID = 8;

  /** Points of one detector in the tangent plane, arcsec. */
  private record Points(double[] x, double[] y, double[] toX, double[] toY) {
    /** Mean distance vector's length. */
    double distance(Similarity map) {
      double dx = 0;
      double dy = 0;
      for (int k = 0; k < x.length; k++) {
        dx += (toX[k] - map.mapX(x[k], y[k])) / x.length;
        dy += (toY[k] - map.mapY(x[k], y[k])) / x.length;
      }
      return Math.hypot(dx, dy);
    }
  }

  private final Config config;
  private final Gnomonic plane;
  private final @Nullable Similarity map;
  private final double scatter;
  private final double[] distance;
  private final boolean[] wrong;

  /** Fits the detectors of a visit. */
  public BoresightFit(Config config, List<Detector> detectors) {
    this.config = config;
    plane = new Gnomonic(middle(detectors));
    List<Points> known = new ArrayList<>();
    int[] row = new int[detectors.size()];
    for (int i = 0; i < row.length; i++) {
      Wcs fitted = detectors.get(i).fitted;
      row[i] = fitted == null ? -1 : known.size();
      if (fitted != null) {
        known.add(points(detectors.get(i), fitted));
      }
    }
    boolean[] out = new boolean[known.size()];
    Similarity best = known.isEmpty() ? null : start(known);
    for (int round = 0; best != null && round < ROUNDS; round++) {
      out = outliers(known, best);
      best = leastSquares(known, out);
    }
    map = best;
    double sum = 0;
    int n = 0;
    distance = new double[row.length];
    wrong = new boolean[row.length];
    for (int i = 0; i < row.length; i++) {
      distance[i] = row[i] < 0 || map == null ? Double.NaN : known.get(row[i]).distance(map);
      wrong[i] = row[i] >= 0 && out[row[i]];
      if (row[i] >= 0 && !wrong[i]) {
        sum += distance[i] * distance[i];
        n++;
      }
    }
    scatter = n == 0 ? Double.NaN : Math.sqrt(sum / n);
  }

  private static SkyPoint middle(List<Detector> detectors) {
    Gnomonic first = null;
    double x = 0;
    double y = 0;
    for (Detector d : detectors) {
      SkyPoint sky = WcsCorrection.middle(d.initial, d.box);
      first = first == null ? new Gnomonic(sky) : first;
      double[] p = first.project(sky);
      x += p[0] / detectors.size();
      y += p[1] / detectors.size();
    }
    if (first == null) {
      throw new IllegalArgumentException("a visit without detectors");
    }
    return first.deproject(x, y);
  }

  private Points points(Detector d, Wcs fitted) {
    int n = POINTS.length;
    Points out = new Points(new double[n], new double[n], new double[n], new double[n]);
    for (int k = 0; k < n; k++) {
      double x = d.box.x0() + POINTS[k][0] * (d.box.width() - 1);
      double y = d.box.y0() + POINTS[k][1] * (d.box.height() - 1);
      double[] from = plane.project(d.initial.toSky(x, y));
      double[] to = plane.project(fitted.toSky(x, y));
      out.x[k] = from[0] * Angles.ARCSEC_PER_RADIAN;
      out.y[k] = from[1] * Angles.ARCSEC_PER_RADIAN;
      out.toX[k] = to[0] * Angles.ARCSEC_PER_RADIAN;
      out.toY[k] = to[1] * Angles.ARCSEC_PER_RADIAN;
    }
    return out;
  }

  private static Similarity start(List<Points> known) {
    int n = known.size();
    if (n < FEW) {
      return new Similarity(
          ClippedStatistics.median(known.stream().mapToDouble(p -> p.toX[0] - p.x[0]).toArray()),
          ClippedStatistics.median(known.stream().mapToDouble(p -> p.toY[0] - p.y[0]).toArray()),
          1,
          0);
    }
    int stride = Math.max(1, n * (n - 1) / 2 / MAX_PAIRS);
    Similarity best = null;
    double least = Double.POSITIVE_INFINITY;
    int pair = 0;
    for (int i = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++) {
        if (pair++ % stride == 0) {
          Similarity map = fit(List.of(known.get(i), known.get(j)));
          double[] d = known.stream().mapToDouble(p -> p.distance(map)).toArray();
          double typical = ClippedStatistics.median(d);
          if (typical < least) {
            least = typical;
            best = map;
          }
        }
      }
    }
    return best == null ? fit(known) : best;
  }

  private boolean[] outliers(List<Points> known, Similarity map) {
    double[] d = known.stream().mapToDouble(p -> p.distance(map)).toArray();
    double limit =
        Math.max(
            config.maxOffsetArcsec,
            config.sigmas
                * ClippedStatistics.median(d.clone())
                / GaussianWidth.MEDIAN_RADIUS_PER_SIGMA);
    boolean[] out = new boolean[d.length];
    for (int i = 0; i < d.length; i++) {
      out[i] = d[i] > limit;
    }
    return out;
  }

  private static Similarity leastSquares(List<Points> known, boolean[] out) {
    List<Points> good = new ArrayList<>();
    for (int i = 0; i < out.length; i++) {
      if (!out[i]) {
        good.add(known.get(i));
      }
    }
    return good.size() > 1 ? fit(good) : start(good);
  }

  private static Similarity fit(List<Points> points) {
    return Similarity.fit(
        all(points, Points::x),
        all(points, Points::y),
        all(points, Points::toX),
        all(points, Points::toY),
        POINTS.length * points.size());
  }

  private static double[] all(
      List<Points> points, java.util.function.Function<Points, double[]> of) {
    return points.stream().flatMapToDouble(p -> Arrays.stream(of.apply(p))).toArray();
  }

  /** Whether the detectors agree well enough to place others by them. */
  public boolean isUsable() {
    return map != null && scatter <= config.maxScatterArcsec;
  }

  /** Rms distance of the detectors that agree, arcsec; NaN without one. */
  public double scatterArcsec() {
    return scatter;
  }

  /** Number of detectors that agree. */
  public int agreeing() {
    int n = 0;
    for (int i = 0; i < wrong.length; i++) {
      n += !wrong[i] && !Double.isNaN(distance[i]) ? 1 : 0;
    }
    return n;
  }

  /** Whether the WCS of a detector, by its place in the input, is not that of its visit. */
  public boolean isWrong(int detector) {
    return wrong[detector];
  }

  /** How far a detector's WCS lies from the visit's, arcsec; NaN for one without. */
  public double distanceArcsec(int detector) {
    return distance[detector];
  }

  /**
   * The WCS of a detector by camera, pointing and this correction.
   *
   * @param initial by camera and pointing
   */
  public TanSip corrected(Wcs initial, Box box) {
    Similarity similarity = map;
    if (similarity == null) {
      throw new IllegalStateException("no detector of the visit was matched");
    }
    Gnomonic local = new Gnomonic(WcsCorrection.middle(initial, box));
    int n = GRID * GRID;
    double[][] g = new double[5][n];
    for (int k = 0; k < n; k++) {
      double x = box.x0() + (box.width() - 1) * (k % GRID) / (GRID - 1.0);
      double y = box.y0() + (box.height() - 1) * (k / GRID) / (GRID - 1.0);
      SkyPoint sky = initial.toSky(x, y);
      double[] p = plane.project(sky);
      double px = p[0] * Angles.ARCSEC_PER_RADIAN;
      double py = p[1] * Angles.ARCSEC_PER_RADIAN;
      double[] to =
          local.project(
              plane.deproject(
                  similarity.mapX(px, py) / Angles.ARCSEC_PER_RADIAN,
                  similarity.mapY(px, py) / Angles.ARCSEC_PER_RADIAN));
      double[] from = local.project(sky);
      g[0][k] = x;
      g[1][k] = y;
      g[2][k] = (to[0] - from[0]) * Angles.ARCSEC_PER_RADIAN;
      g[3][k] = (to[1] - from[1]) * Angles.ARCSEC_PER_RADIAN;
      g[4][k] = 1;
    }
    Chebyshev2D east = Chebyshev2D.fit(box, ORDER, g[0], g[1], g[2], g[4]).function();
    Chebyshev2D north = Chebyshev2D.fit(box, ORDER, g[0], g[1], g[3], g[4]).function();
    return new SipApproximation().of(new WcsCorrection(initial, local, east, north), box).wcs();
  }
}
