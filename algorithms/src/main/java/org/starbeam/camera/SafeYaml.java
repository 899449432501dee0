package org.starbeam.camera;

import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;
import org.starbeam.failure.Suggestion;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * A YAML document of plain maps, lists, numbers, flags and text, read without trusting it: no tags,
 * limited in size, depth and aliases. Anchors and merge keys are resolved. Every access says where
 * in the document something is missing or of the wrong kind ({@code BAD_YAML}).
 */
final class SafeYaml {
  private static final int MAX_CHARACTERS = 4_000_000;
  private static final int MAX_DEPTH = 20;
  private static final int MAX_ALIASES = 20_000;
  private static final int MAX_VALUES = 4_000_000;

  private final String where;
  private final Map<?, ?> map;

  private SafeYaml(String where, Map<?, ?> map) {
    this.where = where;
    this.map = map;
  }

  static SafeYaml parse(String file, String text) {
    LoaderOptions options = new LoaderOptions();
    options.setCodePointLimit(MAX_CHARACTERS);
    options.setNestingDepthLimit(MAX_DEPTH);
    options.setMaxAliasesForCollections(MAX_ALIASES);
    options.setAllowDuplicateKeys(false);
    options.setTagInspector(tag -> false);
    try {
      Object document = new Yaml(new SafeConstructor(options)).load(text);
      if (expanded(document, new IdentityHashMap<>()) > MAX_VALUES) {
        throw new BadInputException(
            "BAD_YAML", file + ": its aliases stand for more than " + MAX_VALUES + " values");
      }
      if (document instanceof Map<?, ?> top) {
        return new SafeYaml(file, top);
      }
      throw new BadInputException("BAD_YAML", file + ": expected a document of key: value lines");
    } catch (YAMLException e) {
      throw new BadInputException("BAD_YAML", file + ": " + e.getMessage(), e);
    }
  }

  /** Values of a document when every alias is written out; one that holds itself has no end. */
  private static long expanded(@Nullable Object value, Map<Object, Long> known) {
    Collection<?> parts =
        value instanceof Map<?, ?> map
            ? map.values()
            : value instanceof Collection<?> list ? list : List.of();
    if (value == null || parts.isEmpty()) {
      return 1;
    }
    Long before = known.putIfAbsent(value, MAX_VALUES + 1L);
    if (before != null) {
      return before;
    }
    long sum = 1;
    for (Object part : parts) {
      sum = Math.min(MAX_VALUES + 1L, sum + expanded(part, known));
    }
    known.put(value, sum);
    return sum;
  }

  String where() {
    return where;
  }

  boolean has(String key) {
    return map.get(key) != null;
  }

  /** The first of the keys that is present, else the first. */
  String firstOf(String... keys) {
    for (String key : keys) {
      if (has(key)) {
        return key;
      }
    }
    return keys[0];
  }

  List<String> keys() {
    return map.keySet().stream().map(String::valueOf).toList();
  }

  /** Refuses keys that are not among the known ones. */
  void allow(List<String> known) {
    for (String key : keys()) {
      if (!known.contains(key)) {
        throw bad(key, "unknown key; known: " + known);
      }
    }
  }

  /**
   * Refuses a key that is not known and looks like one that is, with what it may have meant; keys
   * that look like none are somebody else's.
   */
  void refuseMisspelt(List<String> known) {
    for (String key : keys()) {
      String question = known.contains(key) ? "" : Suggestion.question(key, known);
      if (!question.isEmpty()) {
        throw bad(key, "unknown key; " + question);
      }
    }
  }

  @Nullable Object raw(String key) {
    return map.get(key);
  }

  String text(String key) {
    Object value = map.get(key);
    if (value == null || value instanceof Map || value instanceof List) {
      throw bad(key, "expected text");
    }
    return value.toString();
  }

  String textOr(String key, String fallback) {
    return has(key) ? text(key) : fallback;
  }

