package org.starbeam.transforms.quantum;

import java.io.Serializable;

/**
 * The work of one task on one data id: a pure function of its inputs and its configuration. A task
 * opens datasets through its {@link QuantumContext}, calls classes of {@code algorithms}, and
 * writes its datasets through the context. It throws {@link org.starbeam.failure.BadInputException}
 * for inputs that cannot be used and {@link org.starbeam.failure.AlgorithmException} when the data
 * do not allow an answer; everything else that it throws counts as a defect. All of them become
 * quantum records; none leaves the graph as an exception.
 */
public interface QuantumTask extends Serializable {
  /** Name, step, version, configuration and outputs; constant for the life of the task. */
  TaskSpec spec();

  /**
   * Does the work. Datasets staged through the context become visible only when this method returns
   * normally.
   */
  Outcome run(Quantum quantum, QuantumContext context) throws Exception;
}
