package org.starbeam.runners;

import java.util.function.Consumer;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.runners.direct.DirectRunner;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.starbeam.pipelines.LaunchSettings;
import org.starbeam.pipelines.PipelineLauncher;
import org.starbeam.pipelines.RunnerResult;

/**
 * Runs a graph inside this JVM with Beam's DirectRunner. All grouped records are held in the heap,
 * so it is for runs whose shuffled volume is small.
 */
public final class DirectLauncher implements PipelineLauncher {
  @Override
  public String name() {
    return "direct";
  }

  @Override
  public boolean runsHere(LaunchSettings settings) {
    return true;
  }

  @Override
  public RunnerResult run(Consumer<Pipeline> graph, LaunchSettings settings) {
    DirectOptions options =
        PipelineOptionsFactory.fromArgs(settings.runnerArguments()).as(DirectOptions.class);
    options.setRunner(DirectRunner.class);
    options.setBlockOnRun(true);
    options.setTargetParallelism(settings.localParallelism());
    options.setEnforceImmutability(settings.checks());
    options.setEnforceEncodability(settings.checks());
    return Running.toTheEnd(name(), graph, options);
  }
}