  @Nullable String textOrNull(String key) {
    return has(key) ? text(key) : null;
  }

  double number(String key) {
    return asNumber(key, map.get(key));
  }

  double numberOr(String key, double fallback) {
    return has(key) ? number(key) : fallback;
  }

  int integer(String key) {
    double value = number(key);
    if (value != Math.rint(value) || Math.abs(value) > Integer.MAX_VALUE) {
      throw bad(key, "expected a whole number, found " + value);
    }
    return (int) value;
  }

  int integerOr(String key, int fallback) {
    return has(key) ? integer(key) : fallback;
  }

  boolean flagOr(String key, boolean fallback) {
    Object value = map.get(key);
    if (value == null) {
      return fallback;
    }
    if (value instanceof Boolean flag) {
      return flag;
    }
    throw bad(key, "expected true or false, found " + value);
  }

  SafeYaml child(String key) {
    if (map.get(key) instanceof Map<?, ?> child) {
      return new SafeYaml(where + ": " + key, child);
    }
    throw bad(key, "expected a map");
  }

  /** The maps of a list; a single map counts as a list of one. */
  List<SafeYaml> children(String key) {
    Object value = map.get(key);
    if (value == null) {
      return List.of();
    }
    List<?> list = value instanceof List<?> many ? many : List.of(value);
    List<SafeYaml> out = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      if (!(list.get(i) instanceof Map<?, ?> child)) {
        throw bad(key, "entry " + i + " is not a map");
      }
      out.add(new SafeYaml(where + ": " + key + "[" + i + "]", child));
    }
    return out;
  }

  /** The maps of a list inside a list; a single map counts as a list of one. */
  List<SafeYaml> element(String key, int index) {
    if (!(map.get(key) instanceof List<?> outer)) {
      throw bad(key, "expected a list");
    }
    Object value = outer.get(index);
    return new SafeYaml(where, Map.of(key, value == null ? List.of() : value)).children(key);
  }

  double[] numbers(String key) {
    if (!(map.get(key) instanceof List<?> list)) {
      throw bad(key, "expected a list of numbers");
    }
    double[] out = new double[list.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = asNumber(key, list.get(i));
    }
    return out;
  }

  double[][] matrix(String key) {
    if (!(map.get(key) instanceof List<?> rows)) {
      throw bad(key, "expected rows of numbers");
    }
    double[][] out = new double[rows.size()][];
    for (int i = 0; i < out.length; i++) {
      if (!(rows.get(i) instanceof List<?> row)) {
        throw bad(key, "row " + i + " is not a list");
      }
      out[i] = new double[row.size()];
      for (int j = 0; j < row.size(); j++) {
        out[i][j] = asNumber(key, row.get(j));
      }
    }
    return out;
  }

  List<String> texts(String key) {
    Object value = map.get(key);
    if (value == null) {
      return List.of();
    }
    List<?> list = value instanceof List<?> many ? many : List.of(value);
    return list.stream().map(String::valueOf).toList();
  }

  /** The entries of a map as text, in order. */
  Map<String, String> textMap(String key) {
    Map<String, String> out = new LinkedHashMap<>();
    if (has(key)) {
      SafeYaml child = child(key);
      child.map.forEach((k, v) -> out.put(String.valueOf(k), String.valueOf(v)));
    }
    return out;
  }

  BadInputException bad(String key, String what) {
    return new BadInputException("BAD_YAML", where + ": " + key + ": " + what);
  }

  private double asNumber(String key, @Nullable Object value) {
    if (value instanceof Number number && Double.isFinite(number.doubleValue())) {
      return number.doubleValue();
    }
    if (value instanceof String text) {
      try {
        double parsed = Double.parseDouble(text.strip());
        if (Double.isFinite(parsed)) {
          return parsed;
        }
      } catch (NumberFormatException e) {
        throw bad(key, "expected a number, found '" + text + "'");
      }
    }
    throw bad(key, "expected a number, found " + value);
  }
}
