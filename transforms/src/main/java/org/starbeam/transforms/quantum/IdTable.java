package org.starbeam.transforms.quantum;

import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * Open-addressing table from 128-bit ids to non-negative 64-bit values: 24 bytes an entry, at most
 * two thirds full, so a million quanta take 36 to 72 MB. The id is a hash already; its first half
 * says where to look. Not safe for use by several threads.
 */
final class IdTable {
  private static final long EMPTY = -1;

  private long[] high;
  private long[] low;
  private long[] value;
  private int size;

  IdTable() {
    this(1 << 10);
  }

  private IdTable(int capacity) {
    high = new long[capacity];
    low = new long[capacity];
    value = new long[capacity];
    Arrays.fill(value, EMPTY);
  }

  /** The value of an id, or -1. */
  long get(long idHigh, long idLow) {
    return value[slot(idHigh, idLow)];
  }

  void put(long idHigh, long idLow, long newValue) {
    int at = slot(idHigh, idLow);
    if (value[at] == EMPTY) {
      if (size + 1 > high.length / 3 * 2) {
        grow();
        at = slot(idHigh, idLow);
      }
      size++;
      high[at] = idHigh;
      low[at] = idLow;
    }
    value[at] = newValue;
  }

  int size() {
    return size;
  }

  void forEachValue(LongConsumer consumer) {
    for (long one : value) {
      if (one != EMPTY) {
        consumer.accept(one);
      }
    }
  }

  private int slot(long idHigh, long idLow) {
    int mask = high.length - 1;
    int at = (int) (idHigh ^ idHigh >>> 32) & mask;
    while (value[at] != EMPTY && (high[at] != idHigh || low[at] != idLow)) {
      at = at + 1 & mask;
    }
    return at;
  }

  private void grow() {
    IdTable larger = new IdTable(high.length * 2);
    for (int i = 0; i < high.length; i++) {
      if (value[i] != EMPTY) {
        larger.put(high[i], low[i], value[i]);
      }
    }
    high = larger.high;
    low = larger.low;
    value = larger.value;
  }

  /** First half of an id written as 32 hexadecimal digits. */
  static long high(String quantumId) {
    return Long.parseUnsignedLong(quantumId, 0, 16, 16);
  }

  /** Second half of an id written as 32 hexadecimal digits. */
  static long low(String quantumId) {
    return Long.parseUnsignedLong(quantumId, 16, 32, 16);
  }
}
