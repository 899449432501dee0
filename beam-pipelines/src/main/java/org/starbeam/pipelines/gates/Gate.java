package org.starbeam.pipelines.gates;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;
import org.starbeam.failure.Suggestion;

/**
 * A condition on a number of a run that says whether a step is good enough (specs/05 section 5.3).
 *
 * @param step step that the gate belongs to
 * @param id name of the gate, unique in its step
 * @param metric what is looked at
 * @param where filters on the units: column to allowed values, for example band to r and i
 * @param unit unit of the limits, for people
 * @param min smallest good value, or null
 * @param max largest good value, or null
 * @param severity what a violation means
 * @param minSamples with fewer values the gate is unknown, which is treated as review
 * @param baseline run or chain whose value is compared, or null
 * @param absolute change against the baseline that is always good
 * @param relative change against the baseline, as a fraction of it, that is good
 * @param sigma change in units of the scatter of the series that is good
 */
public record Gate(
    String step,
    String id,
    String metric,
    Map<String, List<String>> where,
    String unit,
    @Nullable Double min,
    @Nullable Double max,
    Severity severity,
    int minSamples,
    @Nullable String baseline,
    double absolute,
    double relative,
    double sigma) {

  /** What a violated gate means. */
  public enum Severity {
    INFO,
    WARN,
    REVIEW,
    STOP
  }

  /** Receives what is wrong with a gate: the key it concerns, a stable code, a message. */
  @FunctionalInterface
  public interface Problems {
    void add(String key, String code, String message);
  }

  private static final Set<String> KEYS =
      Set.of(
          "id",
          "metric",
          "where",
          "unit",
          "min",
          "max",
          "range",
          "severity",
          "minSamples",
          "baseline",
          "absolute",
          "relative",
          "sigma");
  private static final List<String> SEVERITIES = List.of("info", "warn", "review", "stop");
  private static final Set<String> FILTERS =
      Set.of("band", "tract", "visit", "detector", "day_obs", "subset");

  public Gate {
    TreeMap<String, List<String>> copy = new TreeMap<>();
    where.forEach((key, values) -> copy.put(key, List.copyOf(values)));
    where = java.util.Collections.unmodifiableSortedMap(copy);
  }

  /** The address that the gate names. */
  public MetricAddress address() {
    return MetricAddress.parse(metric);
  }

  /**
   * Reads one gate of a template. Every problem is reported; a gate that has one is still returned,
   * with defaults in the place of what is wrong.
   */
  public static Gate parse(String step, JsonNode node, Problems problems) {
    node.fieldNames()
        .forEachRemaining(
            key -> {
              if (!KEYS.contains(key)) {
                problems.add(
                    key,
                    "TPL_UNKNOWN_KEY",
                    "a gate has no key '" + key + "'" + Suggestion.didYouMean(key, KEYS));
              }
            });
    String id = text(node, "id", problems);
    String metric = text(node, "metric", problems);
    if (!metric.isEmpty()) {
      try {
        MetricAddress.parse(metric);
      } catch (BadInputException e) {
        problems.add("metric", "TPL_TYPE", String.valueOf(e.getMessage()));
      }
    }
    Double[] range = range(node, problems);
    Double min = node.has("min") ? Double.valueOf(number(node, "min", 0, problems)) : range[0];
    Double max = node.has("max") ? Double.valueOf(number(node, "max", 0, problems)) : range[1];
    String baseline = node.path("baseline").asText("");
    if (min == null && max == null && baseline.isEmpty()) {
      problems.add("", "TPL_MISSING", "gate '" + id + "' needs min, max, range or baseline");
    }
    return new Gate(
        step,
        id,
        metric,
        filters(node.path("where"), problems),
        node.path("unit").asText(""),
        min,
        max,
        severity(node, problems),
        (int) number(node, "minSamples", 1, problems),
        baseline.isEmpty() ? null : baseline,
        number(node, "absolute", 0, problems),
        number(node, "relative", 0, problems),
        number(node, "sigma", 4, problems));
  }

  /** Reads the gates of all steps: a map from step to a list of gates. */
  public static List<Gate> parseAll(JsonNode steps, Problems problems) {
    List<Gate> gates = new ArrayList<>();
    for (Map.Entry<String, JsonNode> step : steps.properties()) {
      Set<String> ids = new java.util.HashSet<>();
      int i = 0;
      for (JsonNode node : step.getValue()) {
        String place = step.getKey() + "/" + i++;
        Gate gate =
            parse(
                step.getKey(),
                node,
                (key, code, message) ->
                    problems.add(key.isEmpty() ? place : place + "/" + key, code, message));
        if (!ids.add(gate.id)) {
          problems.add(
              place + "/id", "TPL_TYPE", step.getKey() + " has two gates '" + gate.id + "'");
        }
        gates.add(gate);
      }
    }
    return gates;
  }

  private static String text(JsonNode node, String key, Problems problems) {
    String text = node.path(key).asText("");
    if (text.isEmpty()) {
      problems.add("", "TPL_MISSING", "a gate needs '" + key + "'");
    }
    return text;
  }

  private static double number(JsonNode node, String key, double absent, Problems problems) {
    JsonNode value = node.get(key);
    if (value == null) {
      return absent;
    }
    if (!value.isNumber()) {
      problems.add(key, "TPL_TYPE", "expected a number, found '" + value.asText() + "'");
      return absent;
    }
    return value.doubleValue();
  }

  private static Double[] range(JsonNode node, Problems problems) {
    JsonNode range = node.get("range");
    if (range == null) {
      return new Double[] {null, null};
    }
    boolean good =
        range.size() == 2
            && range.get(0).isNumber()
            && range.get(1).isNumber()
            && range.get(0).doubleValue() <= range.get(1).doubleValue();
    if (!good) {
      problems.add("range", "TPL_TYPE", "expected [smallest, largest], found " + range);
      return new Double[] {null, null};
    }
    return new Double[] {range.get(0).doubleValue(), range.get(1).doubleValue()};
  }

  private static Severity severity(JsonNode node, Problems problems) {
    String text = node.path("severity").asText("stop");
    if (!SEVERITIES.contains(text)) {
      problems.add(
          "severity",
          "TPL_TYPE",
          "severity '"
              + text
              + "' is none of "
              + SEVERITIES
              + Suggestion.didYouMean(text, SEVERITIES));
      return Severity.STOP;
    }
    return Severity.valueOf(text.toUpperCase(Locale.ROOT));
  }

  private static Map<String, List<String>> filters(JsonNode node, Problems problems) {
    Map<String, List<String>> out = new TreeMap<>();
    for (Map.Entry<String, JsonNode> filter : node.properties()) {
      if (!FILTERS.contains(filter.getKey())) {
        problems.add(
            "where/" + filter.getKey(),
            "TPL_UNKNOWN_KEY",
            "no filter '"
                + filter.getKey()
                + "'"
                + Suggestion.didYouMean(filter.getKey(), FILTERS));
      }
      List<String> values = new ArrayList<>();
      if (filter.getValue().isArray()) {
        filter.getValue().forEach(v -> values.add(v.asText()));
      } else {
        values.add(filter.getValue().asText());
      }
      out.put(filter.getKey(), values);
    }
    return out;
  }
}
