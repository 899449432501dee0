package org.starbeam.astrometry;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import org.starbeam.image.GaussianWidth;

/** Refines a candidate map by matching and fitting in turn, and decides whether it can be true. */
final class MapVerifier {
  private static final int CYCLES = 3;
  private static final double FEW_STARS_RMS_ARCSEC = 0.15;

  private final MatchField field;
  private final PatternMatcher.Config config;
  private int candidates;
  private int bestPairs;
  private double bestChance;

  MapVerifier(MatchField field, PatternMatcher.Config config) {
    this.field = field;
    this.config = config;
  }

  /** A map that passed; rms in arcsec per axis. */
  record Verified(Similarity map, StarMatches matches, double rms, double chance) {}

  private record Pairs(int[] source, int[] reference) {
    int size() {
      return source.length;
    }
  }

  int candidates() {
    return candidates;
  }

  int bestPairs() {
    return bestPairs;
  }

  double bestChance() {
    return bestChance;
  }

  Optional<Verified> verify(Similarity candidate, double toleranceArcsec) {
    candidates++;
    Similarity map = candidate;
    double radius = 3 * toleranceArcsec;
    Pairs pairs = pairs(map, radius);
    double rms = Double.NaN;
    for (int cycle = 0; cycle < CYCLES; cycle++) {
      if (pairs.size() < 4) {
        return Optional.empty();
      }
      map = fit(pairs);
      rms = robustScatter(map, pairs);
      radius = Math.max(config.minToleranceArcsec(), Math.min(radius, 4 * rms));
      pairs = pairs(map, radius);
    }
    if (pairs.size() < 4 || !allowed(map)) {
      return Optional.empty();
    }
    double chance = field.sources() * field.density(map) * Math.PI * radius * radius;
    if (pairs.size() > bestPairs) {
      bestPairs = pairs.size();
      bestChance = chance;
    }
    rms = rms(map, pairs);
    return enough(map, pairs, rms, chance)
            && rankCorrelation(pairs) > 0.3
            && brightAndFaintAgree(map, pairs)
        ? Optional.of(new Verified(map, rows(pairs), rms, chance))
        : Optional.empty();
  }

  private boolean allowed(Similarity map) {
    return map.shift() <= 1.2 * config.maxShiftArcsec() + 1
        && Math.abs(map.rotationDeg()) <= 1.2 * config.maxRotationDeg() + 0.01
        && Math.abs(map.scale() - 1) < 0.02;
  }

  private boolean enough(Similarity map, Pairs pairs, double rms, double chance) {
    boolean few = Math.min(field.sources(), field.referencesInside(map)) < 8;
    boolean number = pairs.size() >= 6 || few && rms < FEW_STARS_RMS_ARCSEC;
    return number && pairs.size() > chance + 6 * Math.sqrt(chance) + (few ? 2 : 3);
  }

  /** Sources and references that are each other's nearest within a radius. */
  private Pairs pairs(Similarity map, double radius) {
    int[] nearest = new int[field.sources()];
    int[] owner = new int[field.rx.length];
    double[] distance = new double[field.rx.length];
    Arrays.fill(owner, -1);
    for (int k = 0; k < nearest.length; k++) {
      double x = map.mapX(field.sx[k], field.sy[k]);
      double y = map.mapY(field.sx[k], field.sy[k]);
      nearest[k] = field.references.nearest(x, y, radius);
      if (nearest[k] >= 0) {
        int r = nearest[k];
        double d = Math.hypot(field.rx[r] - x, field.ry[r] - y);
        if (owner[r] < 0 || d < distance[r]) {
          owner[r] = k;
          distance[r] = d;
        }
      }
    }
    int[] sources =
        IntStream.range(0, nearest.length)
            .filter(k -> nearest[k] >= 0 && owner[nearest[k]] == k)
            .toArray();
    return new Pairs(sources, Arrays.stream(sources).map(k -> nearest[k]).toArray());
  }

