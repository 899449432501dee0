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

  /**
   * Order of canonical texts: numbers by their value, {@code visit=9} before {@code visit=10},
   * everything else by character.
   */
  public static final Comparator<String> TEXT_ORDER = DataId::compareTexts;

  private static final Comparator<String> BY_DIMENSION =
      Comparator.comparingInt(DataId::dimensionIndex);

  private static final int LONGEST_VALUE = 80;

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
      if (!isAllowed(value)) {
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

  private static boolean isAllowed(String value) {
    int length = value.length();
    for (int i = 0; i < length; i++) {
      char c = value.charAt(i);
      boolean letter = c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || isDigit(c);
      if (!letter && c != '_' && c != '.' && c != '+' && c != '-') {
        return false;
      }
    }
    return length >= 1 && length <= LONGEST_VALUE && !value.contains("..");
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
    return compareTexts(text, other.text);
  }

  private static int compareTexts(String a, String b) {
    int i = 0;
    int j = 0;
    while (i < a.length() && j < b.length()) {
      if (isDigit(a.charAt(i)) && isDigit(b.charAt(j))) {
        int endA = endOfDigits(a, i);
        int endB = endOfDigits(b, j);
        int order = compareDigits(a.substring(i, endA), b.substring(j, endB));
        if (order != 0) {
          return order;
        }
        i = endA;
        j = endB;
      } else if (a.charAt(i) != b.charAt(j)) {
        return Character.compare(a.charAt(i), b.charAt(j));
      } else {
        i++;
        j++;
      }
    }
    int rest = Integer.compare(a.length() - i, b.length() - j);
    return rest != 0 ? rest : a.compareTo(b);
  }

  private static int compareDigits(String a, String b) {
    String shortA = a.replaceFirst("^0+", "");
    String shortB = b.replaceFirst("^0+", "");
    int order = Integer.compare(shortA.length(), shortB.length());
    return order != 0 ? order : shortA.compareTo(shortB);
  }

  private static int endOfDigits(String text, int from) {
    int end = from;
    while (end < text.length() && isDigit(text.charAt(end))) {
      end++;
    }
    return end;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
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
