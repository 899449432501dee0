package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.starbeam.runners.cluster.ClusterRest;
import org.starbeam.runners.cluster.Listeners;
import org.starbeam.runners.cluster.StandaloneCluster;

/** A Flink cluster of JVMs of its own, started by the command line, whose workers can be killed. */
final class TestCluster implements AutoCloseable {
  private static final long PATIENCE_MILLIS = 120_000;

  private final Path directory;
  private final StandaloneCluster cluster;
  private final String master;

  private TestCluster(Path directory) throws IOException {
    this.directory = directory;
    this.cluster = new StandaloneCluster(directory);
    this.master = cluster.settings().orElseThrow().master();
  }

  static TestCluster start(Path directory, int taskManagers, String memory)
      throws IOException, InterruptedException {
    String printed =
        StarbeamProcess.run(
            directory.getParent(),
            "256m",
            "cluster",
            "start",
            "--dir",
            directory.toString(),
            "--taskmanagers",
            Integer.toString(taskManagers),
            "--slots",
            "1",
            "--memory",
            memory,
            "--port",
            Integer.toString(Listeners.freePort()),
            "--json");
    JsonDocuments.require("cluster start", printed.substring(printed.indexOf('{')));
    return new TestCluster(directory);
  }

  String master() {
    return master;
  }

  ClusterRest rest() {
    return new ClusterRest(master);
  }

  /** Addresses of the cluster's processes that other hosts could reach. */
  Set<String> openToOthers() throws IOException {
    Set<String> out = new TreeSet<>();
    for (long pid : cluster.pids()) {
      out.addAll(Listeners.notLoopback(pid));
    }
    return out;
  }

  List<Long> workers() throws IOException {
    return cluster.taskManagerPids();
  }

  /** Kills one worker with SIGKILL; returns its process number. */
  long killOne(Random random) throws IOException {
    List<Long> workers = workers();
    long victim = workers.get(random.nextInt(workers.size()));
    assertThat(ProcessHandle.of(victim).orElseThrow().destroyForcibly()).isTrue();
    return victim;
  }

  /** Waits until the supervisor has brought back what was killed. */
  void awaitWorkers(int count) throws IOException, InterruptedException {
    long end = System.currentTimeMillis() + PATIENCE_MILLIS;
    while (workers().size() < count || rest().overview().taskManagers() < count) {
      assertThat(System.currentTimeMillis()).as("workers are back").isLessThan(end);
      Thread.sleep(200);
    }
  }

  @Override
  public void close() throws IOException {
    cluster.stop();
  }

  Path directory() {
    return directory;
  }
}
