package org.starbeam.transforms.quantum;

import java.util.ArrayDeque;
import java.util.Deque;
import org.starbeam.transforms.log.ProcessMeters;

/**
 * Admits quanta by the heap that they are said to take. First come, first served, but what fits
 * beside the running ones may overtake a large quantum that does not, until that one has waited for
 * {@code patience}: then nobody overtakes it any more, so it is never starved. A need above the
 * whole is cut to it: such a quantum runs alone.
 */
final class MemoryPermits {
  private final long total;
  private final long patienceNanos;
  private final Deque<Waiter> queue = new ArrayDeque<>();
  private long free;

  private record Waiter(long bytes, long since) {}

  MemoryPermits(long totalBytes, double patienceSeconds) {
    total = totalBytes;
    free = totalBytes;
    patienceNanos = (long) (patienceSeconds * 1e9);
  }

  /** Four fifths of the heap without the caches, which may take a quarter of it. */
  static MemoryPermits ofHeap() {
    long heap = Runtime.getRuntime().maxMemory();
    return new MemoryPermits((long) (heap * 0.8) - heap / 4, 10);
  }

  /** Waits for room; returns the bytes to give back to {@link #release}. */
  synchronized long acquire(long need) throws InterruptedException {
    long bytes = Math.min(Math.max(need, 0), total);
    if (bytes == 0) {
      return 0;
    }
    Waiter me = new Waiter(bytes, System.nanoTime());
    queue.add(me);
    try {
      while (!mayGo(me)) {
        wait(1000);
      }
      free -= bytes;
      ProcessMeters.PERMITS.set(total - free);
      return bytes;
    } finally {
      queue.remove(me);
      notifyAll();
    }
  }

  private boolean mayGo(Waiter me) {
    if (me.bytes > free) {
      return false;
    }
    Waiter first = queue.getFirst();
    return first == me || System.nanoTime() - first.since < patienceNanos;
  }

  synchronized void release(long bytes) {
    if (bytes == 0) {
      return;
    }
    free += bytes;
    ProcessMeters.PERMITS.set(total - free);
    notifyAll();
  }

  synchronized long free() {
    return free;
  }
}
