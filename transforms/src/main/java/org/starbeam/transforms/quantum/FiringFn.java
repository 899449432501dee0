package org.starbeam.transforms.quantum;

import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.state.StateSpec;
import org.apache.beam.sdk.state.StateSpecs;
import org.apache.beam.sdk.state.TimeDomain;
import org.apache.beam.sdk.state.Timer;
import org.apache.beam.sdk.state.TimerSpec;
import org.apache.beam.sdk.state.TimerSpecs;
import org.apache.beam.sdk.state.ValueState;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollectionView;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.window.CampaignWindow;

/**
 * Runs a task on what a {@link StreamGather} sent on. The firings of a key are worked on one after
 * the other, because the state is the key's, and one that a newer has overtaken is not worked on:
 * so the last record of a quantum is that of its newest inputs.
 */
final class FiringFn
    extends CampaignFn<KV<String, KV<Integer, Iterable<QuantumInput>>>, QuantumResult> {
  private static final long serialVersionUID = 1L;

  private final QuantumWork work;
  private final @Nullable PCollectionView<Iterable<QuantumResult>> side;
  private final long latenessMillis;

  @StateId("newest")
  private final StateSpec<ValueState<Integer>> newestSpec = StateSpecs.value(VarIntCoder.of());

  @TimerId("forget")
  private final TimerSpec forgetSpec = TimerSpecs.timer(TimeDomain.EVENT_TIME);

  FiringFn(
      CampaignContext campaign,
      QuantumWork work,
      @Nullable PCollectionView<Iterable<QuantumResult>> side) {
    super(campaign);
    this.work = work;
    this.side = side;
    this.latenessMillis = campaign.arrivals().latenessMillis();
  }

  @ProcessElement
  public void process(
      ProcessContext context,
      @StateId("newest") ValueState<Integer> newest,
      @TimerId("forget") Timer forget) {
    String windowKey = context.element().getKey();
    CampaignWindow window = WindowKey.window(windowKey);
    DataId key = DataId.parse(WindowKey.key(windowKey));
    int number = context.element().getValue().getKey();
    Integer before = newest.read();
    if (!isMine(key) || (before != null && number <= before)) {
      return;
    }
    newest.write(number);
    forget.withNoOutputTimestamp().set(WindowKey.expiry(window, 2 * latenessMillis));
    work.run(
        services(),
        new QuantumWork.Gathered(
            key, context.element().getValue().getValue(), window.name(), number),
        SideResults.in(context, side),
        context::output);
  }

  @OnTimer("forget")
  public void forget(@StateId("newest") ValueState<Integer> newest) {
    newest.clear();
  }

  @FinishBundle
  public void flush() {
    services().flush();
  }
}
