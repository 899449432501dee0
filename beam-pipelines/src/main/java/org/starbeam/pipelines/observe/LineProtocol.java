package org.starbeam.pipelines.observe;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Lines of InfluxDB's line protocol: {@code measurement,tag=value field=value nanoseconds}. Empty
 * tags and fields that are no number are left out; a line without fields is none.
 */
final class LineProtocol {
  private LineProtocol() {}

  /**
   * One line without its line end, or an empty text.
   *
   * @param fields values are {@code Long} (written as integer), {@code Double}, {@code Boolean} or
   *     text
   */
  static String line(
      String measurement, Map<String, String> tags, Map<String, Object> fields, long nanos) {
    StringBuilder out = new StringBuilder(escape(measurement, false));
    new TreeMap<>(tags)
        .forEach(
            (key, value) -> {
              if (!value.isEmpty()) {
                out.append(',').append(escape(key, true)).append('=').append(escape(value, true));
              }
            });
    char before = ' ';
    for (Map.Entry<String, Object> field : fields.entrySet()) {
      String value = value(field.getValue());
      if (!value.isEmpty()) {
        out.append(before).append(escape(field.getKey(), true)).append('=').append(value);
        before = ',';
      }
    }
    return before == ' ' ? "" : out.append(' ').append(nanos).toString();
  }

  private static String value(Object value) {
    if (value instanceof Long || value instanceof Integer) {
      return value + "i";
    }
    if (value instanceof Double number) {
      return Double.isFinite(number) ? String.valueOf(number) : "";
    }
    return value instanceof Boolean
        ? value.toString()
        : '"' + value.toString().replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  /**
   * Escapes a name or tag. A line end, which the protocol cannot carry, becomes a space; behind a
   * backslash at the end, which would escape what follows, stands one too.
   */
  private static String escape(String text, boolean key) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\n' || c == '\r') {
        c = ' ';
      }
      if (c == ',' || c == ' ' || (key && c == '=')) {
        out.append('\\');
      }
      out.append(c);
    }
    String escaped = out.toString();
    return escaped.endsWith("\\") ? escaped + "\\ " : escaped;
  }

  /**
   * The metrics of a run, one line per series; a histogram gives one line with count and sum.
   *
   * @param nanos time of the reading, nanoseconds since 1970 UTC
   */
  static List<String> of(List<MetricFamily> families, long nanos) {
    List<String> out = new ArrayList<>();
    for (MetricFamily family : families) {
      Map<Map<String, String>, Map<String, Object>> lines = new LinkedHashMap<>();
      for (MetricFamily.Series series : family.series()) {
        if (!series.suffix().equals("_bucket")) {
          String field = series.suffix().isEmpty() ? "value" : series.suffix().substring(1);
          lines
              .computeIfAbsent(series.labels(), l -> new LinkedHashMap<>())
              .put(field, series.value());
        }
      }
      lines.forEach((labels, fields) -> out.add(line(family.name(), labels, fields, nanos)));
    }
    return out;
  }
}
