package org.starbeam.runners;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.beam.runners.flink.FlinkPipelineOptions;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.LaunchSettings;
import org.starbeam.pipelines.RunnerResult;
import org.starbeam.pipelines.UserException;
import org.starbeam.runners.cluster.ClusterRest;

/**
 * A Flink cluster of other JVMs that a graph is sent to, with the jars that the cluster lacks. The
 * cluster must have the Flink of this installation. A job of the same run that somebody left behind
 * is ended first: two jobs would do the same quanta twice. When this JVM is interrupted the job is
 * ended too.
 */
final class RemoteCluster {
  private static final Logger LOG = LoggerFactory.getLogger(RemoteCluster.class);
  private static final Duration CANCEL = Duration.ofSeconds(60);

  /** What an interrupted launch gives the quanta that run before it takes their job away. */
  private static final Duration GRACE = Duration.ofSeconds(20);

  private static final Duration INTERRUPTED_CANCEL = Duration.ofSeconds(10);

  private final ClusterRest rest;
  private final LaunchSettings settings;
  private final int parallelism;

  private RemoteCluster(ClusterRest rest, LaunchSettings settings, int parallelism) {
    this.rest = rest;
    this.settings = settings;
    this.parallelism = parallelism;
  }

  /**
   * The cluster that the settings name.
   *
   * @throws UserException when none answers, its Flink is another one, or it has too few slots
   */
  static RemoteCluster reach(LaunchSettings settings) {
    ClusterRest rest = new ClusterRest(String.valueOf(settings.master()));
    ClusterRest.Overview overview;
    try {
      overview = rest.overview();
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE,
          "no Flink cluster answers at " + rest.master(),
          "starbeam cluster start, or --master HOST:PORT of another cluster");
    }
    requireSameFlink(rest, overview.flinkVersion());
    if (overview.slots() == 0 || settings.parallelism() > overview.slots()) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE,
          "the cluster at "
              + rest.master()
              + " has "
              + overview.slots()
              + " slots"
              + (overview.slots() == 0 ? "" : ", --parallelism asks for " + settings.parallelism()),
          "starbeam cluster status --master " + rest.master());
    }
    return new RemoteCluster(
        rest, settings, settings.parallelism() > 0 ? settings.parallelism() : overview.slots());
  }

  /** Client and cluster exchange serialised objects, so the minor versions must be equal. */
  private static void requireSameFlink(ClusterRest rest, String there) {
    String here = EnvironmentInformation.getVersion();
    if (!Libraries.minor(here).equals(Libraries.minor(there))) {
      throw new UserException(
          ExitCode.LOCK,
          "the cluster at " + rest.master() + " has Flink " + there + ", Starbeam has " + here,
          "starbeam doctor --runner flink --master " + rest.master());
    }
  }

  /** Submits and waits; {@code submit} runs the pipeline that has these options. */
  RunnerResult run(FlinkPipelineOptions options, Supplier<RunnerResult> submit) {
    options.setFlinkMaster(rest.master());
    options.setParallelism(parallelism);
    Libraries.Shipment shipment = shipment();
    endLeftOver();
    CountDownLatch ended = new CountDownLatch(1);
    Thread interrupted = new Thread(() -> cancelAfterGrace(ended), "starbeam-cancel");
    Runtime.getRuntime().addShutdownHook(interrupted);
    try (ClassPathJar inPlace = ClassPathJar.of(shipment.inPlace())) {
      options.setFilesToStage(
          Stream.concat(shipment.jars().stream(), Stream.of(inPlace.file()))
              .map(Path::toString)
              .toList());
      return submit.get();
    } finally {
      ended.countDown();
      removeHook(interrupted);
    }
  }

  private Libraries.Shipment shipment() {
    try {
      return Libraries.shipment(rest.configuration().getOrDefault(Libraries.CONFIGURATION_KEY, ""));
    } catch (IOException e) {
      throw unreachable(e);
    }
  }

  private void endLeftOver() {
    try {
      if (rest.cancelAll(settings.job(), CANCEL) > 0) {
        LOG.warn("a job of the same run was still there and has been ended: {}", settings.job());
      }
    } catch (IOException e) {
      throw unreachable(e);
    }
  }

  private UserException unreachable(IOException e) {
    return new UserException(
        ExitCode.INFRASTRUCTURE,
        "the Flink cluster at "
            + rest.master()
            + " does not answer as it should: "
            + e.getMessage(),
        "starbeam cluster status --master " + rest.master());
  }

  private void cancelAfterGrace(CountDownLatch ended) {
    try {
      if (!ended.await(GRACE.toSeconds(), TimeUnit.SECONDS)) {
        rest.cancelAll(settings.job(), INTERRUPTED_CANCEL);
      }
    } catch (IOException e) {
      LOG.warn("the job of {} may still run: {}", settings.job(), e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void removeHook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is ending: the hook has seen that the job has ended.
    }
  }
}
