package org.starbeam.transforms.quantum;

/**
 * Rise of the used heap of this JVM while an attempt runs, seen at its end. An upper bound of what
 * the attempt holds when others run beside it, a lower one when the collector has been at work.
 */
final class HeapSample {
  private final long before;

  private HeapSample(long before) {
    this.before = before;
  }

  static HeapSample begin() {
    return new HeapSample(used());
  }

  long rise() {
    return Math.max(0, used() - before);
  }

  private static long used() {
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
