package org.starbeam.modelfit;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Cuts many objects into blocks of neighbours at the medians of their positions. */
final class Blocks {
  private Blocks() {}

  /**
   * @param limit objects of a block
   * @return places in the list, each in one block
   */
  static List<List<Integer>> cut(List<ModelTarget> targets, int limit) {
    List<List<Integer>> out = new ArrayList<>();
    List<Integer> all = IntStream.range(0, targets.size()).boxed().toList();
    cut(targets, all, limit, out);
    return out;
  }

  private static void cut(
      List<ModelTarget> targets, List<Integer> part, int limit, List<List<Integer>> out) {
    if (part.size() <= limit) {
      if (!part.isEmpty()) {
        out.add(part.stream().sorted().toList());
      }
      return;
    }
    double width = spread(targets, part, true);
    double height = spread(targets, part, false);
    Comparator<Integer> byX = Comparator.comparingDouble(i -> targets.get(i).x());
    Comparator<Integer> byY = Comparator.comparingDouble(i -> targets.get(i).y());
    Comparator<Integer> order = width >= height ? byX.thenComparing(byY) : byY.thenComparing(byX);
    List<Integer> sorted = part.stream().sorted(order).toList();
    int half = sorted.size() / 2;
    cut(targets, sorted.subList(0, half), limit, out);
    cut(targets, sorted.subList(half, sorted.size()), limit, out);
  }

  private static double spread(List<ModelTarget> targets, List<Integer> part, boolean inX) {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (int i : part) {
      double at = inX ? targets.get(i).x() : targets.get(i).y();
      low = Math.min(low, at);
      high = Math.max(high, at);
    }
    return high - low;
  }
}
