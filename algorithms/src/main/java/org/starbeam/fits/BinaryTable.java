package org.starbeam.fits;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;

/**
 * Binary tables to and from {@link FitsTable}. Scaled integers become doubles, unsigned ones the
 * next wider type, integers with TNULL doubles with NaN (where a null occurs), bits booleans;
 * variable-length numeric columns become ragged {@code double[][]}. Complex columns are left out.
 */
final class BinaryTable {
  private static final Pattern FORM = Pattern.compile("(\\d*)([LXBIJKAEDCMPQ])([LXBIJKAEDCM]?).*");
  private static final Pattern STRUCTURE =
      Pattern.compile(
          "XTENSION|BITPIX|NAXIS\\d*|PCOUNT|GCOUNT|TFIELDS|T(TYPE|FORM|DIM|NULL|SCAL|ZERO|DISP)\\d+"
              + "|THEAP|EXTNAME|CHECKSUM|DATASUM");

  /** Place and form of a column in a row. */
  record Column(
      int number, String name, char type, char element, int count, int offset, int bytes) {}

  private BinaryTable() {}

  static List<Column> columns(HeaderView header) {
    List<Column> columns = new ArrayList<>();
    int fields = header.integer("TFIELDS");
    if (fields < 0 || fields > 9999) {
      throw new BadInputException("BAD_KEY", header.where() + ": TFIELDS = " + fields);
    }
    long offset = 0;
    for (int i = 1; i <= fields; i++) {
      String form = header.string("TFORM" + i);
      Matcher m = FORM.matcher(form.strip());
      if (!m.matches() || m.group(1).length() > 9) {
        throw new BadInputException("BAD_KEY", header.where() + ": TFORM" + i + " = " + form);
      }
      int count = m.group(1).isEmpty() ? 1 : Integer.parseInt(m.group(1));
      char type = m.group(2).charAt(0);
      char element = m.group(3).isEmpty() ? ' ' : m.group(3).charAt(0);
      long bytes = (long) count * size(type);
      if (type == 'X') {
        bytes = (count + 7L) / 8;
      }
      long rowBytes = header.longInteger("NAXIS1");
      if (offset + bytes > rowBytes) {
        throw new BadInputException(
            "CORRUPT", header.where() + ": columns are wider than NAXIS1 = " + rowBytes);
      }
      String name = header.stringOr("TTYPE" + i, "COL" + i);
      columns.add(new Column(i, name, type, element, count, (int) offset, (int) bytes));
      offset += bytes;
    }
    return columns;
  }

  static int size(char type) {
    return switch (type) {
      case 'I' -> 2;
      case 'J', 'E' -> 4;
      case 'K', 'D', 'C', 'P' -> 8;
      case 'M', 'Q' -> 16;
      default -> 1;
    };
  }

  static FitsTable read(ByteSource source, FitsHdu hdu) {
    HeaderView header = hdu.stored();
    int rowBytes = header.integer("NAXIS1");
    int rows = header.integer("NAXIS2");
    byte[] data = source.read(hdu.dataOffset(), Math.toIntExact((long) rowBytes * rows));
    Map<String, Object> columns = new LinkedHashMap<>();
    for (Column column : columns(header)) {
      Object values = new ColumnReader(source, hdu, data, rowBytes, rows, column).read();
      if (values != null) {
        columns.putIfAbsent(column.name(), values);
      }
    }
    Map<String, Object> cards = new LinkedHashMap<>();
    header
        .toMap()
        .forEach(
            (key, value) -> {
              if (!STRUCTURE.matcher(key).matches()) {
                cards.put(key, value);
              }
            });
    return new FitsTable(hdu.name(), cards, columns);
  }

  private static final class ColumnReader {
    private final ByteSource source;
    private final FitsHdu hdu;
    private final ByteBuffer data;
    private final byte[] bytes;
    private final int rowBytes;
    private final int rows;
    private final Column column;

    ColumnReader(
        ByteSource source, FitsHdu hdu, byte[] data, int rowBytes, int rows, Column column) {
      this.source = source;
      this.hdu = hdu;
      this.bytes = data;
      this.data = ByteBuffer.wrap(data);
      this.rowBytes = rowBytes;
      this.rows = rows;
      this.column = column;
    }

    private int at(int row) {
      return row * rowBytes + column.offset();
    }

    @Nullable Object read() {
      return switch (column.type()) {
        case 'A' -> strings();
        case 'L' -> column.count() == 1 ? flags() : null;
        case 'X' -> column.count() == 1 ? bits() : null;
        case 'E' -> floats();
        case 'D' -> doubles();
        case 'B', 'I', 'J', 'K' -> integers();
        case 'P', 'Q' -> ragged();
        default -> null;
      };
    }

    private String[] strings() {
      String[] out = new String[rows];
      for (int row = 0; row < rows; row++) {
        int length = 0;
        int start = at(row);
        while (length < column.count() && bytes[start + length] != 0) {
          length++;
        }
        out[row] = new String(bytes, start, length, StandardCharsets.ISO_8859_1).stripTrailing();
      }
      return out;
    }

