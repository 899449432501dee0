package org.starbeam.runners;

import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumSources;
import org.starbeam.transforms.quantum.QuantumStage;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;
import org.starbeam.transforms.quantum.TaskSpec.InputRule;

/** Sends everything to one key and counts it there. */
final class BigKey {
  private BigKey() {}

  private record CountTask() implements QuantumTask {
    @Override
    public TaskSpec spec() {
      return new TaskSpec(
          "count", "step7", 1, "{}", List.of(InputRule.gather("raw", 1)), List.of());
    }

    @Override
    public Outcome run(Quantum quantum, QuantumContext context) {
      context.metric("inputs", quantum.results("raw").size());
      return Outcome.done();
    }
  }

  static void build(Pipeline pipeline, CampaignContext campaign, List<QuantumResult> raws) {
    QuantumStage.named("count")
        .in(campaign)
        .route(
            QuantumSources.of(pipeline, "raws", raws),
            (r, reader, out) -> out.send(DataId.GLOBAL, "raw", r))
        .run(new CountTask());
  }
}
