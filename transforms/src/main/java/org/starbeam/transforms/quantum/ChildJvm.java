package org.starbeam.transforms.quantum;

import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.starbeam.transforms.store.FileTrees;

/**
 * Works on a quantum in a JVM of its own, one at a time: with more memory, with a stack that grows
 * as much, under a time limit that kills, and where nothing that the task does to its JVM reaches
 * others (specs/05 section 4.5).
 */
final class ChildJvm {
  private static final long MEBIBYTE = 1 << 20;
  private static final long LEAST_HEAP = 256 * MEBIBYTE;
  private static final long LEAST_STACK = 8 * MEBIBYTE;
  private static final double START_UP_SECONDS = 30;
  private static final int LOG_TAIL = 1500;
  private static final int SIGNALLED = 128;

  private final Semaphore one = new Semaphore(1, true);
  private final QuantumLimits limits;

  ChildJvm(QuantumLimits limits) {
    this.limits = limits;
  }

  /**
   * Heap for an attempt: twice as much each time, from what the quantum had or is said to take on,
   * up to the cap.
   *
   * @param declared bytes, 0 when nobody knows
   * @param attempt 1 for the first
   */
  long heapBytes(long declared, int attempt) {
    Runtime runtime = Runtime.getRuntime();
    long had = runtime.maxMemory() / Math.max(1, runtime.availableProcessors());
    long base = declared > 0 ? declared : Math.max(LEAST_HEAP, had);
    long wanted = attempt < 30 ? base << attempt - 1 : Long.MAX_VALUE;
    long cap = limits.memoryCapBytes() > 0 ? limits.memoryCapBytes() : beside();
    return Math.max(LEAST_HEAP / 4, Math.min(wanted < base ? cap : wanted, cap));
  }

  /** What the machine has beside this JVM. */
  private static long beside() {
    long machine =
        ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
    return Math.max(LEAST_HEAP, (long) (machine * 0.9) - Runtime.getRuntime().maxMemory());
  }

  /** Runs an attempt to its end, or to the end of its JVM. */
  AttemptEnd run(Assignment work, long heapBytes, int attempt, CancelToken cancel)
      throws IOException, InterruptedException {
    one.acquire();
    Path directory = Files.createTempDirectory("starbeam-quantum");
    try {
      Path order = directory.resolve("order");
      try (ObjectOutputStream out =
          new ObjectOutputStream(new BufferedOutputStream(Files.newOutputStream(order)))) {
        out.writeObject(work);
      }
      Process process = start(directory, heapBytes, attempt);
      try {
        return await(process, work, directory, heapBytes, cancel);
      } finally {
        process.destroyForcibly().waitFor();
      }
    } finally {
      FileTrees.discard(directory);
      one.release();
    }
  }

  private static Process start(Path directory, long heapBytes, int attempt) throws IOException {
    Path temporary = Files.createDirectory(directory.resolve("tmp"));
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx" + heapBytes / MEBIBYTE + "m",
            "-XX:+UseParallelGC",
            "-Djava.awt.headless=true",
            "-Djava.io.tmpdir=" + temporary,
            "-Dstarbeam.stackBytes=" + (LEAST_STACK << Math.min(attempt, 4) - 1),
            "-cp",
            classPath(),
            ChildQuantum.class.getName(),
            directory.resolve("order").toString(),
            directory.resolve("end").toString());
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(directory.resolve("log").toFile())
        .start();
  }

  /** The class path of this JVM, and the jars that a cluster was sent with the job. */
  private static String classPath() {
    Set<String> entries = new LinkedHashSet<>();
    if (ChildQuantum.class.getClassLoader() instanceof URLClassLoader jobs) {
      for (URL url : jobs.getURLs()) {
        try {
          entries.add(Path.of(url.toURI()).toString());
        } catch (URISyntaxException | IllegalArgumentException e) {
          // Not a file; then it is on the class path.
        }
      }
    }
    entries.addAll(List.of(System.getProperty("java.class.path").split(File.pathSeparator)));
    return String.join(File.pathSeparator, entries);
  }

  private AttemptEnd await(
      Process process, Assignment work, Path directory, long heapBytes, CancelToken cancel)
      throws IOException, InterruptedException {
    double seconds = work.softSeconds() + limits.time().graceSeconds() + START_UP_SECONDS;
    long deadline = System.nanoTime() + (long) (seconds * 1e9);
    while (!process.waitFor(100, TimeUnit.MILLISECONDS)) {
      if (cancel.isCancelled()) {
        return AttemptEnd.failed(
            Failure.of(
                FailureClass.INFRA, Failure.STOPPED, work.label() + ": the run was stopped", ""),
            AttemptEnd.Usage.NONE);
      }
      if (System.nanoTime() > deadline) {
        return died(
            work,
            FailureClass.RESOURCE,
            Failure.TIME_LIMIT,
            "was killed in its own JVM after %.0f s, %.0f s after it was asked to stop"
                .formatted(seconds, seconds - work.softSeconds()),
            directory);
      }
    }
    Path end = directory.resolve("end");
    return Files.exists(end) ? read(end) : ended(process.exitValue(), work, directory, heapBytes);
  }

  private static AttemptEnd read(Path file) throws IOException {
    try (ObjectInputStream in =
        new ObjectInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      return (AttemptEnd) in.readObject();
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What a JVM that left no result died of. */
  private static AttemptEnd ended(int exit, Assignment work, Path directory, long heapBytes)
      throws IOException {
    String log = tail(directory.resolve("log"));
    if (log.contains("java.lang.OutOfMemoryError")) {
      return died(
          work,
          FailureClass.RESOURCE,
          "OutOfMemoryError",
          "ran out of memory in its own JVM of " + heapBytes / MEBIBYTE + " MiB",
          directory);
    }
    if (exit > SIGNALLED) {
      return died(
          work,
          FailureClass.RESOURCE,
          "WORKER_DIED",
          "its own JVM of "
              + heapBytes / MEBIBYTE
              + " MiB was killed by signal "
              + (exit - SIGNALLED),
          directory);
    }
    return died(
        work,
        FailureClass.DEFECT,
        "SYSTEM_EXIT",
        "ended its own JVM with exit code " + exit + " instead of returning",
        directory);
  }

  private static AttemptEnd died(
      Assignment work, FailureClass failureClass, String code, String what, Path directory)
      throws IOException {
    String message = work.label() + ": " + what;
    return AttemptEnd.failed(
        Failure.of(failureClass, code, message, tail(directory.resolve("log"))),
        AttemptEnd.Usage.NONE);
  }

  private static String tail(Path log) throws IOException {
    if (!Files.exists(log)) {
      return "";
    }
    String text = new String(Files.readAllBytes(log), StandardCharsets.UTF_8).strip();
    return text.substring(Math.max(0, text.length() - LOG_TAIL));
  }
}