  private Similarity fit(Pairs pairs) {
    int n = pairs.size();
    double[] x = new double[n];
    double[] y = new double[n];
    double[] toX = new double[n];
    double[] toY = new double[n];
    for (int i = 0; i < n; i++) {
      x[i] = field.sx[pairs.source[i]];
      y[i] = field.sy[pairs.source[i]];
      toX[i] = field.rx[pairs.reference[i]];
      toY[i] = field.ry[pairs.reference[i]];
    }
    return Similarity.fit(x, y, toX, toY, n);
  }

  private double dx(Similarity map, Pairs pairs, int i) {
    int k = pairs.source[i];
    return field.rx[pairs.reference[i]] - map.mapX(field.sx[k], field.sy[k]);
  }

  private double dy(Similarity map, Pairs pairs, int i) {
    int k = pairs.source[i];
    return field.ry[pairs.reference[i]] - map.mapY(field.sx[k], field.sy[k]);
  }

  /** Scatter per axis from the median distance, which outliers do not move. */
  private double robustScatter(Similarity map, Pairs pairs) {
    double[] d =
        IntStream.range(0, pairs.size())
            .mapToDouble(i -> Math.hypot(dx(map, pairs, i), dy(map, pairs, i)))
            .sorted()
            .toArray();
    return d[d.length / 2] / GaussianWidth.MEDIAN_RADIUS_PER_SIGMA;
  }

  private double rms(Similarity map, Pairs pairs) {
    double sum = 0;
    for (int i = 0; i < pairs.size(); i++) {
      sum += Math.pow(dx(map, pairs, i), 2) + Math.pow(dy(map, pairs, i), 2);
    }
    return Math.sqrt(sum / (2 * pairs.size()));
  }

  private double rankCorrelation(Pairs pairs) {
    int n = pairs.size();
    double[] a = ranks(IntStream.range(0, n).mapToDouble(i -> field.sourceFlux[pairs.source[i]]));
    double[] b =
        ranks(IntStream.range(0, n).mapToDouble(i -> field.referenceFlux[pairs.reference[i]]));
    double mean = (n - 1) / 2.0;
    double product = 0;
    double square = 0;
    for (int i = 0; i < n; i++) {
      product += (a[i] - mean) * (b[i] - mean);
      square += (a[i] - mean) * (a[i] - mean);
    }
    return product / square;
  }

  private static double[] ranks(java.util.stream.DoubleStream stream) {
    double[] values = stream.toArray();
    Integer[] order = IntStream.range(0, values.length).boxed().toArray(Integer[]::new);
    Arrays.sort(order, (i, j) -> Double.compare(values[i], values[j]));
    double[] rank = new double[values.length];
    for (int r = 0; r < order.length; r++) {
      rank[order[r]] = r;
    }
    return rank;
  }

  /** Sources are ordered by brightness, so the halves are the first and the last pairs. */
  private boolean brightAndFaintAgree(Similarity map, Pairs pairs) {
    int n = pairs.size();
    int half = n / 2;
    if (half < 5) {
      return true;
    }
    double[] difference = new double[2];
    double[] square = new double[2];
    for (int i = 0; i < n; i++) {
      double weight = i < half ? 1.0 / half : -1.0 / (n - half);
      double[] d = {dx(map, pairs, i), dy(map, pairs, i)};
      for (int axis = 0; axis < 2; axis++) {
        difference[axis] += weight * d[axis];
        square[axis] += weight * weight * d[axis] * d[axis];
      }
    }
    return Math.abs(difference[0]) <= 5 * Math.sqrt(square[0])
        && Math.abs(difference[1]) <= 5 * Math.sqrt(square[1]);
  }

  private StarMatches rows(Pairs pairs) {
    int[] order =
        IntStream.range(0, pairs.size())
            .boxed()
            .sorted((i, j) -> Integer.compare(row(pairs, i), row(pairs, j)))
            .mapToInt(Integer::intValue)
            .toArray();
    return new StarMatches(
        Arrays.stream(order).map(i -> row(pairs, i)).toArray(),
        Arrays.stream(order).map(i -> field.referenceRow[pairs.reference[i]]).toArray());
  }

  private int row(Pairs pairs, int i) {
    return field.sourceRow[pairs.source[i]];
  }
}
