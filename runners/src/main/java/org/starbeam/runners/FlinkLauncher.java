package org.starbeam.runners;

import java.util.function.Consumer;
import org.apache.beam.runners.flink.FlinkPipelineOptions;
import org.apache.beam.runners.flink.FlinkRunner;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.flink.api.java.ExecutionEnvironment;
import org.starbeam.pipelines.LaunchSettings;
import org.starbeam.pipelines.PipelineLauncher;
import org.starbeam.pipelines.RunnerResult;

/**
 * Runs a graph on Flink: inside this JVM, on the cluster that the settings name, or on the cluster
 * whose JobManager this JVM is (application mode). Batch with blocking exchanges, so that a lost
 * worker costs the stage and not the job; grouped records are sorted on disk. A graph whose input
 * has no end runs as a stream, with its state in the heap; what it has done rests in the ledger,
 * not in its checkpoints.
 */
public final class FlinkLauncher implements PipelineLauncher {
  /** The cluster inside this JVM, and the one that runs this program. */
  private static final String EMBEDDED = "[local]";

  private static final String HOSTING = "[auto]";

  private static final long CHECKPOINT_MILLIS = 30_000;

  /** Losses of a task or worker after which a stream goes on from its last checkpoint. */
  private static final int RESTARTS = 10;

  private static final long RESTART_DELAY_MILLIS = 2000;

  /** Event time moves on at the end of a bundle: this much later in each stage. */
  private static final long STREAM_BUNDLE_MILLIS = 100;

  /** Without it a stream whose sources have ended goes on for ever, once it makes checkpoints. */
  private static final long SHUTDOWN_IDLE_MILLIS = 1000;

  @Override
  public String name() {
    return "flink";
  }

  /** Flink sets an environment of its own before it calls the main class of an application. */
  @Override
  public boolean isHost() {
    return !ExecutionEnvironment.areExplicitEnvironmentsAllowed();
  }

  @Override
  public boolean runsHere(LaunchSettings settings) {
    return settings.master() == null && !isHost();
  }

  @Override
  public void check(LaunchSettings settings) {
    if (settings.master() != null && !isHost()) {
      RemoteCluster.reach(settings);
    }
  }

  @Override
  public RunnerResult run(Consumer<Pipeline> original, LaunchSettings settings) {
    Consumer<Pipeline> graph = original.andThen(ArrivalsAsSources::in);
    FlinkPipelineOptions options = options(settings);
    Consumer<Pipeline> gathering =
        settings.streaming() ? graph : graph.andThen(FlinkGathers::inOneSort);
    if (isHost()) {
      options.setFlinkMaster(HOSTING);
      options.setParallelism(settings.parallelism() > 0 ? settings.parallelism() : -1);
      return Running.toTheEnd(name(), gathering, options);
    }
    if (settings.master() != null) {
      return RemoteCluster.reach(settings)
          .run(options, () -> Running.toTheEnd(name(), gathering, options));
    }
    options.setFlinkMaster(EMBEDDED);
    options.setParallelism(settings.localParallelism());
    try (EmbeddedCluster cluster = EmbeddedCluster.open()) {
      options.setFlinkConfDir(cluster.configuration().toString());
      return Running.toTheEnd(name(), gathering, options);
    }
  }

  private static FlinkPipelineOptions options(LaunchSettings settings) {
    FlinkPipelineOptions options =
        PipelineOptionsFactory.fromArgs(settings.runnerArguments()).as(FlinkPipelineOptions.class);
    options.setRunner(FlinkRunner.class);
    options.setJobName(settings.job());
    options.setObjectReuse(!settings.checks());
    options.setFasterCopy(!settings.checks());
    options.setExecutionModeForBatch("BATCH_FORCED");
    options.setStreaming(settings.streaming());
    if (settings.streaming()) {
      stream(options);
    }
    return options;
  }

  /** How a stream runs, where the user has not said otherwise. */
  private static void stream(FlinkPipelineOptions options) {
    if (options.getCheckpointingInterval() <= 0) {
      options.setCheckpointingInterval(CHECKPOINT_MILLIS);
    }
    options.setMaxBundleTimeMills(STREAM_BUNDLE_MILLIS);
    options.setShutdownSourcesAfterIdleMs(SHUTDOWN_IDLE_MILLIS);
    if (options.getNumberOfExecutionRetries() < 0) {
      options.setNumberOfExecutionRetries(RESTARTS);
      options.setExecutionRetryDelay(RESTART_DELAY_MILLIS);
    }
  }
}
