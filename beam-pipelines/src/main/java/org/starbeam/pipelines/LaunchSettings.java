package org.starbeam.pipelines;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.transforms.store.StoreOptions;

/**
 * How a graph is run; nothing here can change a product.
 *
 * @param parallelism quanta at a time, at least 1, or 0 for all that the runner has room for
 * @param checks true to have the runner check that elements are neither changed nor unencodable;
 *     for tests, three times slower
 * @param master {@code host:port} of a Flink cluster, or null for a cluster inside this JVM
 * @param job what a cluster shows; a job of this name is the same run, whoever started it
 * @param shard {@code DIMENSION:INDEX/COUNT} of the quanta to compute, empty for all
 * @param streaming true when the input has no end of its own
 * @param runnerOptions options of Beam that are passed on, {@code key=value}
 * @param commandLine what the user typed, to be recorded
 */
public record LaunchSettings(
    int parallelism,
    boolean checks,
    @Nullable String master,
    String job,
    String shard,
    boolean streaming,
    List<String> runnerOptions,
    List<String> commandLine) {
  public LaunchSettings {
    runnerOptions = List.copyOf(runnerOptions);
    commandLine = List.copyOf(commandLine);
    if (parallelism < 0) {
      throw new IllegalArgumentException("parallelism " + parallelism + ", expected 0 or more");
    }
  }

  public static LaunchSettings ofParallelism(int parallelism) {
    return new LaunchSettings(
        parallelism, false, null, "starbeam", "", false, List.of(), List.of());
  }

  public LaunchSettings withChecks() {
    return new LaunchSettings(
        parallelism, true, master, job, shard, streaming, runnerOptions, commandLine);
  }

  public LaunchSettings withMaster(@Nullable String hostAndPort) {
    return new LaunchSettings(
        parallelism, checks, hostAndPort, job, shard, streaming, runnerOptions, commandLine);
  }

  public LaunchSettings withJob(String name) {
    return new LaunchSettings(
        parallelism, checks, master, name, shard, streaming, runnerOptions, commandLine);
  }

  public LaunchSettings withShard(String part) {
    return new LaunchSettings(
        parallelism, checks, master, job, part, streaming, runnerOptions, commandLine);
  }

  public LaunchSettings withStreaming() {
    return new LaunchSettings(
        parallelism, checks, master, job, shard, true, runnerOptions, commandLine);
  }

  /** With options of Beam that are passed on. */
  public LaunchSettings withRunnerOptions(List<String> options) {
    return new LaunchSettings(
        parallelism, checks, master, job, shard, streaming, options, commandLine);
  }

  /** With what the user typed. */
  public LaunchSettings withCommandLine(List<String> words) {
    return new LaunchSettings(
        parallelism, checks, master, job, shard, streaming, runnerOptions, words);
  }

  /** The runner's options, and those of the object stores, as Beam reads them. */
  public String[] runnerArguments() {
    return StoreOptions.arguments(runnerOptions);
  }

  /** Quanta at a time inside this JVM: as asked for, else one for each core. */
  public int localParallelism() {
    return parallelism > 0 ? parallelism : Runtime.getRuntime().availableProcessors();
  }
}
