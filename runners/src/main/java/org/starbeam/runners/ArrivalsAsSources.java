package org.starbeam.runners;

import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.runners.AppliedPTransform;
import org.apache.beam.sdk.runners.PTransformOverride;
import org.apache.beam.sdk.runners.PTransformOverrideFactory;
import org.apache.beam.sdk.util.construction.PTransformMatchers;
import org.apache.beam.sdk.util.construction.ReplacementOutputs;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.TupleTag;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.ingest.RawArrivals;

/**
 * Watched inputs as sources, for Flink. Flink's operator of a splittable function (Beam 2.70,
 * {@code SplittableDoFnOperator}) is fed by an impulse. When that has ended, which it must before a
 * job can end, the operator is finished: it then fires its processing-time timers at once and
 * without rest, so it lists the directory thousands of times a second, and nothing else of its task
 * goes on. Each timer also holds event time back to the hour of the day, so that tonight could not
 * close before its end. A source has neither.
 */
final class ArrivalsAsSources
    implements PTransformOverrideFactory<PBegin, PCollection<QuantumResult>, RawArrivals> {
  private ArrivalsAsSources() {}

  /** Replaces the watched inputs of a graph. */
  static void in(Pipeline graph) {
    graph.replaceAll(
        List.of(
            PTransformOverride.of(
                PTransformMatchers.classEqualTo(RawArrivals.class), new ArrivalsAsSources())));
  }

  @Override
  public PTransformReplacement<PBegin, PCollection<QuantumResult>> getReplacementTransform(
      AppliedPTransform<PBegin, PCollection<QuantumResult>, RawArrivals> arrivals) {
    return PTransformReplacement.of(
        arrivals.getPipeline().begin(), arrivals.getTransform().asSource());
  }

  @Override
  public Map<PCollection<?>, ReplacementOutput> mapOutputs(
      Map<TupleTag<?>, PCollection<?>> outputs, PCollection<QuantumResult> source) {
    return ReplacementOutputs.singleton(outputs, source);
  }
}
