package org.starbeam.pipelines;

import java.time.Duration;

/**
 * How a graph ended on its runner. What became of the quanta is in the ledger.
 *
 * @param runner name of the launcher
 * @param state the runner's word for the end, {@code DONE} when all went well
 * @param wallTime from the building of the graph to its end
 */
public record RunnerResult(String runner, String state, Duration wallTime) {
  public boolean done() {
    return state.equals("DONE");
  }
}
