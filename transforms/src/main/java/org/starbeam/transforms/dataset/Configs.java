package org.starbeam.transforms.dataset;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.starbeam.failure.BadInputException;

/**
 * Configuration records and their canonical JSON. Overrides are named like the record's components;
 * a nested record's are reached by an object or by a dotted name, {@code {"selection.maxVisitFwhm":
 * 1.2}}.
 */
public final class Configs {
  private Configs() {}

  /** Canonical JSON of a configuration record; its hash enters the input hash of a quantum. */
  public static String json(Object config) {
    return CanonicalJson.write(config);
  }

  /**
   * The configuration with some components replaced.
   *
   * @param task names the configuration in messages
   * @throws BadInputException {@code CONFIG_UNKNOWN_KEY} for a name that the record does not have,
   *     {@code CONFIG_TYPE} for a value of the wrong type
   */
  @SuppressWarnings("unchecked")
  public static <C> C override(String task, C defaults, String overridesJson) {
    Class<C> type = (Class<C>) defaults.getClass();
    JsonNode overrides = parse(task, overridesJson);
    if (overrides.isEmpty()) {
      return defaults;
    }
    ObjectNode merged = (ObjectNode) CanonicalJson.tree(defaults);
    merge(task, "", type, merged, overrides);
    try {
      return CanonicalJson.read(merged, type);
    } catch (JsonProcessingException e) {
      throw new BadInputException(
          "CONFIG_TYPE",
          "configuration of " + task + ": " + e.getOriginalMessage() + " in " + overridesJson,
          e);
    }
  }

  private static JsonNode parse(String task, String json) {
    try {
      JsonNode tree = CanonicalJson.parse(json);
      if (!tree.isObject()) {
        throw new BadInputException(
            "CONFIG_TYPE", "configuration of " + task + ": expected an object, found " + json);
      }
      return tree;
    } catch (JsonProcessingException e) {
      throw new BadInputException(
          "CONFIG_TYPE", "configuration of " + task + " is not JSON: " + json, e);
    }
  }

  private static void merge(
      String task, String prefix, Class<?> type, ObjectNode into, JsonNode overrides) {
    for (Map.Entry<String, JsonNode> member : overrides.properties()) {
      String[] path = member.getKey().split("\\.", 2);
      RecordComponent component = component(task, prefix, type, path[0]);
      if (path.length == 2) {
        ObjectNode nested = into.objectNode();
        nested.set(path[1], member.getValue());
        mergeNested(task, prefix + path[0] + ".", component, into, nested);
      } else if (component.getType().isRecord() && member.getValue().isObject()) {
        mergeNested(task, prefix + path[0] + ".", component, into, member.getValue());
      } else {
        into.set(path[0], member.getValue());
      }
    }
  }

  private static void mergeNested(
      String task, String prefix, RecordComponent component, ObjectNode into, JsonNode overrides) {
    if (!(into.get(component.getName()) instanceof ObjectNode child)) {
      throw new BadInputException(
          "CONFIG_UNKNOWN_KEY",
          "configuration of " + task + ": " + component.getName() + " has no parts to set");
    }
    merge(task, prefix, component.getType(), child, overrides);
  }

  private static RecordComponent component(String task, String prefix, Class<?> type, String name) {
    RecordComponent[] components = type.getRecordComponents();
    List<RecordComponent> all = components == null ? List.of() : Arrays.asList(components);
    return all.stream()
        .filter(c -> c.getName().equals(name))
        .findFirst()
        .orElseThrow(() -> unknown(task, prefix + name, name, all));
  }

  private static BadInputException unknown(
      String task, String path, String name, List<RecordComponent> known) {
    String nearest =
        known.stream()
            .map(RecordComponent::getName)
            .filter(k -> distance(k, name) <= Math.max(1, name.length() / 3))
            .min(Comparator.comparingInt((String k) -> distance(k, name)).thenComparing(k -> k))
            .map(k -> "; did you mean '" + k + "'?")
            .orElse("; known: " + known.stream().map(RecordComponent::getName).sorted().toList());
    return new BadInputException(
        "CONFIG_UNKNOWN_KEY", "configuration of " + task + " has no key '" + path + "'" + nearest);
  }

  /** Damerau-Levenshtein distance with adjacent transpositions, letters compared without case. */
  static int distance(String first, String second) {
    String a = first.toLowerCase(java.util.Locale.ROOT);
    String b = second.toLowerCase(java.util.Locale.ROOT);
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      d[i][0] = i;
    }
    for (int j = 0; j <= b.length(); j++) {
      d[0][j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      for (int j = 1; j <= b.length(); j++) {
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        d[i][j] = Math.min(Math.min(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + change);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    return d[a.length()][b.length()];
  }
}
