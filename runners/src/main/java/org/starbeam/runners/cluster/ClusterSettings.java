package org.starbeam.runners.cluster;

import java.nio.file.Path;
import java.util.List;

/**
 * A cluster on this machine.
 *
 * @param directory where its configuration, logs, process numbers and spilled records are
 * @param port where the JobManager answers REST and shows its web page, on the loopback
 * @param rpcPort where TaskManagers find the JobManager, on the loopback
 * @param taskManagers number of workers, each a JVM
 * @param slots quanta at a time in each worker
 * @param memory MiB of each worker
 * @param libraries jars of the class path: Flink, Beam and all that Starbeam's own jars need
 */
public record ClusterSettings(
    Path directory,
    int port,
    int rpcPort,
    int taskManagers,
    int slots,
    int memory,
    List<Path> libraries) {
  public static final String LOOPBACK = "127.0.0.1";
  public static final int DEFAULT_PORT = 8081;

  public ClusterSettings {
    libraries = List.copyOf(libraries);
  }

  /** {@code host:port}, what {@code --master} wants. */
  public String master() {
    return LOOPBACK + ":" + port;
  }

  /** Where clusters are kept when nobody says otherwise. */
  public static Path defaultDirectory() {
    String cache = System.getenv("XDG_CACHE_HOME");
    Path base =
        cache == null || cache.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(cache);
    return base.resolve("starbeam").resolve("cluster");
  }
}
