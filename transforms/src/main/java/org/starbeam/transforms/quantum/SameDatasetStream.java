package org.starbeam.transforms.quantum;

import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.state.StateSpec;
import org.apache.beam.sdk.state.StateSpecs;
import org.apache.beam.sdk.state.TimeDomain;
import org.apache.beam.sdk.state.Timer;
import org.apache.beam.sdk.state.TimerSpec;
import org.apache.beam.sdk.state.TimerSpecs;
import org.apache.beam.sdk.state.ValueState;
import org.apache.beam.sdk.values.KV;
import org.joda.time.Instant;
import org.starbeam.failure.BadInputException;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.window.CampaignWindows;

/**
 * The first file of each dataset of a stream. A copy of it is recorded as {@code
 * SKIPPED(DUPLICATE)}; another file that says to be the same exposure and detector is refused by
 * name ({@code DUPLICATE_CONFLICT}) and leaves the first untouched. A hash and a path are kept for
 * each dataset until its night takes no more exposures.
 */
final class SameDatasetStream extends CampaignFn<KV<String, QuantumResult>, QuantumResult> {
  private static final long serialVersionUID = 1L;

  private final ArrivalSettings settings;
  private final TaskSpec spec;
  private final double rolloverHours;

  @StateId("hash")
  private final StateSpec<ValueState<String>> hashSpec = StateSpecs.value(StringUtf8Coder.of());

  @StateId("path")
  private final StateSpec<ValueState<String>> pathSpec = StateSpecs.value(StringUtf8Coder.of());

  @TimerId("forget")
  private final TimerSpec forgetSpec = TimerSpecs.timer(TimeDomain.EVENT_TIME);

  SameDatasetStream(CampaignContext campaign, TaskSpec spec, double rolloverHours) {
    super(campaign);
    this.settings = campaign.arrivals();
    this.spec = spec;
    this.rolloverHours = rolloverHours;
  }

  @ProcessElement
  public void process(
      @Element KV<String, QuantumResult> element,
      @StateId("hash") ValueState<String> hash,
      @StateId("path") ValueState<String> path,
      @TimerId("forget") Timer forget,
      OutputReceiver<QuantumResult> out) {
    QuantumResult file = element.getValue();
    if (!QuantumResults.isPresent(file) || file.getOutputs().isEmpty()) {
      out.output(file);
      return;
    }
    DatasetRef dataset = file.getOutputs().get(0);
    String first = hash.read();
    if (first == null) {
      hash.write(dataset.getContentHash());
      path.write(dataset.getPath());
      long night =
          CampaignWindows.nights(rolloverHours).windowsAt(file.getEventTimeMs()).get(0).endMs();
      Instant end = new Instant(night + settings.latenessMillis());
      forget.withNoOutputTimestamp().set(end);
      out.output(file);
      return;
    }
    String earlier = String.valueOf(path.read());
    if (dataset.getPath().equals(earlier) && dataset.getContentHash().equals(first)) {
      out.output(file);
    } else if (dataset.getContentHash().equals(first)) {
      services()
          .recordSkipped(
              spec, file, "DUPLICATE: " + dataset.getPath() + " is a copy of " + earlier);
    } else {
      services()
          .recordRefused(
              spec,
              file,
              new BadInputException(
                  "DUPLICATE_CONFLICT",
                  dataset.getPath()
                      + " says to be "
                      + dataset.getDataId()
                      + ", as "
                      + earlier
                      + " did before it with other content; the earlier one counts. Give the frame its"
                      + " own exposure number, or remove one of the files"));
    }
  }

  @OnTimer("forget")
  public void forget(
      @StateId("hash") ValueState<String> hash, @StateId("path") ValueState<String> path) {
    hash.clear();
    path.clear();
  }
}
