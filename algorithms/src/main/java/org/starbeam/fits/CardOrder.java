package org.starbeam.fits;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Keeps the order of header cards and table columns from depending on the JVM: {@code Map.of},
 * {@code Map.copyOf} and {@code HashMap} have none, so what comes in them is put in the order of
 * its names.
 */
final class CardOrder {
  private CardOrder() {}

  /** The map itself when it has an order of its own. */
  static <V> Map<String, V> of(Map<String, V> map) {
    boolean hashed = map instanceof HashMap && !(map instanceof LinkedHashMap);
    boolean immutable = map.getClass().getName().startsWith("java.util.ImmutableCollections");
    return map.size() > 1 && (hashed || immutable) ? new TreeMap<>(map) : map;
  }
}
