package org.starbeam.runners.cluster;

import java.util.List;

/**
 * How the memory of one TaskManager is divided, all in MiB. A quarter is Flink's sort memory, which
 * bounds the largest record of a gather; a tenth (128 to 1024) carries the exchanges; the JVM's own
 * needs are fixed; the quanta have the rest as heap.
 *
 * @param process what the process may take in all
 */
record WorkerMemory(int process) {
  private static final int METASPACE = 384;
  private static final int OVERHEAD = 256;
  private static final int FRAMEWORK_HEAP = 128;
  private static final int FRAMEWORK_OFF_HEAP = 128;

  /** With less than this a quantum has no room. */
  static final int LEAST = 1664;

  WorkerMemory {
    if (process < LEAST) {
      throw new IllegalArgumentException(
          "a TaskManager of " + process + " MiB, expected at least " + LEAST);
    }
  }

  int managed() {
    return (process - METASPACE - OVERHEAD) / 4;
  }

  int network() {
    return Math.max(128, Math.min(1024, process / 10));
  }

  /** Heap of the JVM. */
  int heap() {
    return process - METASPACE - OVERHEAD - managed() - network() - FRAMEWORK_OFF_HEAP;
  }

  /** Options of the JVM. */
  List<String> jvm() {
    return List.of(
        "-Xms" + heap() + "m",
        "-Xmx" + heap() + "m",
        "-XX:MaxDirectMemorySize=" + (network() + FRAMEWORK_OFF_HEAP) + "m",
        "-XX:MaxMetaspaceSize=" + METASPACE + "m");
  }

  /** What Flink's own scripts would compute and its TaskManager insists on. */
  List<String> flink(int slots) {
    return List.of(
        "taskmanager.cpu.cores=" + slots + ".0",
        "taskmanager.memory.task.heap.size=" + (heap() - FRAMEWORK_HEAP) + "m",
        "taskmanager.memory.framework.heap.size=" + FRAMEWORK_HEAP + "m",
        "taskmanager.memory.task.off-heap.size=0m",
        "taskmanager.memory.framework.off-heap.size=" + FRAMEWORK_OFF_HEAP + "m",
        "taskmanager.memory.network.min=" + network() + "m",
        "taskmanager.memory.network.max=" + network() + "m",
        "taskmanager.memory.managed.size=" + managed() + "m",
        "taskmanager.memory.jvm-metaspace.size=" + METASPACE + "m",
        "taskmanager.memory.jvm-overhead.min=" + OVERHEAD + "m",
        "taskmanager.memory.jvm-overhead.max=" + OVERHEAD + "m");
  }
}
