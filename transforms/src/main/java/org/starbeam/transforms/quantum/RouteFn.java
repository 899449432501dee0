package org.starbeam.transforms.quantum;

import org.apache.beam.sdk.values.KV;
import org.joda.time.Duration;
import org.joda.time.Instant;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;

/**
 * Applies a router to each result and stamps what it sends with the event time of the result,
 * whatever time the runner gave a gather's output. In a stream that time is never before the
 * watermark at which the file was sent: so a late exposure holds what follows from it back as one
 * in time does, and the runner drops nothing. A router that throws costs its result one failure
 * record.
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
    Instant own = new Instant(result.getEventTimeMs());
    Instant time = stream && sent.isAfter(own) ? sent : own;
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
