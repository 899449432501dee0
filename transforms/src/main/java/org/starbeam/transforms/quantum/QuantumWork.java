package org.starbeam.transforms.quantum;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.DataId;

/**
 * Runs a task on what was gathered at a key: the one place of the graph where work is done. Inputs
 * are read in one pass and sorted, because their order is arbitrary and some runners give them only
 * once; a quantum with any number of inputs is built here and never is an element.
 */
final class QuantumWork implements Serializable {
  private static final long serialVersionUID = 1L;

  private final QuantumTask task;
  private final Assembler assembler;
  private transient @Nullable QuantumHarness harness;

  QuantumWork(QuantumTask task, Assembler assembler) {
    this.task = task;
    this.assembler = assembler;
  }

  /**
   * What met at a key.
   *
   * @param window name of the window
   * @param firing which time the key of a stream was complete; its results carry the number
   */
  record Gathered(DataId key, Iterable<QuantumInput> inputs, String window, int firing) {}

  /** Makes the quanta of a key and executes them. */
  void run(
      CampaignServices services,
      Gathered gathered,
      List<QuantumResult> side,
      Consumer<QuantumResult> out) {
    List<QuantumInput> inputs = new ArrayList<>();
    gathered.inputs.forEach(inputs::add);
    List<QuantumInput> sorted = Quantum.of(gathered.key, inputs).inputs();
    List<Quantum> quanta;
    try {
      quanta = assembler.assemble(gathered.key, sorted, side);
    } catch (Exception | StackOverflowError e) {
      out.accept(
          numbered(
              services.recordFailedGather(task.spec(), gathered.key, "inputs", sorted, e),
              gathered.firing));
      return;
    }
    for (Quantum quantum : quanta) {
      QuantumResult result = harness(services).execute(quantum.inWindow(gathered.window));
      out.accept(numbered(result, gathered.firing));
    }
  }

  private static QuantumResult numbered(QuantumResult result, int firing) {
    result.setFiring(firing);
    return result;
  }

  private QuantumHarness harness(CampaignServices services) {
    QuantumHarness ready = harness;
    if (ready == null) {
      ready = new QuantumHarness(services, task);
      harness = ready;
    }
    return ready;
  }
}
