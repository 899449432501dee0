package org.starbeam.transforms.dataset;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAccumulator;

/**
 * The largest encoded size, by type, of the records that {@link RecordCoder} has written in this
 * JVM: what crosses shuffles is by design at most {@value #DESIGN_BYTES} bytes (specs/05 section
 * 6). A meter only: nothing that is computed depends on it.
 */
public final class RecordSizes {
  /** What a record that crosses a shuffle should not exceed. */
  public static final int DESIGN_BYTES = 1 << 16;

  /** What it must not exceed. */
  public static final int MOST_BYTES = 1 << 20;

  private static final Map<String, LongAccumulator> LARGEST = new ConcurrentHashMap<>();

  private RecordSizes() {}

  static void saw(Class<?> type, long bytes) {
    LARGEST
        .computeIfAbsent(type.getSimpleName(), t -> new LongAccumulator(Math::max, 0))
        .accumulate(bytes);
  }

  /** Bytes of the largest record of each type so far, by the type's name. */
  public static SortedMap<String, Long> largest() {
    SortedMap<String, Long> out = new TreeMap<>();
    LARGEST.forEach((type, bytes) -> out.put(type, bytes.get()));
    return out;
  }
}
