package org.starbeam.pipelines.export;

import com.fasterxml.jackson.databind.JsonNode;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A column of an answer, with what the table says of it.
 *
 * @param type of {@link java.sql.Types}
 * @param unit as the table has it, or nothing
 * @param description or nothing, for what the query computes
 */
record TableColumn(String name, int type, String unit, String description) {
  /**
   * Columns of an answer.
   *
   * @param described what the table's files say of their columns: name, unit, description
   */
  static List<TableColumn> of(ResultSetMetaData answer, JsonNode described) throws SQLException {
    Map<String, JsonNode> known = new HashMap<>();
    described.forEach(column -> known.put(column.path("name").asText(), column));
    List<TableColumn> out = new ArrayList<>();
    for (int i = 1; i <= answer.getColumnCount(); i++) {
      String name = answer.getColumnLabel(i);
      JsonNode column = known.get(name);
      String unit =
          column == null || column.path("unit").isNull() ? "" : column.path("unit").asText();
      String description = column == null ? "" : column.path("description").asText();
      out.add(new TableColumn(name, answer.getColumnType(i), unit, description));
    }
    return out;
  }
}
