package org.starbeam.pipelines.audit;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.transforms.dataset.TableSchemas.Column;
import org.starbeam.transforms.dataset.TableWriter;
import org.starbeam.transforms.step6.ReleaseTable;

/**
 * A release table without a fault: every column of the schema, every value in its range, described
 * in the file as the schema says. A value is an SQL expression of the row's number {@code i}.
 */
final class InventedTable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ReleaseTable table;
  private final int rows;
  private final Map<String, String> values = new LinkedHashMap<>();
  private final Map<String, ObjectNode> described = new LinkedHashMap<>();

  InventedTable(ReleaseTable table, int rows, String... bands) {
    this.table = table;
    this.rows = rows;
    int number = 0;
    for (Column column : table.columns(List.of(bands))) {
      values.put(column.name(), value(column, number++));
      ObjectNode said = JSON.createObjectNode();
      said.put("name", column.name()).put("unit", column.unit());
      said.put("description", column.description());
      if (column.band() != null) {
        said.put("band", column.band());
      }
      described.put(column.name(), said);
    }
  }

  /** Numbers of different columns differ, all are between 0 and 1 or small whole numbers. */
  private static String value(Column column, int number) {
    Schema type = column.type().getTypes().get(1);
    return switch (type.getType()) {
      case BOOLEAN -> "i % 3 = 1";
      case STRING -> "'s' || i % 5";
      case LONG -> "(i + 1)::bigint";
      case INT -> "(i + 1)::integer";
      case FLOAT -> "(0.1 + 0.001 * i + 0.0001 * " + number + ")::float";
      default -> "(0.1 + 0.001 * i + 0.0001 * " + number + ")::double";
    };
  }

  /** Sets a column, which need not be one of the schema. */
  InventedTable set(String column, String expression) {
    values.put(column, expression);
    return this;
  }

  /** A column has another value in rows of a condition. */
  InventedTable where(String condition, String column, String expression) {
    String before = values.get(column);
    return set(
        column, "case when " + condition + " then " + expression + " else " + before + " end");
  }

  InventedTable remove(String column) {
    values.remove(column);
    return this;
  }

  /** The file says something else of a column. */
  InventedTable say(String column, String what, String text) {
    described.get(column).put(what, text);
    return this;
  }

  String name() {
    return table.tableName();
  }

  Path write(Path directory) {
    Path file = directory.resolve(name() + ".parquet");
    ArrayNode metadata = JSON.createArrayNode();
    List<String> select = new ArrayList<>();
    values.forEach((column, value) -> select.add(value + " as \"" + column + '"'));
    described.forEach(
        (column, said) -> {
          if (values.containsKey(column)) {
            metadata.add(said);
          }
        });
    try (RunDatabase database = new RunDatabase(Map.of())) {
      database.execute(
          "copy (select %s from range(%d) r(i)) to '%s' (format parquet, kv_metadata {'%s': '%s'})"
              .formatted(
                  String.join(", ", select),
                  rows,
                  file,
                  TableWriter.COLUMNS_KEY,
                  metadata.toString().replace("'", "''")));
    }
    return file;
  }
}
