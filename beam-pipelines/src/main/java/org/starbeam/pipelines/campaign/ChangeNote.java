package org.starbeam.pipelines.campaign;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.document.CheckedDocument;
import org.starbeam.pipelines.document.ParameterType;
import org.starbeam.pipelines.document.ParameterType.Kind;
import org.starbeam.pipelines.document.Shape;
import org.starbeam.pipelines.document.ValueRule;

/**
 * What a change of a frozen release says of itself (specs/05 section 5.6), and whether it is true:
 *
 * <ul>
 *   <li>{@code operations-only}: nothing under the science or the graph has changed;
 *   <li>{@code no-product-change}: no task has another version, and the campaign is the same;
 *   <li>{@code declared-change}: the tasks whose version was raised are those that are named, with
 *       the products that they change.
 * </ul>
 */
final class ChangeNote {
  private static final String KIND = "kind";
  private static final String TASKS = "tasks";
  private static final String PRODUCTS = "products";
  private static final List<String> SCIENCE = List.of("avro-schemas", "algorithms", "transforms");

  static final Shape.Fields SHAPE = shape();

  private ChangeNote() {}

  private static Shape.Fields shape() {
    ValueRule words = ValueRule.of(ParameterType.listOf(Kind.STRING));
    return new Shape.Fields(
        "a change",
        Map.of(
            KIND,
            new Shape.Value(
                ValueRule.choice("no-product-change", "declared-change", "operations-only"),
                null,
                "What the change does"),
            "summary",
            new Shape.Value(ValueRule.of(Kind.STRING), null, "One line"),
            TASKS,
            new Shape.Value(words, null, "Tasks whose version was raised"),
            PRODUCTS,
            new Shape.Value(words, null, "Dataset types that change")),
        Set.of(KIND, "summary"),
        "A change of a frozen release");
  }

  /** Reads the file of a change. */
  static ObjectNode read(Path file) {
    return CheckedDocument.read(file, SHAPE);
  }

  /**
   * Refuses a change that is not of the kind that it says.
   *
   * @param before what was locked
   * @param after what is there now
   */
  static void require(ObjectNode change, ObjectNode before, ObjectNode after) {
    String kind = change.path(KIND).asText();
    List<String> wrong = new ArrayList<>();
    if (kind.equals("declared-change")) {
      Set<String> raised = changed(before, after, TASKS);
      Set<String> named = new TreeSet<>();
      change.path(TASKS).forEach(t -> named.add(t.asText()));
      if (!raised.equals(named)) {
        wrong.add("tasks with another version: " + raised + ", named: " + named);
      }
      if (!change.path(PRODUCTS).elements().hasNext()) {
        wrong.add("'products' names no dataset type that changes");
      }
    } else {
      same(before, after, "configHash", wrong);
      changed(before, after, TASKS).forEach(t -> wrong.add("version of task " + t + " differs"));
    }
    if (kind.equals("operations-only")) {
      Set<String> modules = changed(before, after, "modules");
      modules.retainAll(SCIENCE);
      modules.forEach(m -> wrong.add("module " + m + " differs"));
    }
    if (!wrong.isEmpty()) {
      throw new UserException(
          ExitCode.LOCK, "this is no " + kind + ":\n  " + String.join("\n  ", wrong));
    }
  }

  private static void same(ObjectNode before, ObjectNode after, String key, List<String> wrong) {
    if (!before.path(key).equals(after.path(key))) {
      wrong.add(key + " differs");
    }
  }

  private static Set<String> changed(ObjectNode before, ObjectNode after, String map) {
    Set<String> out = new TreeSet<>();
    JsonNode then = before.path(map);
    JsonNode now = after.path(map);
    then.fieldNames().forEachRemaining(out::add);
    now.fieldNames().forEachRemaining(out::add);
    out.removeIf(key -> then.path(key).asText().equals(now.path(key).asText()));
    return out;
  }
}
