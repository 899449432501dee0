package org.starbeam.simulation;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.starbeam.fits.FitsTable;

/** Makes a {@link FitsTable} from a list of rows, one column after the other. */
final class TableBuilder<T> {
  private final String name;
  private final List<T> rows;
  private final Map<String, Object> header = new LinkedHashMap<>();
  private final Map<String, Object> columns = new LinkedHashMap<>();

  TableBuilder(String name, List<T> rows) {
    this.name = name;
    this.rows = rows;
  }

  TableBuilder<T> integer(String column, ToLongFunction<T> value) {
    return put(column, "", rows.stream().mapToLong(value).toArray());
  }

  TableBuilder<T> number(String column, String unit, ToDoubleFunction<T> value) {
    return put(column, unit, rows.stream().mapToDouble(value).toArray());
  }

  TableBuilder<T> single(String column, String unit, ToDoubleFunction<T> value) {
    float[] out = new float[rows.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) value.applyAsDouble(rows.get(i));
    }
    return put(column, unit, out);
  }

  TableBuilder<T> text(String column, Function<T, String> value) {
    return put(column, "", rows.stream().map(value).toArray(String[]::new));
  }

  TableBuilder<T> flag(String column, Predicate<T> value) {
    boolean[] out = new boolean[rows.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = value.test(rows.get(i));
    }
    return put(column, "", out);
  }

  TableBuilder<T> vector(String column, String unit, Function<T, double[]> value) {
    return put(column, unit, rows.stream().map(value).toArray(double[][]::new));
  }

  private TableBuilder<T> put(String column, String unit, Object values) {
    columns.put(column, values);
    if (!unit.isEmpty()) {
      header.put("TUNIT" + columns.size(), unit);
    }
    return this;
  }

  boolean isEmpty() {
    return rows.isEmpty();
  }

  FitsTable build() {
    return new FitsTable(name, header, columns);
  }
}
