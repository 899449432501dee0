package org.starbeam.pipelines;

import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.function.Consumer;
import org.apache.beam.sdk.Pipeline;

/** Runs a graph on one kind of runner and waits for its end. Found by {@link ServiceLoader}. */
public interface PipelineLauncher {
  /** Name that users give, {@code direct} or {@code flink}. */
  String name();

  /**
   * Builds the graph and runs it to its end.
   *
   * @param graph adds the transforms of the campaign to an empty pipeline
   * @throws PipelineFailedException when the runner gave up; quanta that fail do not do that
   */
  RunnerResult run(Consumer<Pipeline> graph, LaunchSettings settings);

  /**
   * Looks whether the runner is there and fits, before anything is written.
   *
   * @throws UserException when it is not, with what to do
   */
  default void check(LaunchSettings settings) {}

  /** True when this JVM is the runner's own, so that there is nothing to choose. */
  default boolean isHost() {
    return false;
  }

  /** True when the functions of the graph run in this JVM. */
  default boolean runsHere(LaunchSettings settings) {
    return false;
  }

  /** Name of the runner to take when the user names none: the host, STARBEAM_RUNNER, direct. */
  static String usual() {
    return all().stream()
        .filter(PipelineLauncher::isHost)
        .map(PipelineLauncher::name)
        .findFirst()
        .orElse(System.getenv().getOrDefault("STARBEAM_RUNNER", "direct"));
  }

  /** All launchers on the class path by name. */
  static List<PipelineLauncher> all() {
    return ServiceLoader.load(PipelineLauncher.class).stream()
        .map(ServiceLoader.Provider::get)
        .sorted(Comparator.comparing(PipelineLauncher::name))
        .toList();
  }

  /** The launcher of a name. */
  static PipelineLauncher named(String name) {
    return all().stream()
        .filter(launcher -> launcher.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no runner '"
                        + name
                        + "', known: "
                        + all().stream().map(PipelineLauncher::name).toList()));
  }
}
