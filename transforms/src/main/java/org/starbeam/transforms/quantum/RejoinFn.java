package org.starbeam.transforms.quantum;

import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.values.KV;
import org.starbeam.schema.QuantumInput;
import org.starbeam.transforms.dataset.DataId;

/** Applies a rejoiner to each gathered key. */
final class RejoinFn
    extends CampaignFn<KV<String, Iterable<QuantumInput>>, KV<String, QuantumInput>> {
  private static final long serialVersionUID = 1L;

  private final TaskSpec spec;
  private final Rejoiner rejoiner;

  RejoinFn(CampaignContext campaign, TaskSpec spec, Rejoiner rejoiner) {
    super(campaign);
    this.spec = spec;
    this.rejoiner = rejoiner;
  }

  @ProcessElement
  public void process(
      @Element KV<String, Iterable<QuantumInput>> element,
      OutputReceiver<KV<String, QuantumInput>> out) {
    DataId key = DataId.parse(element.getKey());
    List<QuantumInput> inputs = new ArrayList<>();
    element.getValue().forEach(inputs::add);
    List<QuantumInput> sorted = Quantum.of(key, inputs).inputs();
    try {
      rejoiner.rejoin(key, sorted, (to, input) -> out.output(KV.of(to.toString(), input)));
    } catch (Exception | StackOverflowError e) {
      services().recordFailedGather(spec, key, "rejoin", sorted, e);
    }
  }
}
