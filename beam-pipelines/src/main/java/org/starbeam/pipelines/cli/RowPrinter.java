package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Prints the rows of an answer on stdout. */
final class RowPrinter {
  private static final int CHUNK = 1 << 16;

  /** Number of rows to print at most; 0 for all. */
  private final int limit;

  RowPrinter(int limit) {
    this.limit = limit;
  }

  private static List<String> names(ResultSet rows) throws SQLException {
    ResultSetMetaData meta = rows.getMetaData();
    List<String> names = new ArrayList<>();
    for (int i = 1; i <= meta.getColumnCount(); i++) {
      names.add(meta.getColumnLabel(i));
    }
    return names;
  }

  private boolean more(ResultSet rows, int printed) throws SQLException {
    if (!rows.next()) {
      return false;
    }
    if (limit > 0 && printed >= limit) {
      System.err.println("more rows not shown; --limit 0 prints all");
      return false;
    }
    return true;
  }

  /** Columns side by side, for people. */
  void table(ResultSet rows) throws SQLException {
    List<String> names = names(rows);
    List<List<String>> lines = new ArrayList<>();
    int[] width = names.stream().mapToInt(String::length).toArray();
    while (more(rows, lines.size())) {
      List<String> line = new ArrayList<>();
      for (int i = 0; i < width.length; i++) {
        String text = Objects.toString(rows.getObject(i + 1), "");
        width[i] = Math.max(width[i], text.length());
        line.add(text);
      }
      lines.add(line);
    }
    StringBuilder out = new StringBuilder();
    append(out, names, width);
    lines.forEach(line -> append(out, line, width));
    System.out.print(out);
  }

  private static void append(StringBuilder out, List<String> line, int[] width) {
    StringBuilder row = new StringBuilder();
    for (int i = 0; i < width.length; i++) {
      row.append(line.get(i)).append(" ".repeat(width[i] - line.get(i).length() + 2));
    }
    out.append(row.toString().stripTrailing()).append('\n');
  }

  /** Row by row, until nobody reads any more. */
  void csv(ResultSet rows) throws SQLException {
    List<String> names = names(rows);
    StringBuilder out = new StringBuilder(String.join(",", names)).append('\n');
    int printed = 0;
    while (more(rows, printed++)) {
      for (int i = 0; i < names.size(); i++) {
        String text = Objects.toString(rows.getObject(i + 1), "");
        boolean quote = text.contains(",") || text.contains("\"") || text.contains("\n");
        out.append(i == 0 ? "" : ",").append(quote ? '"' + text.replace("\"", "\"\"") + '"' : text);
      }
      out.append('\n');
      if (out.length() > CHUNK && !print(out)) {
        return;
      }
    }
    print(out);
  }

  /** Empties a text to stdout; false when nobody reads it. */
  private static boolean print(StringBuilder text) {
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    System.out.write(bytes, 0, bytes.length);
    text.setLength(0);
    return !System.out.checkError();
  }

  /** One array of objects. */
  void json(ResultSet rows) throws SQLException {
    ObjectMapper mapper = new ObjectMapper();
    List<String> names = names(rows);
    var array = mapper.createArrayNode();
    while (more(rows, array.size())) {
      ObjectNode node = array.addObject();
      for (int i = 0; i < names.size(); i++) {
        Object value = rows.getObject(i + 1);
        node.set(
            names.get(i),
            value instanceof Number || value instanceof Boolean || value == null
                ? mapper.valueToTree(value)
                : mapper.valueToTree(value.toString()));
      }
    }
    System.out.println(array.toPrettyString());
  }
}
