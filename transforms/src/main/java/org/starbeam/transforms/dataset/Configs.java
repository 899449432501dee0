package org.starbeam.transforms.dataset;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.starbeam.failure.BadInputException;
import org.starbeam.failure.Suggestion;

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
    List<String> names = known.stream().map(RecordComponent::getName).sorted().toList();
    String suggestion = Suggestion.didYouMean(name, names);
    String hint = suggestion.isEmpty() ? "; known: " + names : suggestion;
    return new BadInputException(
        "CONFIG_UNKNOWN_KEY", "configuration of " + task + " has no key '" + path + "'" + hint);
  }
}
