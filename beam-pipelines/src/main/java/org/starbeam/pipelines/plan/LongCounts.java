package org.starbeam.pipelines.plan;

import java.util.Arrays;

/** Counts by a number that is not negative; two flat arrays, so millions of keys are small. */
final class LongCounts {
  private static final long FREE = -1;

  private long[] keys = new long[1024];
  private int[] counts = new int[1024];
  private int size;

  LongCounts() {
    Arrays.fill(keys, FREE);
  }

  void add(long key, int times) {
    if (2 * (size + 1) > keys.length) {
      grow();
    }
    int slot = slot(key);
    if (keys[slot] == FREE) {
      keys[slot] = key;
      size++;
    }
    counts[slot] += times;
  }

  private int slot(long key) {
    int mask = keys.length - 1;
    int slot = (int) ((key * 0x9E3779B97F4A7C15L) >>> 32) & mask;
    while (keys[slot] != FREE && keys[slot] != key) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private void grow() {
    long[] oldKeys = keys;
    int[] oldCounts = counts;
    keys = new long[2 * oldKeys.length];
    counts = new int[keys.length];
    Arrays.fill(keys, FREE);
    size = 0;
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldKeys[i] != FREE) {
        add(oldKeys[i], oldCounts[i]);
      }
    }
  }

  /** Takes a key and its count. */
  @FunctionalInterface
  interface Each {
    void of(long key, int count);
  }

  /** Hands over all keys in ascending order. */
  void forEach(Each each) {
    int[] order = new int[size];
    long[] sorted = new long[size];
    int n = 0;
    for (long key : keys) {
      if (key != FREE) {
        sorted[n++] = key;
      }
    }
    Arrays.sort(sorted);
    for (int i = 0; i < order.length; i++) {
      each.of(sorted[i], counts[slot(sorted[i])]);
    }
  }

  void addAll(LongCounts other) {
    other.forEach(this::add);
  }
}
