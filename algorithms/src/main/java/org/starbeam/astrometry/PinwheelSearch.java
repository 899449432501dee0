package org.starbeam.astrometry;

import java.util.Optional;

/**
 * Looks for pinwheels of bright sources among the references. For a centre and a reference that
 * might be it, a first spoke gives the turn; the pattern counts when enough of the other spokes end
 * near a reference. How many are enough follows from the density of references: so many that fewer
 * than one pattern is expected by chance in the whole search.
 */
final class PinwheelSearch {
  private static final int MIN_AGREEING = 3;
  private static final double MIN_SPOKE_ARCSEC = 10;

  private final MatchField field;
  private final PatternMatcher.Config config;

  PinwheelSearch(MatchField field, PatternMatcher.Config config) {
    this.field = field;
    this.config = config;
  }

  Optional<MapVerifier.Verified> find(MapVerifier verifier) {
    double tolerance = config.toleranceArcsec();
    for (int round = 0; round < config.rounds(); round++) {
      int agreeing = Math.max(MIN_AGREEING, agreeingSpokes(tolerance) - round);
      for (int center = 0; center < field.sources(); center++) {
        Optional<MapVerifier.Verified> found = around(center, agreeing, tolerance, verifier);
        if (found.isPresent()) {
          return found;
        }
      }
      tolerance *= 2;
    }
    return Optional.empty();
  }

  private int agreeingSpokes(double tolerance) {
    double density = field.density(new Similarity(0, 0, 1, 0));
    double hit = Math.min(0.5, density * Math.PI * 4 * tolerance * tolerance);
    double centers = field.sources() * density * Math.PI * Math.pow(config.maxShiftArcsec(), 2);
    double turns =
        config.spokes()
            * density
            * (200 * Math.toRadians(2 * config.maxRotationDeg()) * 2 * tolerance);
    double expected = centers * turns;
    int spokes = Math.min(config.spokes(), field.sources() - 1);
    int agreeing = 1;
    while (agreeing < spokes && (agreeing <= MIN_AGREEING || expected > 1)) {
      expected *= hit * (spokes - agreeing) / agreeing;
      agreeing++;
    }
    return agreeing;
  }

  private Optional<MapVerifier.Verified> around(
      int center, int agreeing, double tolerance, MapVerifier verifier) {
    int[] spokes = spokes(center);
    double x = field.sx[center];
    double y = field.sy[center];
    for (int reference : field.references.within(x, y, config.maxShiftArcsec())) {
      for (int first = 0; first + agreeing <= spokes.length; first++) {
        Optional<MapVerifier.Verified> found =
            turned(center, reference, spokes, first, agreeing, tolerance, verifier);
        if (found.isPresent()) {
          return found;
        }
      }
    }
    return Optional.empty();
  }

  private Optional<MapVerifier.Verified> turned(
      int center,
      int reference,
      int[] spokes,
      int first,
      int agreeing,
      double tolerance,
      MapVerifier verifier) {
    double dx = field.sx[spokes[first]] - field.sx[center];
    double dy = field.sy[spokes[first]] - field.sy[center];
    double length = Math.hypot(dx, dy);
    double endX = field.rx[reference] + dx;
    double endY = field.ry[reference] + dy;
    double maxTurn = Math.toRadians(config.maxRotationDeg()) + tolerance / length;
    double reach = length * Math.toRadians(config.maxRotationDeg()) + tolerance;
    for (int end : field.references.within(endX, endY, reach)) {
      double ex = field.rx[end] - field.rx[reference];
      double ey = field.ry[end] - field.ry[reference];
      double turn = Math.atan2(dx * ey - dy * ex, dx * ex + dy * ey);
      if (end != reference
          && Math.abs(Math.hypot(ex, ey) - length) <= tolerance
          && Math.abs(turn) <= maxTurn) {
        Similarity map =
            Similarity.about(
                field.sx[center], field.sy[center], field.rx[reference], field.ry[reference], turn);
        if (1 + agreeingAfter(map, spokes, first, tolerance) >= agreeing) {
          Optional<MapVerifier.Verified> found = verifier.verify(map, tolerance);
          if (found.isPresent()) {
            return found;
          }
        }
      }
    }
    return Optional.empty();
  }

  private int agreeingAfter(Similarity map, int[] spokes, int first, double tolerance) {
    int agreeing = 0;
    for (int k = first + 1; k < spokes.length; k++) {
      double x = map.mapX(field.sx[spokes[k]], field.sy[spokes[k]]);
      double y = map.mapY(field.sx[spokes[k]], field.sy[spokes[k]]);
      if (field.references.nearest(x, y, 2 * tolerance) >= 0) {
        agreeing++;
      }
    }
    return agreeing;
  }

  /** The brightest other sources that are far enough away to give a direction. */
  private int[] spokes(int center) {
    int[] out = new int[Math.min(config.spokes(), field.sources() - 1)];
    int n = 0;
    for (int k = 0; k < field.sources() && n < out.length; k++) {
      double d = Math.hypot(field.sx[k] - field.sx[center], field.sy[k] - field.sy[center]);
      if (d > MIN_SPOKE_ARCSEC) {
        out[n++] = k;
      }
    }
    return java.util.Arrays.copyOf(out, n);
  }
}
