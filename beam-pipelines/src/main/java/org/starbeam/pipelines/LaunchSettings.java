package org.starbeam.pipelines;

import org.jspecify.annotations.Nullable;

/**
 * How a graph is run; nothing here can change a product.
 *
 * @param parallelism threads or slots, at least 1
 * @param checks true to have the runner check that elements are neither changed nor unencodable;
 *     for tests, three times slower
 * @param master {@code host:port} of a Flink cluster, or null for a cluster inside this JVM
 * @param shard {@code DIMENSION:INDEX/COUNT} of the quanta to compute, empty for all
 */
public record LaunchSettings(
    int parallelism, boolean checks, @Nullable String master, String shard) {
  public LaunchSettings {
    if (parallelism < 1) {
      throw new IllegalArgumentException("parallelism " + parallelism + ", expected 1 or more");
    }
  }

  public static LaunchSettings ofParallelism(int parallelism) {
    return new LaunchSettings(parallelism, false, null, "");
  }

  public LaunchSettings withChecks() {
    return new LaunchSettings(parallelism, true, master, shard);
  }

  public LaunchSettings withMaster(@Nullable String hostAndPort) {
    return new LaunchSettings(parallelism, checks, hostAndPort, shard);
  }

  public LaunchSettings withShard(String part) {
    return new LaunchSettings(parallelism, checks, master, part);
  }
}
