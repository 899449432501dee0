package org.starbeam.pipelines;

import org.jspecify.annotations.Nullable;

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
 */
public record LaunchSettings(
    int parallelism,
    boolean checks,
    @Nullable String master,
    String job,
    String shard,
    boolean streaming) {
  public LaunchSettings {
    if (parallelism < 0) {
      throw new IllegalArgumentException("parallelism " + parallelism + ", expected 0 or more");
    }
  }

  public static LaunchSettings ofParallelism(int parallelism) {
    return new LaunchSettings(parallelism, false, null, "starbeam", "", false);
  }

  public LaunchSettings withChecks() {
    return new LaunchSettings(parallelism, true, master, job, shard, streaming);
  }

  public LaunchSettings withMaster(@Nullable String hostAndPort) {
    return new LaunchSettings(parallelism, checks, hostAndPort, job, shard, streaming);
  }

  public LaunchSettings withJob(String name) {
    return new LaunchSettings(parallelism, checks, master, name, shard, streaming);
  }

  public LaunchSettings withShard(String part) {
    return new LaunchSettings(parallelism, checks, master, job, part, streaming);
  }

  public LaunchSettings withStreaming() {
    return new LaunchSettings(parallelism, checks, master, job, shard, true);
  }

  /** Quanta at a time inside this JVM: as asked for, else one for each core. */
  public int localParallelism() {
    return parallelism > 0 ? parallelism : Runtime.getRuntime().availableProcessors();
  }
}
