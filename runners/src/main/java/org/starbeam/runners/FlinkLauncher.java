package org.starbeam.runners;

import java.util.function.Consumer;
import org.apache.beam.runners.flink.FlinkPipelineOptions;
import org.apache.beam.runners.flink.FlinkRunner;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.starbeam.pipelines.LaunchSettings;
import org.starbeam.pipelines.PipelineLauncher;
import org.starbeam.pipelines.RunnerResult;

/**
 * Runs a graph on Flink: inside this JVM, or on the cluster that the settings name. Batch with
 * blocking exchanges, so that a lost worker costs the stage and not the job; grouped records are
 * sorted on disk.
 */
public final class FlinkLauncher implements PipelineLauncher {
  @Override
  public String name() {
    return "flink";
  }

  @Override
  public RunnerResult run(Consumer<Pipeline> graph, LaunchSettings settings) {
    FlinkPipelineOptions options = PipelineOptionsFactory.as(FlinkPipelineOptions.class);
    options.setRunner(FlinkRunner.class);
    String master = settings.master();
    options.setFlinkMaster(master == null ? "[local]" : master);
    options.setParallelism(settings.parallelism());
    options.setObjectReuse(!settings.checks());
    options.setFasterCopy(!settings.checks());
    options.setExecutionModeForBatch("BATCH_FORCED");
    options.setStreaming(false);
    if (master != null) {
      return Running.toTheEnd(name(), graph, options);
    }
    try (EmbeddedCluster cluster = EmbeddedCluster.open()) {
      options.setFlinkConfDir(cluster.configuration().toString());
      return Running.toTheEnd(name(), graph, options);
    }
  }
}
