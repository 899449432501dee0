package org.starbeam.runners.cluster;

import java.util.Optional;
import org.starbeam.transforms.quantum.ProcessStart;

/**
 * A JVM of a cluster. Its start tells it from another process that got its number later.
 *
 * @param role {@code supervisor}, {@code jobmanager}, {@code taskmanager-1}, ...
 * @param start when it began, by {@link ProcessStart}
 */
record ClusterProcess(String role, long pid, long start) {
  static ClusterProcess of(String role, ProcessHandle handle) {
    return new ClusterProcess(role, handle.pid(), ProcessStart.of(handle.pid()));
  }

  /** The process while it lives. */
  Optional<ProcessHandle> handle() {
    return ProcessHandle.of(pid)
        .filter(ProcessHandle::isAlive)
        .filter(found -> ProcessStart.of(pid) == start);
  }
}
