package org.starbeam.runners;

import java.time.Duration;
import java.util.function.Consumer;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.options.PipelineOptions;
import org.starbeam.pipelines.PipelineFailedException;
import org.starbeam.pipelines.RunnerResult;

/** Builds a graph, runs it and waits. */
final class Running {
  private Running() {}

  static RunnerResult toTheEnd(String runner, Consumer<Pipeline> graph, PipelineOptions options) {
    long start = System.nanoTime();
    Pipeline pipeline = Pipeline.create(options);
    graph.accept(pipeline);
    try {
      PipelineResult.State state = pipeline.run().waitUntilFinish();
      return new RunnerResult(
          runner,
          state == null ? "DONE" : state.name(),
          Duration.ofNanos(System.nanoTime() - start));
    } catch (RuntimeException e) {
      throw PipelineFailedException.of(runner, e);
    }
  }
}
