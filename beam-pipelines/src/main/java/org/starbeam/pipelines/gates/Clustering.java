package org.starbeam.pipelines.gates;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.gates.GateNumbers.Unit;

/**
 * What bad units have in common: for detector, night and tract the numbers of bad units are
 * compared with those expected if badness fell on all units alike, by chi-square. The dimension
 * with the least probable chi-square is named with its most exceeding value, when the probability
 * of chance is below 1 percent.
 */
public final class Clustering {
  private static final int FEWEST = 3;

  /** Normal deviate of 1 percent. */
  private static final double SIGNIFICANT = 2.326;

  private static final Map<String, Function<Unit, @Nullable Long>> DIMENSIONS = dimensions();

  private Clustering() {}

  private static Map<String, Function<Unit, @Nullable Long>> dimensions() {
    Map<String, Function<Unit, @Nullable Long>> out = new LinkedHashMap<>();
    out.put("detector", Unit::detector);
    out.put("night", Unit::dayObs);
    out.put("tract", Unit::tract);
    return out;
  }

  /** A common property. */
  public record Cluster(
      String dimension, long value, long bad, double expected, long of, double significance) {}

  /** A sentence on what the bad units have in common, or an empty text. */
  public static String hint(List<Unit> bad, List<Unit> all) {
    Cluster cluster = find(bad, all);
    return cluster == null
        ? ""
        : "%d of %d bad units are of %s %d (%.1f expected by chance)"
            .formatted(cluster.bad, bad.size(), cluster.dimension, cluster.value, cluster.expected);
  }

  /** The common property of the bad units, or null when chance explains them. */
  public static @Nullable Cluster find(List<Unit> bad, List<Unit> all) {
    if (bad.size() < FEWEST) {
      return null;
    }
    Cluster best = null;
    for (Map.Entry<String, Function<Unit, @Nullable Long>> dimension : DIMENSIONS.entrySet()) {
      Cluster found = find(dimension.getKey(), dimension.getValue(), bad, all);
      if (found != null && (best == null || found.significance > best.significance)) {
        best = found;
      }
    }
    return best;
  }

  private static @Nullable Cluster find(
      String name, Function<Unit, @Nullable Long> dimension, List<Unit> bad, List<Unit> all) {
    Map<Long, Long> population = count(dimension, all);
    Map<Long, Long> observed = count(dimension, bad);
    long units = population.values().stream().mapToLong(n -> n).sum();
    long badUnits = observed.values().stream().mapToLong(n -> n).sum();
    if (population.size() < 2 || badUnits < FEWEST) {
      return null;
    }
    double chiSquare = 0;
    long top = 0;
    double topExcess = Double.NEGATIVE_INFINITY;
    for (Map.Entry<Long, Long> value : population.entrySet()) {
      double expected = (double) badUnits * value.getValue() / units;
      double difference = observed.getOrDefault(value.getKey(), 0L) - expected;
      chiSquare += difference * difference / expected;
      double excess = difference / Math.sqrt(expected);
      if (excess > topExcess || (excess == topExcess && value.getKey() < top)) {
        topExcess = excess;
        top = value.getKey();
      }
    }
    double significance = deviate(chiSquare, population.size() - 1);
    long count = observed.getOrDefault(top, 0L);
    if (significance < SIGNIFICANT || count < FEWEST) {
      return null;
    }
    long of = population.getOrDefault(top, 0L);
    return new Cluster(name, top, count, (double) badUnits * of / units, of, significance);
  }

  private static Map<Long, Long> count(Function<Unit, @Nullable Long> dimension, List<Unit> units) {
    Map<Long, Long> counts = new HashMap<>();
    for (Unit unit : units) {
      Long value = dimension.apply(unit);
      if (value != null) {
        counts.merge(value, 1L, Long::sum);
      }
    }
    return counts;
  }

  /** Normal deviate of a chi-square (Wilson and Hilferty 1931). */
  private static double deviate(double chiSquare, int degrees) {
    double width = 2.0 / (9 * degrees);
    return (Math.cbrt(chiSquare / degrees) - (1 - width)) / Math.sqrt(width);
  }
}
