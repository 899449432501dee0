package org.starbeam.pipelines.export;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.report.RunDatabase;

/**
 * Writes a query's rows as a VOTable 1.4 with one table in BINARY2: what is missing is marked as
 * such in every type, and numbers are those of the table bit for bit. Columns have unit, UCD and
 * description, positions the ICRS, times the TAI. Rows go from the query to the file one by one.
 */
final class VoTableExport {
  private static final int LINE = 76;

  private final RunDatabase database;
  private final String query;
  private final JsonNode described;
  private final VoTableHead head;

  /**
   * @param described description of the table's columns: name, unit, description
   * @param place columns of a row's right ascension and declination; empty when it has none
   */
  VoTableExport(
      RunDatabase database, String query, String table, JsonNode described, List<String> place) {
    this.database = database;
    this.query = query;
    this.described = described;
    this.head = new VoTableHead(table, place);
  }

  /**
   * Writes the file.
   *
   * @param information what is said of where the rows come from, by name
   * @return number of rows
   */
  long write(Map<String, String> information, Path file) throws IOException {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16)) {
      XMLStreamWriter xml =
          XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(out, "UTF-8");
      long rows = document(xml, information);
      xml.close();
      return rows;
    } catch (XMLStreamException e) {
      if (e.getNestedException() instanceof IOException io) {
        throw io;
      }
      throw new IOException(file + ": " + e.getMessage(), e);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private long document(XMLStreamWriter xml, Map<String, String> information)
      throws XMLStreamException, SQLException, IOException {
    head.begin(xml, information);
    long rows = table(xml);
    VoTableHead.end(xml);
    return rows;
  }

  private long table(XMLStreamWriter xml) throws XMLStreamException, SQLException, IOException {
    try (ResultSet rows = database.ask(query)) {
      List<TableColumn> columns = TableColumn.of(rows.getMetaData(), described);
      boolean[] wide = wide(columns);
      for (int i = 0; i < wide.length; i++) {
        head.field(xml, columns.get(i), wide[i]);
      }
      VoTableHead.start(xml, "DATA", Map.of());
      VoTableHead.start(xml, "BINARY2", Map.of());
      VoTableHead.start(xml, "STREAM", Map.of("encoding", "base64"));
      long count = 0;
      try (OutputStream text = Base64.getMimeEncoder(LINE, new byte[] {'\n'}).wrap(new Text(xml));
          DataOutputStream data = new DataOutputStream(new BufferedOutputStream(text, 1 << 15))) {
        while (rows.next()) {
          row(data, rows, columns, wide);
          count++;
        }
      } catch (WrappedException e) {
        throw e.xml;
      }
      for (int i = 0; i < 3; i++) {
        xml.writeEndElement();
      }
      return count;
    }
  }

  /** Which columns of text have other characters than ASCII, all that type char may hold. */
  private boolean[] wide(List<TableColumn> columns) throws SQLException {
    boolean[] out = new boolean[columns.size()];
    StringBuilder tests = new StringBuilder();
    for (TableColumn column : columns) {
      String name = RunDatabase.quote(column.name()) + "::varchar";
      tests.append(tests.isEmpty() ? "" : ", ");
      tests.append(
          Type.of(column.type()) == Type.TEXT
              ? "bool_or(strlen(" + name + ") <> length(" + name + "))"
              : "false");
    }
    try (ResultSet row = database.ask("select " + tests + " from (\n" + query + "\n)")) {
      row.next();
      for (int i = 0; i < out.length; i++) {
        out[i] = row.getBoolean(i + 1);
      }
    }
    return out;
  }

  /** A bit for each column that says whether it is missing, then the values. */
  private static void row(
      DataOutputStream out, ResultSet row, List<TableColumn> columns, boolean[] wide)
      throws SQLException, IOException {
    int n = columns.size();
    byte[] missing = new byte[(n + 7) / 8];
    @Nullable Object[] values = new Object[n];
    for (int i = 0; i < n; i++) {
      values[i] = row.getObject(i + 1);
      if (values[i] == null) {
        missing[i / 8] |= (byte) (0x80 >> i % 8);
      }
    }
    out.write(missing);
    for (int i = 0; i < n; i++) {
      Type.of(columns.get(i).type()).write(out, values[i], wide[i]);
    }
  }

  /** Data types of VOTable that columns have. */
  enum Type {
    BOOLEAN("boolean"),
    SHORT("short"),
    INT("int"),
    LONG("long"),
    FLOAT("float"),
    DOUBLE("double"),
    TEXT("char");

    final String datatype;

    Type(String datatype) {
      this.datatype = datatype;
    }

    static Type of(int jdbc) {
      return switch (jdbc) {
        case Types.BOOLEAN, Types.BIT -> BOOLEAN;
        case Types.TINYINT, Types.SMALLINT -> SHORT;
        case Types.INTEGER -> INT;
        case Types.BIGINT -> LONG;
        case Types.FLOAT, Types.REAL -> FLOAT;
        case Types.DOUBLE, Types.DECIMAL, Types.NUMERIC -> DOUBLE;
        default -> TEXT;
      };
    }

    void write(DataOutputStream out, @Nullable Object value, boolean wide) throws IOException {
      Number number = value instanceof Number n ? n : null;
      switch (this) {
        case BOOLEAN -> out.writeByte(value == null ? '?' : Boolean.TRUE.equals(value) ? 'T' : 'F');
        case SHORT -> out.writeShort(number == null ? 0 : number.intValue());
        case INT -> out.writeInt(number == null ? 0 : number.intValue());
        case LONG -> out.writeLong(number == null ? 0 : number.longValue());
        case FLOAT -> out.writeFloat(number == null ? Float.NaN : number.floatValue());
        case DOUBLE -> out.writeDouble(number == null ? Double.NaN : number.doubleValue());
        default -> text(out, Objects.toString(value, ""), wide);
      }
    }

    private static void text(DataOutputStream out, String text, boolean wide) throws IOException {
      byte[] bytes = text.getBytes(wide ? StandardCharsets.UTF_16BE : StandardCharsets.US_ASCII);
      out.writeInt(wide ? bytes.length / 2 : bytes.length);
      out.write(bytes);
    }
  }

  /** Bytes that are characters of a document. */
  private static final class Text extends OutputStream {
    private final XMLStreamWriter xml;
    private final ByteArrayOutputStream waiting = new ByteArrayOutputStream(1 << 14);

    Text(XMLStreamWriter xml) {
      this.xml = xml;
    }

    @Override
    public void write(int b) {
      waiting.write(b);
      if (waiting.size() >= 1 << 14) {
        flush();
      }
    }

    @Override
    public void write(byte[] bytes, int from, int count) {
      waiting.write(bytes, from, count);
      if (waiting.size() >= 1 << 14) {
        flush();
      }
    }

    @Override
    public void flush() {
      try {
        xml.writeCharacters(waiting.toString(StandardCharsets.US_ASCII));
        waiting.reset();
      } catch (XMLStreamException e) {
        throw new WrappedException(e);
      }
    }

    @Override
    public void close() {
      flush();
    }
  }

  /** Carries an error through a stream. */
  private static final class WrappedException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final XMLStreamException xml;

    WrappedException(XMLStreamException xml) {
      super(xml);
      this.xml = xml;
    }
  }
}
