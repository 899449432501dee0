package org.starbeam.transforms.quantum;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/**
 * When a process began, by a clock that nobody sets, so that a process number that was given away
 * again is told from the process that had it: in ticks since the machine was started. Where the
 * system does not tell them, in milliseconds since 1970; these differ once the machine's clock has
 * been set, and then a process that lives is taken for gone.
 */
public final class ProcessStart {
  /** Place of the start time in {@code /proc/PID/stat}, behind the name of the program. */
  private static final int FIELD = 19;

  private ProcessStart() {}

  /** When the process of this number began; 0 when nobody knows. */
  public static long of(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[FIELD]);
    } catch (IOException | RuntimeException e) {
      return ProcessHandle.of(pid)
          .flatMap(process -> process.info().startInstant())
          .map(Instant::toEpochMilli)
          .orElse(0L);
    }
  }

  /** This process's own. */
  static long here() {
    return of(ProcessHandle.current().pid());
  }
}
