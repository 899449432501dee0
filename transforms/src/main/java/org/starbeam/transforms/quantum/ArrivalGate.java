package org.starbeam.transforms.quantum;

import org.joda.time.Instant;
import org.starbeam.failure.BadInputException;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.window.CampaignWindow;
import org.starbeam.transforms.window.CampaignWindows;
import org.starbeam.transforms.window.EventTime;

/**
 * Lets the exposures of a stream through that come in their time. One that is dated ahead of the
 * clock is refused ({@code FUTURE_TIME}), one whose night has expired is recorded as {@code
 * SKIPPED(LATE)}; the windows that follow never drop anything unseen. An element comes with the
 * watermark at which its file was sent as its time.
 */
public final class ArrivalGate extends CampaignFn<QuantumResult, QuantumResult> {
  private static final long serialVersionUID = 1L;

  private final ArrivalSettings settings;
  private final TaskSpec spec;
  private final double rolloverHours;

  /**
   * @param spec the task whose results are the exposures
   */
  public ArrivalGate(CampaignContext campaign, TaskSpec spec, double rolloverHours) {
    super(campaign);
    this.settings = campaign.arrivals();
    this.spec = spec;
    this.rolloverHours = rolloverHours;
  }

  @ProcessElement
  public void process(
      @Element QuantumResult exposure, @Timestamp Instant sent, OutputReceiver<QuantumResult> out) {
    if (!QuantumResults.isPresent(exposure)) {
      out.output(exposure);
      return;
    }
    long time = exposure.getEventTimeMs();
    long now = EventTime.ofClock(System.currentTimeMillis());
    CampaignWindow night = CampaignWindows.nights(rolloverHours).windowsAt(time).get(0);
    if (time > now + settings.futureMillis()) {
      services()
          .recordRefused(
              spec,
              exposure,
              new BadInputException(
                  "FUTURE_TIME",
                  file(exposure)
                      + ": the exposure is dated "
                      + EventTime.text(time)
                      + " TAI, it is "
                      + EventTime.text(now)
                      + " now; correct the clock or the header and give the file another name"));
    } else if (night.endMs() + settings.latenessMillis() <= sent.getMillis()) {
      services()
          .recordSkipped(
              spec,
              exposure,
              "LATE: "
                  + file(exposure)
                  + " is of night "
                  + night.name()
                  + ", which takes no more exposures; the next month or release will");
    } else {
      out.output(exposure);
    }
  }

  private static String file(QuantumResult exposure) {
    return exposure.getOutputs().stream().map(DatasetRef::getPath).findFirst().orElse("a frame");
  }
}