    private boolean[] flags() {
      boolean[] out = new boolean[rows];
      for (int row = 0; row < rows; row++) {
        out[row] = bytes[at(row)] == 'T';
      }
      return out;
    }

    private boolean[] bits() {
      boolean[] out = new boolean[rows];
      for (int row = 0; row < rows; row++) {
        out[row] = (bytes[at(row)] & 0x80) != 0;
      }
      return out;
    }

    private Object floats() {
      int n = column.count();
      float[][] out = new float[rows][n];
      float[] single = new float[rows];
      for (int row = 0; row < rows; row++) {
        for (int i = 0; i < n; i++) {
          out[row][i] = data.getFloat(at(row) + 4 * i);
        }
        if (n == 1) {
          single[row] = out[row][0];
        }
      }
      return n == 1 ? single : out;
    }

    private Object doubles() {
      double[][] out = new double[rows][column.count()];
      for (int row = 0; row < rows; row++) {
        for (int i = 0; i < column.count(); i++) {
          out[row][i] = data.getDouble(at(row) + 8 * i);
        }
      }
      return column.count() == 1 ? first(out) : out;
    }

    private Object integers() {
      HeaderView header = hdu.stored();
      double scale = header.numberOr("TSCAL" + column.number(), 1);
      double zero = header.numberOr("TZERO" + column.number(), 0);
      var nullValue = header.findInteger("TNULL" + column.number());
      int n = column.count();
      long[][] stored = new long[rows][n];
      boolean nulls = false;
      for (int row = 0; row < rows; row++) {
        for (int i = 0; i < n; i++) {
          long value = integer(at(row), i);
          stored[row][i] = value;
          nulls |= nullValue.isPresent() && value == nullValue.getAsLong();
        }
      }
      if (nulls || scale != 1 || zero != Math.rint(zero)) {
        double[][] out = new double[rows][n];
        for (int row = 0; row < rows; row++) {
          for (int i = 0; i < n; i++) {
            boolean missing = nullValue.isPresent() && stored[row][i] == nullValue.getAsLong();
            out[row][i] = missing ? Double.NaN : stored[row][i] * scale + zero;
          }
        }
        return n == 1 ? first(out) : out;
      }
      boolean isLong = column.type() == 'K' || (column.type() == 'J' && zero != 0);
      return whole(stored, zero == 9223372036854775808.0 ? Long.MIN_VALUE : (long) zero, isLong);
    }

    private Object whole(long[][] stored, long zero, boolean isLong) {
      int n = column.count();
      if (n == 1 && isLong) {
        long[] out = new long[rows];
        for (int row = 0; row < rows; row++) {
          out[row] = stored[row][0] + zero;
        }
        return out;
      }
      if (n == 1) {
        int[] out = new int[rows];
        for (int row = 0; row < rows; row++) {
          out[row] = (int) (stored[row][0] + zero);
        }
        return out;
      }
      if (isLong) {
        double[][] out = new double[rows][n];
        for (int row = 0; row < rows; row++) {
          for (int i = 0; i < n; i++) {
            out[row][i] = stored[row][i] + zero;
          }
        }
        return out;
      }
      int[][] out = new int[rows][n];
      for (int row = 0; row < rows; row++) {
        for (int i = 0; i < n; i++) {
          out[row][i] = (int) (stored[row][i] + zero);
        }
      }
      return out;
    }

    private long integer(int start, int i) {
      return switch (column.type()) {
        case 'B' -> bytes[start + i] & 0xff;
        case 'I' -> data.getShort(start + 2 * i);
        case 'J' -> data.getInt(start + 4 * i);
        default -> data.getLong(start + 8 * i);
      };
    }

    private double @Nullable [][] ragged() {
      int size = size(column.element());
      if ("BIJKED".indexOf(column.element()) < 0 || column.count() != 1) {
        return null;
      }
      long heap = (long) rowBytes * rows;
      long heapStart = hdu.stored().findInteger("THEAP").orElse(heap);
      double[][] out = new double[rows][];
      for (int row = 0; row < rows; row++) {
        boolean wide = column.type() == 'Q';
        long n = wide ? data.getLong(at(row)) : data.getInt(at(row));
        long start = heapStart + (wide ? data.getLong(at(row) + 8) : data.getInt(at(row) + 4));
        if (n < 0 || start < heap || n > hdu.dataLength() || start + n * size > hdu.dataLength()) {
          throw new BadInputException(
              "CORRUPT",
              hdu.where()
                  + ": column "
                  + column.name()
                  + " row "
                  + row
                  + " points outside the heap");
        }
        ByteBuffer values =
            ByteBuffer.wrap(source.read(hdu.dataOffset() + start, (int) (n * size)));
        out[row] = new double[(int) n];
        for (int i = 0; i < n; i++) {
          out[row][i] = element(values);
        }
      }
      return out;
    }

    private double element(ByteBuffer values) {
      return switch (column.element()) {
        case 'B' -> values.get() & 0xff;
        case 'I' -> values.getShort();
        case 'J' -> values.getInt();
        case 'K' -> values.getLong();
        case 'E' -> values.getFloat();
        default -> values.getDouble();
      };
    }

