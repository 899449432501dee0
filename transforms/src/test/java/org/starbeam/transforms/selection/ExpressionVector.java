package org.starbeam.transforms.selection;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.testing.Shared;

/**
 * The shared vector of expressions: rows, the visits that each expression selects (from sqlite3 and
 * the haversine), and the error that each faulty one gives.
 */
public final class ExpressionVector {
  private static final JsonNode VECTOR = Shared.vector("campaign-expressions");

  private ExpressionVector() {}

  /** An expression and the visits that it selects. */
  public record Selects(String expression, List<Long> visits) {}

  /** The rows, as values by field name. */
  public static List<Map<String, Object>> rows() {
    List<String> columns = new ArrayList<>();
    VECTOR.get("columns").forEach(c -> columns.add(c.asText()));
    List<Map<String, Object>> rows = new ArrayList<>();
    for (JsonNode row : VECTOR.get("rows")) {
      Map<String, Object> values = new HashMap<>();
      for (int i = 0; i < columns.size(); i++) {
        JsonNode value = row.get(i);
        if (value.isTextual()) {
          values.put(columns.get(i), value.asText());
        } else if (value.isIntegralNumber()) {
          values.put(columns.get(i), value.asLong());
        } else if (value.isNumber()) {
          values.put(columns.get(i), value.asDouble());
        }
      }
      rows.add(values);
    }
    return rows;
  }

  public static List<Selects> selects() {
    List<Selects> out = new ArrayList<>();
    for (JsonNode node : VECTOR.get("select")) {
      List<Long> visits = new ArrayList<>();
      node.get("visits").forEach(v -> visits.add(v.asLong()));
      out.add(new Selects(node.get("expr").asText(), visits));
    }
    return out;
  }

  static JsonNode errors() {
    return VECTOR.get("errors");
  }
}
