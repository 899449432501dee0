package org.starbeam.transforms.quantum;

import org.apache.beam.sdk.values.KV;
import org.joda.time.Duration;
import org.joda.time.Instant;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;

/**
 * Applies a router to each result and stamps what it sends with the event time of the result. A
 * router that throws costs its result one failure record.
 */
final class RouteFn extends CampaignFn<QuantumResult, KV<String, QuantumInput>> {
  private static final long serialVersionUID = 1L;

  private final TaskSpec spec;
  private final Router router;

  RouteFn(CampaignContext campaign, TaskSpec spec, Router router) {
    super(campaign);
    this.spec = spec;
    this.router = router;
  }

  /** Event time is the record's own, whatever time the runner gave a gather's output. */
  @Override
  @SuppressWarnings("deprecation")
  public Duration getAllowedTimestampSkew() {
    return Duration.millis(Long.MAX_VALUE);
  }

  @ProcessElement
  public void process(@Element QuantumResult result, OutputReceiver<KV<String, QuantumInput>> out) {
    Instant time = new Instant(result.getEventTimeMs());
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
