package org.starbeam.pipelines.plan;

import java.util.function.Supplier;

/** Takes planned quanta one by one. */
@FunctionalInterface
interface QuantumSink {
  /**
   * @param task stage of the graph
   * @param dataId its dimensions, made when asked for
   * @param n what drives its cost, see {@link CostModel}
   */
  void quantum(String task, Supplier<String> dataId, int n);
}
