package org.starbeam.runners.cluster;

import java.time.Instant;
import java.util.Optional;

/**
 * A JVM of a cluster. Its start tells it from another process that got its number later.
 *
 * @param role {@code supervisor}, {@code jobmanager}, {@code taskmanager-1}, ...
 * @param startMillis when the operating system says that it was started, 0 when it does not say
 */
record ClusterProcess(String role, long pid, long startMillis) {
  static ClusterProcess of(String role, ProcessHandle handle) {
    return new ClusterProcess(role, handle.pid(), start(handle));
  }

  private static long start(ProcessHandle handle) {
    return handle.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
  }

  /** The process while it lives. */
  Optional<ProcessHandle> handle() {
    return ProcessHandle.of(pid)
        .filter(ProcessHandle::isAlive)
        .filter(found -> start(found) == startMillis);
  }
}
