package org.starbeam.runners.cluster;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Starts the JVMs of a cluster and starts anew whichever dies, until it is told to end: a worker
 * that was killed is back within seconds and Flink gives it the work that was lost. When one cannot
 * be kept alive, because it dies soon after its start again and again, all are ended. The main
 * class of a JVM of its own.
 */
public final class Supervisor {
  private static final int MOST_EARLY_DEATHS = 3;
  private static final Duration EARLY = Duration.ofSeconds(20);
  private static final long RESTART_MILLIS = 500;
  private static final int GRACE_SECONDS = 5;

  /** Exit code of a process that SIGKILL ended. */
  private static final int KILLED = 137;

  private final ClusterState state;
  private final ClusterConfiguration configuration;
  private final PrintStream log;
  private final TreeMap<String, Process> running = new TreeMap<>();
  private boolean ending;

  private Supervisor(Path directory, ClusterSettings settings, PrintStream log) {
    this.state = new ClusterState(directory);
    this.configuration = new ClusterConfiguration(settings);
    this.log = log;
  }

  /** Takes the cluster's directory; what it prints is the supervisor's log. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path directory = Path.of(arguments[0]);
    ClusterSettings settings = new ClusterState(directory).settings();
    if (settings == null) {
      throw new IOException("no cluster in " + directory);
    }
    Supervisor supervisor = new Supervisor(directory, settings, System.out);
    Runtime.getRuntime().addShutdownHook(new Thread(supervisor::end, "end"));
    supervisor.watch("jobmanager", attempt -> supervisor.configuration.jobManager());
    for (int i = 1; i <= settings.taskManagers(); i++) {
      String role = "taskmanager-" + i;
      supervisor.watch(
          role,
          attempt ->
              supervisor.configuration.taskManager(
                  role, role + "-" + ProcessHandle.current().pid() + "-" + attempt));
    }
    Thread.currentThread().join();
  }

  private void watch(String role, IntFunction<List<String>> command) {
    new Thread(() -> keepAlive(role, command), role).start();
  }

  private void keepAlive(String role, IntFunction<List<String>> command) {
    int earlyDeaths = 0;
    try {
      for (int attempt = 1; ; attempt++) {
        Instant begin = Instant.now();
        Process process = start(role, command.apply(attempt));
        if (process == null) {
          return;
        }
        int code = process.waitFor();
        boolean early = code != KILLED && begin.plus(EARLY).isAfter(Instant.now());
        earlyDeaths = early ? earlyDeaths + 1 : 0;
        if (isEnding()) {
          return;
        }
        say(role + " (pid " + process.pid() + ") ended with " + code);
        if (earlyDeaths >= MOST_EARLY_DEATHS) {
          say(role + " cannot be kept alive");
          System.exit(1);
        }
        Thread.sleep(RESTART_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (UncheckedIOException e) {
      say(role + ": " + e);
    }
  }

  private synchronized @Nullable Process start(String role, List<String> command) {
    if (ending) {
      return null;
    }
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(
                  ProcessBuilder.Redirect.appendTo(
                      configuration.logs().resolve(role + ".out").toFile()));
      builder.environment().putAll(configuration.environment());
      Process process = builder.start();
      process.getOutputStream().close();
      running.put(role, process);
      say(role + " is pid " + process.pid());
      record();
      return process;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void record() throws IOException {
    List<ClusterProcess> processes = new ArrayList<>();
    processes.add(ClusterProcess.of("supervisor", ProcessHandle.current()));
    running.forEach((role, process) -> processes.add(ClusterProcess.of(role, process.toHandle())));
    state.write(processes);
  }

  private synchronized boolean isEnding() {
    return ending;
  }

  private void end() {
    List<Process> last;
    synchronized (this) {
      ending = true;
      last = List.copyOf(running.values());
    }
    last.forEach(Process::destroy);
    for (Process process : last) {
      try {
        if (!process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      } catch (InterruptedException e) {
        process.destroyForcibly();
      }
    }
    say("ended");
  }

  private void say(String what) {
    log.println(Instant.now() + " " + what);
  }
}
