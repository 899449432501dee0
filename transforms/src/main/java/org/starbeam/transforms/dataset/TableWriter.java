package org.starbeam.transforms.dataset;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.specific.SpecificRecord;
import org.apache.parquet.hadoop.ParquetWriter;
import org.jspecify.annotations.Nullable;
import org.starbeam.transforms.dataset.TableSchemas.Column;

/**
 * Writes a table as one Parquet file (zstd). Rows are generated Avro records in the caller's
 * (canonical) order. Measurements by band become {@code {band}_} columns. A missing value is null;
 * NaN is a missing value. Name, unit, tier and description of every column are in the file's
 * metadata under {@value #COLUMNS_KEY}, the name of the table under {@value #TABLE_KEY}.
 */
public final class TableWriter<T extends SpecificRecord> implements Closeable {
  /** Key of the JSON array that describes the columns. */
  public static final String COLUMNS_KEY = "starbeam.columns";

  /** Key of the table's name. */
  public static final String TABLE_KEY = "starbeam.table";

  private final Path file;
  private final Schema rowSchema;
  private final List<Column> columns;
  private final Schema flat;
  private final @Nullable ToLongFunction<T> healpix;
  private final ContentHash.Rows hash;
  private final ParquetWriter<GenericRecord> parquet;
  private long rows;

  /**
   * Opens a table.
   *
   * @param columnNames columns to write, see {@link TableSchemas#select}; empty means all
   * @param bands bands of the {@code {band}_} columns in order
   * @param metadata further entries of the file's metadata; they do not enter the content hash
   */
  public TableWriter(
      Path file,
      Class<T> rowClass,
      List<String> columnNames,
      List<String> bands,
      Map<String, String> metadata)
      throws IOException {
    this(file, rowClass, columnNames, bands, metadata, null);
  }

  private TableWriter(
      Path file,
      Class<T> rowClass,
      List<String> columnNames,
      List<String> bands,
      Map<String, String> metadata,
      @Nullable ToLongFunction<T> healpix)
      throws IOException {
    this.file = file;
    this.healpix = healpix;
    rowSchema = RecordCoder.schema(rowClass);
    List<Column> all = TableSchemas.columns(rowSchema, bands);
    columns = columnNames.isEmpty() ? all : TableSchemas.select(all, columnNames);
    flat = TableSchemas.flat(rowSchema, columns, healpix != null);
    hash = new ContentHash.Rows(flat);
    Map<String, String> footer = new TreeMap<>(metadata);
    footer.put(TABLE_KEY, TableSchemas.tableName(rowClass));
    footer.put(COLUMNS_KEY, CanonicalJson.write(description(columns)));
    parquet = ParquetFiles.writer(file, flat, footer).build();
  }

  /** Writes a whole table; bands are those that the rows have when {@code bands} is empty. */
  public static <T extends SpecificRecord> Written write(
      Path file,
      Class<T> rowClass,
      List<T> rows,
      List<String> columnNames,
      List<String> bands,
      Map<String, String> metadata)
      throws IOException {
    List<String> order = TableSchemas.orderBands(presentBands(rowClass, rows), bands);
    return write(new TableWriter<>(file, rowClass, columnNames, order, metadata, null), rows);
  }

  /**
   * Writes one partition of a release table, with the HATS column {@value
   * TableSchemas#HEALPIX_COLUMN} in front.
   *
   * @param healpix nested HEALPix index at order 29 of a row's position
   */
  public static <T extends SpecificRecord> Written writePartition(
      Path file,
      Class<T> rowClass,
      List<T> rows,
      List<String> columnNames,
      List<String> bands,
      ToLongFunction<T> healpix)
      throws IOException {
    List<String> order = TableSchemas.orderBands(presentBands(rowClass, rows), bands);
    return write(new TableWriter<>(file, rowClass, columnNames, order, Map.of(), healpix), rows);
  }

  private static <T extends SpecificRecord> Written write(TableWriter<T> writer, List<T> rows)
      throws IOException {
    try (writer) {
      for (T row : rows) {
        writer.write(row);
      }
    }
    return writer.written();
  }

  /**
   * What was written.
   *
   * @param rows number of rows
   * @param contentHash SHA-256 over the columns' names and types and the rows in order
   */
  public record Written(long rows, String contentHash) {}

  /** Appends a row. */
  public void write(T row) throws IOException {
    GenericRecord out = new GenericData.Record(flat);
    int first = healpix == null ? 0 : 1;
    if (healpix != null) {
      out.put(0, healpix.applyAsLong(row));
    }
    for (int i = 0; i < columns.size(); i++) {
      out.put(first + i, value(row, columns.get(i)));
    }
    hash.add(out);
    parquet.write(out);
    rows++;
  }

  /** To be asked after {@link #close}. */
  public Written written() {
    return new Written(rows, hash.hex());
  }

  @Override
  public void close() throws IOException {
    parquet.close();
    ParquetFooter.sortEncodings(file);
  }

  private @Nullable Object value(T row, Column column) {
    SpecificRecord holder = row;
    Schema schema = rowSchema;
    if (column.band() != null) {
      Map<?, ?> bands = (Map<?, ?>) row.get(rowSchema.getField(TableSchemas.BANDS).pos());
      Object measured = bands == null ? null : bands.get(column.band());
      if (measured == null) {
        return null;
      }
      holder = (SpecificRecord) measured;
      schema = holder.getSchema();
    }
    Object value = holder.get(schema.getField(column.field()).pos());
    if (value instanceof Map<?, ?> map) {
      return new TreeMap<>(map);
    }
    boolean missing =
        value instanceof Float f && Float.isNaN(f) || value instanceof Double d && Double.isNaN(d);
    return missing ? null : value;
  }

  private static List<String> presentBands(
      Class<? extends SpecificRecord> rowClass, List<? extends SpecificRecord> rows) {
    Schema.Field field = RecordCoder.schema(rowClass).getField(TableSchemas.BANDS);
    if (field == null || !TableSchemas.isBands(field)) {
      return List.of();
    }
    return rows.stream()
        .flatMap(row -> ((Map<?, ?>) row.get(field.pos())).keySet().stream())
        .map(Object::toString)
        .distinct()
        .toList();
  }

  private static ArrayNode description(List<Column> columns) {
    ArrayNode out = JsonNodeFactory.instance.arrayNode();
    for (Column column : columns) {
      ObjectNode one = out.addObject();
      one.put("name", column.name());
      one.put("description", column.description());
      one.put("unit", column.unit());
      one.put("tier", column.tier());
      if (column.band() != null) {
        one.put("band", column.band());
        one.put("field", column.field());
      }
    }
    return out;
  }
}
