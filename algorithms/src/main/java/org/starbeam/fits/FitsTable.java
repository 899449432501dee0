package org.starbeam.fits;

import java.util.Arrays;
import java.util.Map;
import org.starbeam.failure.BadInputException;

/**
 * A binary table: name of the extension, header cards in order, and columns in order (those of a
 * map without an order, such as {@code Map.of}, in the order of names). A column is a {@code
 * double[]}, {@code float[]}, {@code long[]}, {@code int[]}, {@code boolean[]} or {@code String[]}
 * with one entry per row, or a {@code double[][]}, {@code float[][]} or {@code int[][]} with one
 * fixed-length vector per row. Header values are String, Integer, Long, Double or Boolean.
 */
public record FitsTable(String name, Map<String, Object> header, Map<String, Object> columns) {
  public FitsTable {
    header = CardOrder.of(header);
    columns = CardOrder.of(columns);
  }

  /** A column of doubles; an error when the table has none of this name and type. */
  public double[] doubles(String column) {
    return column(column, double[].class);
  }

  public long[] longs(String column) {
    return column(column, long[].class);
  }

  public int[] ints(String column) {
    return column(column, int[].class);
  }

  public String[] strings(String column) {
    return column(column, String[].class);
  }

  /** A column of vectors; those of one element may be stored as a column of numbers. */
  public double[][] vectors(String column) {
    if (columns.get(column) instanceof double[] numbers) {
      return Arrays.stream(numbers).mapToObj(v -> new double[] {v}).toArray(double[][]::new);
    }
    return column(column, double[][].class);
  }

  /** The same for integers. */
  public int[][] intVectors(String column) {
    if (columns.get(column) instanceof int[] numbers) {
      return Arrays.stream(numbers).mapToObj(v -> new int[] {v}).toArray(int[][]::new);
    }
    return column(column, int[][].class);
  }

  /** A column of a type; an error when the table has none of this name and type. */
  public <T> T column(String column, Class<T> type) {
    Object values = columns.get(column);
    if (!type.isInstance(values)) {
      throw missing("column " + column + " of " + type.getSimpleName());
    }
    return type.cast(values);
  }

  /** A number of the header; an error when there is none. */
  public double number(String key) {
    if (header.get(key) instanceof Number number) {
      return number.doubleValue();
    }
    throw missing("header number " + key);
  }

  public int integer(String key) {
    if (header.get(key) instanceof Number number) {
      return number.intValue();
    }
    throw missing("header number " + key);
  }

  /** A text of the header; an error when there is none. */
  public String text(String key) {
    if (header.get(key) instanceof String text) {
      return text.strip();
    }
    throw missing("header text " + key);
  }

  private BadInputException missing(String what) {
    return new BadInputException("TABLE_FORMAT", "table " + name + " has no " + what);
  }
}
