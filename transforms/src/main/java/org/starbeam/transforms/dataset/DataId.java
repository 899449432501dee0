package org.starbeam.transforms.dataset;

import java.io.Serializable;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A data id: values of some dimensions, written {@code key=value} joined by commas in the canonical
 * order of {@link #DIMENSIONS} (specs/05 section 3.4). Integers carry no padding. The empty text is
 * the global data id.
 */
public final class DataId implements Serializable, Comparable<DataId> {
  private static final long serialVersionUID = 1L;

  /** All dimensions in canonical order. */
  public static final List<String> DIMENSIONS =
      List.of(
          "instrument",
          "day_obs",
          "exposure",
          "visit",
          "detector",
          "physical_filter",
          "skymap",
          "tract",
          "patch",
          "block",
          "cell",
          "healpix3",
          "healpix8",
          "healpix9",
          "band",
          "name");

  /** The data id without dimensions. */
  public static final DataId GLOBAL = new DataId("");

  private static final Comparator<String> BY_DIMENSION =
      Comparator.comparingInt(DataId::dimensionIndex);

  private final String text;

  private DataId(String text) {
    this.text = text;
  }

  /** Reads the canonical text. */
  public static DataId parse(String text) {
    if (text.isEmpty()) {
      return GLOBAL;
    }
    TreeMap<String, String> values = new TreeMap<>(BY_DIMENSION);
    for (String pair : text.split(",", -1)) {
      int equals = pair.indexOf('=');
      if (equals < 1) {
        throw new IllegalArgumentException("data id '" + text + "': expected key=value");
      }
      values.put(pair.substring(0, equals), pair.substring(equals + 1));
    }
    return of(values);
  }

  /**
   * A data id from alternating names and values, for example {@code of("visit", 12, "detector",
   * 3)}.
   */
  public static DataId of(Object... namesAndValues) {
    TreeMap<String, String> values = new TreeMap<>(BY_DIMENSION);
    for (int i = 0; i < namesAndValues.length; i += 2) {
      values.put((String) namesAndValues[i], String.valueOf(namesAndValues[i + 1]));
    }
    return of(values);
  }

  private static DataId of(TreeMap<String, String> values) {
    StringBuilder out = new StringBuilder();
    for (Map.Entry<String, String> entry : values.entrySet()) {
      String value = entry.getValue();
      if (!value.matches("[A-Za-z0-9_.+-]{1,80}") || value.contains("..")) {
        throw new IllegalArgumentException(
            "data id value '"
                + value
                + "' of "
                + entry.getKey()
                + ": allowed are A-Z a-z 0-9 _ . + -");
      }
      out.append(out.isEmpty() ? "" : ",").append(entry.getKey()).append('=').append(value);
    }
    return new DataId(out.toString());
  }

  private static int dimensionIndex(String name) {
    int index = DIMENSIONS.indexOf(name);
    if (index < 0) {
      throw new IllegalArgumentException("unknown dimension '" + name + "', known: " + DIMENSIONS);
    }
    return index;
  }

  /** The dimensions of this id with their values, in canonical order. */
  public Map<String, String> values() {
    TreeMap<String, String> values = new TreeMap<>(BY_DIMENSION);
    if (!text.isEmpty()) {
      for (String pair : text.split(",", -1)) {
        int equals = pair.indexOf('=');
        values.put(pair.substring(0, equals), pair.substring(equals + 1));
      }
    }
    return values;
  }

  /** Value of a dimension that must be present. */
  public String get(String dimension) {
    String value = values().get(dimension);
    if (value == null) {
      throw new IllegalArgumentException("data id '" + text + "' has no " + dimension);
    }
    return value;
  }

  public int getInt(String dimension) {
    return Integer.parseInt(get(dimension));
  }

  public long getLong(String dimension) {
    return Long.parseLong(get(dimension));
  }

  public boolean has(String dimension) {
    return values().containsKey(dimension);
  }

  /** This id with one dimension set. */
  public DataId with(String dimension, Object value) {
    TreeMap<String, String> values = new TreeMap<>(BY_DIMENSION);
    values.putAll(values());
    values.put(dimension, String.valueOf(value));
    return of(values);
  }

  /** This id reduced to the named dimensions that it has. */
  public DataId only(String... dimensions) {
    TreeMap<String, String> values = new TreeMap<>(BY_DIMENSION);
    values.putAll(values());
    values.keySet().retainAll(List.of(dimensions));
    return of(values);
  }

  @Override
  public int compareTo(DataId other) {
    return text.compareTo(other.text);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof DataId id && id.text.equals(text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  /** The canonical text. */
  @Override
  public String toString() {
    return text;
  }
}
