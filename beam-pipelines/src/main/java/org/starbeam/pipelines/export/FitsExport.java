package org.starbeam.pipelines.export;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.starbeam.fits.FitsTable;
import org.starbeam.fits.FitsWriter;
import org.starbeam.pipelines.report.RunDatabase;

/**
 * Writes a query's rows as a FITS binary table: null floats become NaN, null booleans false, null
 * integers 0.
 */
final class FitsExport {
  private FitsExport() {}

  /**
   * Writes the file.
   *
   * @param described description of the table's columns (name, unit, description), for the header,
   *     where the UCD stands too
   * @param place columns of a row's right ascension and declination; empty when it has none
   * @return number of rows
   */
  static long write(
      RunDatabase database,
      String query,
      String table,
      JsonNode described,
      List<String> place,
      Path file) {
    Map<String, Object> values = new LinkedHashMap<>();
    Map<String, Object> header = new LinkedHashMap<>();
    long count = 0;
    try (ResultSet rows = database.ask(query)) {
      List<Column> out = new ArrayList<>();
      for (TableColumn column : TableColumn.of(rows.getMetaData(), described)) {
        out.add(new Column(column.name(), column.type()));
        String name = column.name();
        String ucd = Ucd.of(table, name, column.unit(), place.contains(name));
        describe(header, out.size(), column, ucd);
      }
      while (rows.next()) {
        count++;
        for (int i = 0; i < out.size(); i++) {
          out.get(i).values.add(rows.getObject(i + 1));
        }
      }
      out.forEach(c -> values.put(c.name, c.array()));
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    try (FitsWriter writer = FitsWriter.create(file)) {
      writer.primary(Map.of());
      writer.table(new FitsTable(table, header, values));
      writer.commit();
    }
    return count;
  }

  private static void describe(
      Map<String, Object> header, int index, TableColumn column, @Nullable String ucd) {
    if (!column.unit().isEmpty()) {
      header.put("TUNIT" + index, column.unit());
    }
    if (ucd != null) {
      header.put("TUCD" + index, ucd);
    }
    String description = column.description();
    if (!description.isEmpty()) {
      header.put("TCOMM" + index, description.substring(0, Math.min(60, description.length())));
    }
  }

  private static final class Column {
    private final String name;
    private final int type;
    private final List<Object> values = new ArrayList<>();

    Column(String name, int type) {
      this.name = name;
      this.type = type;
    }

    Object array() {
      return switch (type) {
        case Types.BOOLEAN, Types.BIT -> booleans();
        case Types.BIGINT ->
            values.stream().mapToLong(v -> v instanceof Number n ? n.longValue() : 0).toArray();
        case Types.INTEGER, Types.SMALLINT, Types.TINYINT ->
            values.stream().mapToInt(v -> v instanceof Number n ? n.intValue() : 0).toArray();
        case Types.FLOAT, Types.REAL -> floats();
        case Types.DOUBLE, Types.DECIMAL, Types.NUMERIC ->
            values.stream()
                .mapToDouble(v -> v instanceof Number n ? n.doubleValue() : Double.NaN)
                .toArray();
        default -> values.stream().map(v -> Objects.toString(v, "")).toArray(String[]::new);
      };
    }

    private boolean[] booleans() {
      boolean[] out = new boolean[values.size()];
      for (int i = 0; i < out.length; i++) {
        out[i] = Boolean.TRUE.equals(values.get(i));
      }
      return out;
    }

    private float[] floats() {
      float[] out = new float[values.size()];
      for (int i = 0; i < out.length; i++) {
        out[i] = values.get(i) instanceof Number n ? n.floatValue() : Float.NaN;
      }
      return out;
    }
  }
}
