package org.starbeam.astrometry;

import java.io.Serializable;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.starbeam.image.Box;
import org.starbeam.sky.Angles;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.Wcs;

/**
 * The WCS of one detector from its stars and a reference catalogue: pattern match of the bright
 * stars, fit, then matching of all stars by nearness and fitting in turn (specs/02 sections 11 and
 * 12).
 */
public final class AstrometrySolver {

  /** Half-width of the plane in which stars are compared: 5.7 degrees. */
  private static final double MAX_TANGENT = 0.1;

  /**
   * @param cycles match-fit cycles after the pattern match (AstrometryTask {@code maxIter})
   * @param radiusArcsec radius of matching by nearness
   */
  public record Config(
      PatternMatcher.Config matcher, SipFitter.Config fitter, int cycles, double radiusArcsec)
      implements Serializable {
    public static Config defaults() {
      return new Config(PatternMatcher.Config.defaults(), SipFitter.Config.defaults(), 3, 1.0);
    }
  }

  /**
   * @param fit the map; its {@code used} belongs to {@code matches}
   * @param matches all pairs by nearness with the final map, outliers included
   * @param pattern what the pattern search found; shift and turn from the initial map
   */
  public record Solution(SipFitter.Fit fit, StarMatches matches, PatternMatcher.Result pattern) {}

  private final Config config;
  private final PatternMatcher matcher;
  private final SipFitter fitter;

  public AstrometrySolver(Config config) {
    this.config = config;
    this.matcher = new PatternMatcher(config.matcher());
    this.fitter = new SipFitter(config.fitter());
  }

  public AstrometrySolver() {
    this(Config.defaults());
  }

  /**
   * @param initial WCS expected from header and camera
   * @param band band by whose fluxes references are ordered
   * @throws org.starbeam.failure.AlgorithmException when there is no match or no fit
   */
  public Solution solve(
      StarList stars,
      Wcs initial,
      Box box,
      ReferenceStars references,
      String band,
      double exposureSeconds) {
    PatternMatcher.Result pattern = matcher.match(stars, initial, references, band);
    StarMatches matches = pattern.matches();
    SipFitter.Fit fit =
        fitter.fit(SipFitter.Points.of(stars, references, matches), initial, box, exposureSeconds);
    for (int cycle = 0; cycle < config.cycles; cycle++) {
      matches = byNearness(stars, fit.wcs(), references, config.radiusArcsec);
      fit =
          fitter.fit(
              SipFitter.Points.of(stars, references, matches), initial, box, exposureSeconds);
    }
    return new Solution(fit, matches, pattern);
  }

  /**
   * Pairs of stars that are each other's nearest within a radius. Both lists in one tangent plane;
   * stars without a finite position are left out.
   */
  public static StarMatches byNearness(
      StarList stars, Wcs wcs, ReferenceStars references, double radiusArcsec) {
    int n = stars.size();
    double[][] star = new double[2][n];
    Gnomonic plane = null;
    for (int i = 0; i < n; i++) {
      var sky = wcs.toSky(stars.x()[i], stars.y()[i]);
      if (plane == null && Double.isFinite(sky.raDeg() + sky.decDeg())) {
        plane = new Gnomonic(sky);
      }
      double[] p = plane == null ? new double[] {Double.NaN, Double.NaN} : plane.project(sky);
      star[0][i] = p[0] * Angles.ARCSEC_PER_RADIAN;
      star[1][i] = p[1] * Angles.ARCSEC_PER_RADIAN;
    }
    if (plane == null) {
      return new StarMatches(new int[0], new int[0]);
    }
    int[] rows = near(references, plane);
    double[] x = new double[rows.length];
    double[] y = new double[rows.length];
    for (int k = 0; k < rows.length; k++) {
      double[] p = plane.project(references.raDeg(rows[k]), references.decDeg(rows[k]));
      x[k] = p[0] * Angles.ARCSEC_PER_RADIAN;
      y[k] = p[1] * Angles.ARCSEC_PER_RADIAN;
    }
    StarMatches local = mutual(star[0], star[1], x, y, radiusArcsec);
    return new StarMatches(
        local.source(), Arrays.stream(local.reference()).map(k -> rows[k]).toArray());
  }

  private static int[] near(ReferenceStars references, Gnomonic plane) {
    return IntStream.range(0, references.size())
        .filter(
            r -> {
              double[] p = plane.project(references.raDeg(r), references.decDeg(r));
              return Math.abs(p[0]) < MAX_TANGENT && Math.abs(p[1]) < MAX_TANGENT;
            })
        .toArray();
  }

  private static StarMatches mutual(
      double[] sx, double[] sy, double[] rx, double[] ry, double radius) {
    SkyIndex index = new SkyIndex(rx, ry, 2 * radius);
    int[] nearest = new int[sx.length];
    int[] owner = new int[rx.length];
    double[] distance = new double[rx.length];
    Arrays.fill(owner, -1);
    for (int i = 0; i < sx.length; i++) {
      nearest[i] = Double.isFinite(sx[i] + sy[i]) ? index.nearest(sx[i], sy[i], radius) : -1;
      if (nearest[i] >= 0) {
        double d = Math.hypot(rx[nearest[i]] - sx[i], ry[nearest[i]] - sy[i]);
        if (owner[nearest[i]] < 0 || d < distance[nearest[i]]) {
          owner[nearest[i]] = i;
          distance[nearest[i]] = d;
        }
      }
    }
    int[] source =
        IntStream.range(0, sx.length)
            .filter(i -> nearest[i] >= 0 && owner[nearest[i]] == i)
            .toArray();
    return new StarMatches(source, Arrays.stream(source).map(i -> nearest[i]).toArray());
  }
}
