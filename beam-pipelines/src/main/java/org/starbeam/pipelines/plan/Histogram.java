package org.starbeam.pipelines.plan;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntToDoubleFunction;

/** How many quanta of a task have which number n that drives their cost. */
final class Histogram {
  private final TreeMap<Integer, Long> counts = new TreeMap<>();
  private long quanta;

  void add(int n) {
    add(n, 1);
  }

  void add(int n, long times) {
    counts.merge(n, times, Long::sum);
    quanta += times;
  }

  long quanta() {
    return quanta;
  }

  /** Quanta by n, ascending. */
  Map<Integer, Long> counts() {
    return counts;
  }

  /** Sum of a function of n over all quanta. */
  double sum(IntToDoubleFunction of) {
    double sum = 0;
    for (Map.Entry<Integer, Long> e : counts.entrySet()) {
      sum += e.getValue() * of.applyAsDouble(e.getKey());
    }
    return sum;
  }

  /** The n that this fraction of the quanta does not exceed; 0 of none. */
  int quantile(double fraction) {
    long rank = (long) Math.ceil(fraction * quanta);
    long seen = 0;
    for (Map.Entry<Integer, Long> e : counts.entrySet()) {
      seen += e.getValue();
      if (seen >= rank) {
        return e.getKey();
      }
    }
    return 0;
  }
}
