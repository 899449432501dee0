package org.starbeam.runners.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;

/**
 * Starts and ends a Flink cluster of JVMs of its own: one JobManager, some TaskManagers, and a
 * {@link Supervisor} that starts anew whichever dies.
 */
public final class StandaloneCluster {
  private static final Duration READY = Duration.ofSeconds(90);
  private static final Duration END = Duration.ofSeconds(15);

  private final Path directory;
  private final ClusterState state;

  /** The cluster of a directory, running or not. */
  public StandaloneCluster(Path directory) {
    this.directory = directory.toAbsolutePath().normalize();
    this.state = new ClusterState(this.directory);
  }

  /** The settings of its last start; empty when it was never started. */
  public Optional<ClusterSettings> settings() throws IOException {
    return Optional.ofNullable(state.settings());
  }

  /** Its living processes by role. */
  List<ClusterProcess> processes() throws IOException {
    return state.processes().stream().filter(p -> p.handle().isPresent()).toList();
  }

  /** Process numbers of the living TaskManagers. */
  public List<Long> taskManagerPids() throws IOException {
    return processes().stream()
        .filter(p -> p.role().startsWith("taskmanager"))
        .map(ClusterProcess::pid)
        .toList();
  }

  /** Process numbers of all that lives of the cluster. */
  public List<Long> pids() throws IOException {
    return processes().stream().map(ClusterProcess::pid).toList();
  }

  /**
   * Starts a cluster here and waits until all its workers have registered.
   *
   * @throws UserException when one runs here already, a port is taken, or it does not get ready
   */
  public void start(ClusterSettings settings) throws IOException {
    requireStopped();
    requireFree(settings.port());
    Files.createDirectories(directory);
    new ClusterConfiguration(settings).write();
    state.write(settings);
    state.write(List.of());
    Process supervisor = spawn();
    try {
      await(settings, supervisor);
    } catch (UserException e) {
      stop();
      throw e;
    }
  }

  private void requireStopped() throws IOException {
    List<ClusterProcess> alive = processes();
    if (!alive.isEmpty()) {
      throw new UserException(
          ExitCode.CONFLICT,
          "a cluster runs already in "
              + directory
              + ": "
              + alive.get(0).role()
              + " is pid "
              + alive.get(0).pid(),
          "starbeam cluster status, or starbeam cluster stop");
    }
  }

  private static void requireFree(int port) throws IOException {
    if (Listeners.isFree(port)) {
      return;
    }
    String who =
        Listeners.owner(port)
            .map(p -> "pid " + p.pid() + " (" + p.info().command().orElse("unknown") + ")")
            .orElse("a process of another user");
    throw new UserException(
        ExitCode.CONFLICT,
        "port " + port + " of " + ClusterSettings.LOOPBACK + " is in use by " + who,
        "starbeam cluster start --port " + nextFree(port));
  }

  private static int nextFree(int port) {
    int next = port + 1;
    while (!Listeners.isFree(next) && next < port + 100) {
      next++;
    }
    return next;
  }

  /** The supervisor must outlive the shell that started it. */
  private Process spawn() throws IOException {
    List<String> command = new ArrayList<>();
    Path setsid = Path.of("/usr/bin/setsid");
    command.add(Files.isExecutable(setsid) ? setsid.toString() : "nohup");
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx48m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Supervisor.class.getName(),
            directory.toString()));
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(
                ProcessBuilder.Redirect.appendTo(
                    directory.resolve("logs").resolve("supervisor.log").toFile()))
            .start();
    process.getOutputStream().close();
    return process;
  }

  private void await(ClusterSettings settings, Process supervisor) {
    ClusterRest rest = new ClusterRest(settings.master());
    long end = System.nanoTime() + READY.toNanos();
    while (System.nanoTime() < end && supervisor.isAlive()) {
      try {
        if (rest.overview().taskManagers() >= settings.taskManagers()) {
          return;
        }
      } catch (IOException e) {
        // Not up yet.
      }
      pause();
    }
    throw new UserException(
        ExitCode.INFRASTRUCTURE,
        supervisor.isAlive()
            ? "the cluster is not ready after " + READY.toSeconds() + " s"
            : "the cluster cannot be kept alive",
        "look at supervisor.log and the last lines of the others in " + directory.resolve("logs"));
  }

  private static void pause() {
    try {
      Thread.sleep(200);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Ends all processes of the cluster.
   *
   * @return how many there were
   */
  public int stop() throws IOException {
    List<ProcessHandle> alive = new ArrayList<>();
    // The supervisor first: it would start the others anew.
    for (ClusterProcess process : processes()) {
      process.handle().ifPresent(alive::add);
    }
    for (ProcessHandle process : alive) {
      process.destroy();
      if (process.equals(alive.get(0))) {
        waitFor(process);
      }
    }
    for (ProcessHandle process : alive) {
      if (!waitFor(process)) {
        process.destroyForcibly();
        waitFor(process);
      }
    }
    if (Files.isDirectory(directory)) {
      state.write(List.of());
    }
    return alive.size();
  }

  private static boolean waitFor(ProcessHandle process) {
    CompletableFuture<ProcessHandle> exit = process.onExit();
    try {
      exit.get(END.toSeconds(), TimeUnit.SECONDS);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (java.util.concurrent.ExecutionException | TimeoutException e) {
      return !process.isAlive();
    }
  }
}
