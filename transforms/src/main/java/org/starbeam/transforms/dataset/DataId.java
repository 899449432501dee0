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
          "healpix2",
          "healpix3",
          "healpix5",
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

  /** What the pairs begin with, in canonical order. */
  private static final String[] PREFIXES =
      DIMENSIONS.stream().map(name -> name + "=").toArray(String[]::new);

  private static final int LONGEST_VALUE = 80;

  private final String text;

  private DataId(String text) {
    this.text = text;
  }

  /** Reads the canonical text; pairs in another order are put into theirs. */
  public static DataId parse(String text) {
    if (text.isEmpty()) {
      return GLOBAL;
    }
    if (isCanonical(text)) {
      return new DataId(text);
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

  /** True for known dimensions in their order with allowed values. */
  private static boolean isCanonical(String text) {
    int at = 0;
    int next = 0;
    while (true) {
      while (next < PREFIXES.length && !text.startsWith(PREFIXES[next], at)) {
        next++;
      }
      if (next == PREFIXES.length) {
        return false;
      }
      int value = at + PREFIXES[next++].length();
      int end = endOfPair(text, value);
      if (!isAllowed(text, value, end)) {
        return false;
      }
      if (end == text.length()) {
        return true;
      }
      at = end + 1;
    }
  }

  private static int endOfPair(String text, int from) {
    int comma = text.indexOf(',', from);
    return comma < 0 ? text.length() : comma;
  }

  /**
   * A data id from alternating names and values, for example {@code of("visit", 12, "detector",
   * 3)}.
   */
  public static DataId of(Object... namesAndValues) {
    StringBuilder pairs = new StringBuilder();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      pairs.append(i == 0 ? "" : ",");
      pairs.append(namesAndValues[i]).append('=').append(namesAndValues[i + 1]);
    }
    String text = pairs.toString();
    if (isCanonical(text)) {
      return new DataId(text);
    }
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
      if (!isAllowed(value, 0, value.length())) {
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

  private static boolean isAllowed(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      boolean letter = c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || isDigit(c);
      boolean dots = c == '.' && i > from && text.charAt(i - 1) == '.';
      if (dots || (!letter && c != '_' && c != '.' && c != '+' && c != '-')) {
        return false;
      }
    }
    return to > from && to - from <= LONGEST_VALUE;
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
    int from = valueStart(dimension);
    if (from < 0) {
      throw new IllegalArgumentException("data id '" + text + "' has no " + dimension);
    }
    return text.substring(from, endOfPair(text, from));
  }

  /** Where the value of a dimension begins in the text, or -1. */
  private int valueStart(String dimension) {
    int length = dimension.length();
    for (int at = 0; at < text.length(); at = endOfPair(text, at) + 1) {
      int equals = at + length;
      if (text.startsWith(dimension, at) && equals < text.length() && text.charAt(equals) == '=') {
        return equals + 1;
      }
    }
    return -1;
  }

  public int getInt(String dimension) {
    return Integer.parseInt(get(dimension));
  }

  public long getLong(String dimension) {
    return Long.parseLong(get(dimension));
  }

  public boolean has(String dimension) {
    return valueStart(dimension) >= 0;
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
    StringBuilder out = new StringBuilder(text.length());
    for (int at = 0; at < text.length(); at = endOfPair(text, at) + 1) {
      int equals = text.indexOf('=', at);
      for (String dimension : dimensions) {
        if (dimension.length() == equals - at && text.startsWith(dimension, at)) {
          out.append(out.isEmpty() ? "" : ",").append(text, at, endOfPair(text, at));
          break;
        }
      }
    }
    return out.length() == text.length() ? this : new DataId(out.toString());
  }

  @Override
  public int compareTo(DataId other) {
    return compareTexts(text, other.text);
  }

  private static int compareTexts(String a, String b) {
    int i = 0;
    int j = 0;
    while (i < a.length() && j < b.length()) {
      char left = a.charAt(i);
      char right = b.charAt(j);
      if (isDigit(left) && isDigit(right)) {
        int endA = endOfDigits(a, i);
        int endB = endOfDigits(b, j);
        int order = compareDigits(a, i, endA, b, j, endB);
        if (order != 0) {
          return order;
        }
        i = endA;
        j = endB;
      } else if (left != right) {
        return Character.compare(left, right);
      } else {
        i++;
        j++;
      }
    }
    int rest = Integer.compare(a.length() - i, b.length() - j);
    return rest != 0 ? rest : a.compareTo(b);
  }

  /** Compares two rows of digits by their value. */
  private static int compareDigits(String a, int fromA, int toA, String b, int fromB, int toB) {
    int i = withoutZeros(a, fromA, toA);
    int j = withoutZeros(b, fromB, toB);
    int order = Integer.compare(toA - i, toB - j);
    while (order == 0 && i < toA) {
      order = Character.compare(a.charAt(i++), b.charAt(j++));
    }
    return order;
  }

  private static int withoutZeros(String text, int from, int to) {
    int at = from;
    while (at < to && text.charAt(at) == '0') {
      at++;
    }
    return at;
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