    private static double[] first(double[][] values) {
      double[] out = new double[values.length];
      for (int i = 0; i < out.length; i++) {
        out[i] = values[i][0];
      }
      return out;
    }
  }

  /** The cards that describe the table, without the user's header. */
  static void addStructure(HeaderFormat header, FitsTable table) {
    int rows = rows(table);
    int rowBytes = 0;
    for (Object column : table.columns().values()) {
      rowBytes += Math.toIntExact(width(column));
    }
    header.add("XTENSION", "BINTABLE").add("BITPIX", 8).add("NAXIS", 2);
    header.add("NAXIS1", rowBytes).add("NAXIS2", rows).add("PCOUNT", 0).add("GCOUNT", 1);
    header.add("TFIELDS", table.columns().size());
    int i = 1;
    for (Map.Entry<String, Object> column : table.columns().entrySet()) {
      header.add("TTYPE" + i, column.getKey());
      header.add("TFORM" + i, form(column.getValue()));
      i++;
    }
    header.add("EXTNAME", table.name());
    table
        .header()
        .forEach(
            (key, value) -> {
              if (!STRUCTURE.matcher(HeaderView.normal(key)).matches()) {
                header.add(key, value);
              }
            });
  }

  static byte[] data(FitsTable table) {
    int rows = rows(table);
    int rowBytes = 0;
    for (Object column : table.columns().values()) {
      rowBytes += Math.toIntExact(width(column));
    }
    ByteBuffer out = ByteBuffer.allocate(Math.multiplyExact(rowBytes, rows));
    int offset = 0;
    for (Object column : table.columns().values()) {
      int width = Math.toIntExact(width(column));
      for (int row = 0; row < rows; row++) {
        out.position(row * rowBytes + offset);
        put(out, column, row, width);
      }
      offset += width;
    }
    return out.array();
  }

  private static int rows(FitsTable table) {
    int rows = -1;
    for (Map.Entry<String, Object> column : table.columns().entrySet()) {
      int length = java.lang.reflect.Array.getLength(column.getValue());
      if (rows >= 0 && length != rows) {
        throw new IllegalArgumentException(
            "table "
                + table.name()
                + ": column "
                + column.getKey()
                + " has "
                + length
                + " rows, others "
                + rows);
      }
      rows = length;
    }
    return Math.max(rows, 0);
  }

  private static String form(Object column) {
    long n = width(column);
    if (column instanceof double[][] || column instanceof double[]) {
      return n / 8 + "D";
    }
    if (column instanceof float[][] || column instanceof float[]) {
      return n / 4 + "E";
    }
    if (column instanceof int[][] || column instanceof int[]) {
      return n / 4 + "J";
    }
    return column instanceof long[] ? "1K" : column instanceof boolean[] ? "1L" : n + "A";
  }

  private static long width(Object column) {
    if (column instanceof double[] || column instanceof long[]) {
      return 8;
    }
    if (column instanceof float[] || column instanceof int[]) {
      return 4;
    }
    if (column instanceof boolean[]) {
      return 1;
    }
    if (column instanceof String[] strings) {
      int longest = 1;
      for (String s : strings) {
        longest = Math.max(longest, s.length());
      }
      return longest;
    }
    if (column instanceof double[][] v) {
      return 8L * vectorLength(v, v.length == 0 ? 0 : v[0].length);
    }
    if (column instanceof float[][] v) {
      return 4L * vectorLength(v, v.length == 0 ? 0 : v[0].length);
    }
    if (column instanceof int[][] v) {
      return 4L * vectorLength(v, v.length == 0 ? 0 : v[0].length);
    }
    throw new IllegalArgumentException("table column of type " + column.getClass());
  }

  private static int vectorLength(Object[] rows, int length) {
    for (Object row : rows) {
      if (java.lang.reflect.Array.getLength(row) != length) {
        throw new IllegalArgumentException("vector column with rows of different lengths");
      }
    }
    return length;
  }

  private static void put(ByteBuffer out, Object column, int row, int width) {
    if (column instanceof double[] v) {
      out.putDouble(v[row]);
    } else if (column instanceof float[] v) {
      out.putFloat(v[row]);
    } else if (column instanceof long[] v) {
      out.putLong(v[row]);
    } else if (column instanceof int[] v) {
      out.putInt(v[row]);
    } else if (column instanceof boolean[] v) {
      out.put((byte) (v[row] ? 'T' : 'F'));
    } else if (column instanceof String[] v) {
      byte[] text = v[row].getBytes(StandardCharsets.US_ASCII);
      out.put(text);
      for (int i = text.length; i < width; i++) {
        out.put((byte) ' ');
      }
    } else if (column instanceof double[][] v) {
      for (double x : v[row]) {
        out.putDouble(x);
      }
    } else if (column instanceof float[][] v) {
      for (float x : v[row]) {
        out.putFloat(x);
      }
    } else if (column instanceof int[][] v) {
      for (int x : v[row]) {
        out.putInt(x);
      }
    }
  }
}
