package org.starbeam.pipelines.campaign;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.pipelines.document.Place;

/**
 * A selection expression with the values that its {@code ${name}} stand for. Values are bound as
 * typed literals by the compiler of expressions and never pasted into the text.
 *
 * @param text with its references
 * @param bindings by name: a {@link Boolean}, {@link Long}, {@link Double}, {@link String}, a list
 *     of these, or a {@link BoundExpression} that stands for a condition
 * @param place where the text is written
 */
public record BoundExpression(String text, Map<String, Object> bindings, Place place) {
  public BoundExpression {
    bindings = Collections.unmodifiableMap(new LinkedHashMap<>(bindings));
  }

  /** Text and bindings, as they enter the hash of a campaign. */
  ObjectNode json() {
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    out.put("text", text);
    ObjectNode bound = out.putObject("bindings");
    bindings.forEach((name, value) -> bound.set(name, json(value)));
    return out;
  }

  private static JsonNode json(Object value) {
    if (value instanceof BoundExpression expression) {
      return expression.json();
    }
    return new com.fasterxml.jackson.databind.ObjectMapper().valueToTree(value);
  }

  /** The Java value of a resolved parameter. */
  static Object value(JsonNode json) {
    if (json.isArray()) {
      List<Object> items = new ArrayList<>();
      json.forEach(i -> items.add(value(i)));
      return List.copyOf(items);
    }
    if (json.isBoolean()) {
      return json.booleanValue();
    }
    if (json.isIntegralNumber()) {
      return json.longValue();
    }
    return json.isNumber() ? (Object) json.doubleValue() : json.asText();
  }
}
