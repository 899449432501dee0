package org.starbeam.transforms.quantum;

import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollectionView;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.window.CampaignWindow;

/** Runs a task on what was gathered at a key, once. */
final class QuantumFn extends CampaignFn<KV<String, Iterable<QuantumInput>>, QuantumResult> {
  private static final long serialVersionUID = 1L;

  private final QuantumWork work;
  private final @Nullable PCollectionView<Iterable<QuantumResult>> side;
  private final boolean timed;

  /**
   * @param timed whether the time from the arrival of a frame is measured
   */
  QuantumFn(
      CampaignContext campaign,
      QuantumWork work,
      @Nullable PCollectionView<Iterable<QuantumResult>> side,
      boolean timed) {
    super(campaign);
    this.work = work;
    this.side = side;
    this.timed = timed;
  }

  @ProcessElement
  public void process(ProcessContext context, BoundedWindow window) {
    DataId key = DataId.parse(context.element().getKey());
    if (isMine(key)) {
      String name = window instanceof CampaignWindow named ? named.name() : "all";
      work.run(
          services(),
          new QuantumWork.Gathered(key, context.element().getValue(), name, 0),
          SideResults.in(context, side),
          result -> {
            if (timed && result.getStatus() == QuantumStatus.DONE) {
              ArrivalTimes.published(context.element().getValue());
            }
            context.output(result);
          });
    }
  }

  @FinishBundle
  public void flush() {
    services().flushIfDue();
  }
}
