package org.starbeam.transforms.quantum;

import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollectionView;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.window.CampaignWindow;

/**
 * Runs a task on what was gathered at a key: the one place of the graph where work is done. Inputs
 * are read in one pass and sorted, because their order is arbitrary and some runners give them only
 * once; a quantum with any number of inputs is built here and never is an element.
 */
final class QuantumFn extends CampaignFn<KV<String, Iterable<QuantumInput>>, QuantumResult> {
  private static final long serialVersionUID = 1L;

  private final QuantumTask task;
  private final Assembler assembler;
  private final @Nullable PCollectionView<Iterable<QuantumResult>> side;
  private transient @Nullable QuantumHarness harness;

  QuantumFn(
      CampaignContext campaign,
      QuantumTask task,
      Assembler assembler,
      @Nullable PCollectionView<Iterable<QuantumResult>> side) {
    super(campaign);
    this.task = task;
    this.assembler = assembler;
    this.side = side;
  }

  @ProcessElement
  public void process(ProcessContext context, BoundedWindow window) {
    DataId key = DataId.parse(context.element().getKey());
    if (!isMine(key)) {
      return;
    }
    List<QuantumInput> inputs = new ArrayList<>();
    context.element().getValue().forEach(inputs::add);
    String windowName = window instanceof CampaignWindow named ? named.name() : "all";
    for (Quantum quantum : assemble(key, inputs, sideResults(context), context)) {
      context.output(harness().execute(quantum.inWindow(windowName)));
    }
  }

  private List<Quantum> assemble(
      DataId key, List<QuantumInput> inputs, List<QuantumResult> side, ProcessContext context) {
    List<QuantumInput> sorted = Quantum.of(key, inputs).inputs();
    try {
      return assembler.assemble(key, sorted, side);
    } catch (Exception | StackOverflowError e) {
      CampaignServices services = services();
      context.output(services.recordFailedGather(task.spec(), key, "inputs", sorted, e));
      return List.of();
    }
  }

  private List<QuantumResult> sideResults(ProcessContext context) {
    if (side == null) {
      return List.of();
    }
    List<QuantumResult> results = new ArrayList<>();
    context.sideInput(side).forEach(results::add);
    return results.stream().sorted(QuantumResults.ORDER).toList();
  }

  private QuantumHarness harness() {
    QuantumHarness ready = harness;
    if (ready == null) {
      ready = new QuantumHarness(services(), task);
      harness = ready;
    }
    return ready;
  }

  @FinishBundle
  public void flush() {
    services().flushIfDue();
  }
}
