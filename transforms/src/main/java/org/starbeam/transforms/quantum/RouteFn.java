package org.starbeam.transforms.quantum;

import org.apache.beam.sdk.values.KV;
import org.joda.time.Duration;
import org.joda.time.Instant;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;

/**
 * Applies a router to each result. In bounded input what it sends is stamped with the event time of
 * the result, whatever time the runner gave a gather's output. In a stream it keeps the watermark
 * at which its file was sent, which no watermark behind it can have passed: so a late exposure
 * holds what follows from it back as one in time does. A router that throws costs its result one
 * failure record.
 */
final class RouteFn extends CampaignFn<QuantumResult, KV<String, QuantumInput>> {
  private static final long serialVersionUID = 1L;

  private final TaskSpec spec;
  private final Router router;
  private final boolean stream;

  RouteFn(CampaignContext campaign, TaskSpec spec, Router router, boolean stream) {
    super(campaign);
    this.spec = spec;
    this.router = router;
    this.stream = stream;
  }

  @Override
  @SuppressWarnings("deprecation")
  public Duration getAllowedTimestampSkew() {
    return Duration.millis(Long.MAX_VALUE);
  }

  @ProcessElement
  public void process(
      @Element QuantumResult result,
      @Timestamp Instant sent,
      OutputReceiver<KV<String, QuantumInput>> out) {
    Instant time = stream ? sent : new Instant(result.getEventTimeMs());
    try {
      router.route(
          result,
          services().reader(),
          (key, input) -> {
            if (isMine(key)) {
              out.outputWithTimestamp(KV.of(key.toString(), input), time);
            }
          });
    } catch (Exception | StackOverflowError e) {
      services().recordUnroutable(spec, result, e);
    }
  }
}
