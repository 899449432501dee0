package org.starbeam.astrometry;

import java.util.Arrays;
import org.starbeam.sky.Angles;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Wcs;

/**
 * Measured stars and reference stars in one tangent plane (arcsec), each by falling brightness;
 * what the searches of {@link PatternMatcher} work on. {@code sourceRow} and {@code referenceRow}
 * lead back to the lists that they came from.
 */
final class MatchField {

  final int[] sourceRow;
  final double[] sx;
  final double[] sy;
  final double[] sourceFlux;
  final int[] referenceRow;
  final double[] rx;
  final double[] ry;
  final double[] referenceFlux;
  final SkyIndex references;
  private final double[] box;

  MatchField(
      StarList stars, Wcs wcs, ReferenceStars catalogue, String band, PatternMatcher.Config c) {
    sourceRow = brightest(stars, c.maxSources());
    SkyPoint[] places = new SkyPoint[sourceRow.length];
    for (int k = 0; k < places.length; k++) {
      places[k] = wcs.toSky(stars.x()[sourceRow[k]], stars.y()[sourceRow[k]]);
    }
    SkyPoint center = places.length == 0 ? new SkyPoint(0, 0) : middle(places);
    Gnomonic plane = new Gnomonic(center);
    sx = new double[places.length];
    sy = new double[places.length];
    sourceFlux = new double[places.length];
    for (int k = 0; k < places.length; k++) {
      double[] p = plane.project(places[k]);
      sx[k] = p[0] * Angles.ARCSEC_PER_RADIAN;
      sy[k] = p[1] * Angles.ARCSEC_PER_RADIAN;
      sourceFlux[k] = stars.flux()[sourceRow[k]];
    }
    box = bounds(sx, sy);
    double reach = Math.hypot(box[1] - box[0], box[3] - box[2]) + c.maxShiftArcsec();
    referenceRow = references(catalogue, band, center, reach, plane, c);
    rx = new double[referenceRow.length];
    ry = new double[referenceRow.length];
    referenceFlux = new double[referenceRow.length];
    for (int k = 0; k < referenceRow.length; k++) {
      double[] p =
          plane.project(catalogue.raDeg(referenceRow[k]), catalogue.decDeg(referenceRow[k]));
      rx[k] = p[0] * Angles.ARCSEC_PER_RADIAN;
      ry[k] = p[1] * Angles.ARCSEC_PER_RADIAN;
      referenceFlux[k] = catalogue.rankFlux(band, referenceRow[k]);
    }
    references = new SkyIndex(rx, ry, 5);
  }

  private static int[] brightest(StarList stars, int limit) {
    return java.util.stream.IntStream.range(0, stars.size())
        .filter(i -> Double.isFinite(stars.x()[i]) && Double.isFinite(stars.y()[i]))
        .filter(i -> stars.flux()[i] > 0)
        .boxed()
        .sorted(
            (a, b) -> {
              int byFlux = Double.compare(stars.flux()[b], stars.flux()[a]);
              return byFlux != 0 ? byFlux : comparePlace(stars, a, b);
            })
        .limit(limit)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private static int comparePlace(StarList stars, int a, int b) {
    int byX = Double.compare(stars.x()[a], stars.x()[b]);
    return byX != 0 ? byX : Double.compare(stars.y()[a], stars.y()[b]);
  }

  private static SkyPoint middle(SkyPoint[] places) {
    Gnomonic plane = new Gnomonic(places[0]);
    double[] xi = new double[places.length];
    double[] eta = new double[places.length];
    for (int k = 0; k < places.length; k++) {
      double[] p = plane.project(places[k]);
      xi[k] = p[0];
      eta[k] = p[1];
    }
    double[] b = bounds(xi, eta);
    return plane.deproject((b[0] + b[1]) / 2, (b[2] + b[3]) / 2);
  }

  private static double[] bounds(double[] x, double[] y) {
    return new double[] {
      Arrays.stream(x).min().orElse(0),
      Arrays.stream(x).max().orElse(0),
      Arrays.stream(y).min().orElse(0),
      Arrays.stream(y).max().orElse(0)
    };
  }

  /** The brightest references near, without those that have a neighbour nearly on top of them. */
  private static int[] references(
      ReferenceStars catalogue,
      String band,
      SkyPoint center,
      double reach,
      Gnomonic plane,
      PatternMatcher.Config c) {
    int[] near =
        Arrays.stream(catalogue.within(center, reach))
            .boxed()
            .sorted(
                (a, b) -> {
                  int byFlux =
                      Double.compare(catalogue.rankFlux(band, b), catalogue.rankFlux(band, a));
                  return byFlux != 0 ? byFlux : Integer.compare(a, b);
                })
            .limit(c.maxReferences())
            .mapToInt(Integer::intValue)
            .toArray();
    double[] x = new double[near.length];
    double[] y = new double[near.length];
    for (int k = 0; k < near.length; k++) {
      double[] p = plane.project(catalogue.raDeg(near[k]), catalogue.decDeg(near[k]));
      x[k] = p[0] * Angles.ARCSEC_PER_RADIAN;
      y[k] = p[1] * Angles.ARCSEC_PER_RADIAN;
    }
    SkyIndex index = new SkyIndex(x, y, 5);
    return java.util.stream.IntStream.range(0, near.length)
        .filter(k -> index.within(x[k], y[k], c.neighbourArcsec()).length == 1)
        .map(k -> near[k])
        .toArray();
  }

  int sources() {
    return sx.length;
  }

  /** References per square arcsec where the sources lie after a map. */
  double density(Similarity map) {
    double margin = 1;
    double cx = map.mapX((box[0] + box[1]) / 2, (box[2] + box[3]) / 2);
    double cy = map.mapY((box[0] + box[1]) / 2, (box[2] + box[3]) / 2);
    double halfX = (box[1] - box[0]) / 2 + margin;
    double halfY = (box[3] - box[2]) / 2 + margin;
    int n = 0;
    for (int k = 0; k < rx.length; k++) {
      if (Math.abs(rx[k] - cx) <= halfX && Math.abs(ry[k] - cy) <= halfY) {
        n++;
      }
    }
    return n / (4 * halfX * halfY);
  }

  /** References inside the box of the sources after a map. */
  int referencesInside(Similarity map) {
    return (int) Math.round(density(map) * (box[1] - box[0] + 2) * (box[3] - box[2] + 2));
  }
}
