package org.starbeam.transforms.dataset;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.avro.AvroParquetReader;
import org.apache.parquet.avro.AvroReadSupport;
import org.apache.parquet.avro.AvroSchemaConverter;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.filter2.compat.FilterCompat;
import org.apache.parquet.filter2.predicate.FilterApi;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.metadata.FileMetaData;
import org.apache.parquet.io.LocalInputFile;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;
import org.starbeam.sky.Healpix;

/**
 * Reads tables that {@link TableWriter} or another program wrote. A column that the file lacks, or
 * a missing value, becomes the field's default, null where null is allowed, and NaN for a number
 * that cannot be null.
 */
public final class TableReader {
  private TableReader() {}

  /** All rows in file order, {@code {band}_} columns gathered by band again. */
  public static <T extends SpecificRecord> List<T> read(Path file, Class<T> rowClass)
      throws IOException {
    return read(file, rowClass, FilterCompat.NOOP);
  }

  /**
   * The rows in a range of the sky, in file order, of a file that {@link
   * TableWriter#writePartition} wrote. Pages without such rows are not decoded, so the cost is of
   * the order of the rows in the range when the file is sorted by position.
   *
   * @param range nested HEALPix pixels of order 29
   */
  public static <T extends SpecificRecord> List<T> readRange(
      Path file, Class<T> rowClass, Healpix.Range range) throws IOException {
    return read(file, rowClass, inside(List.of(range)));
  }

  /**
   * Opens the rows in some ranges of the sky, in file order; cost as {@link #readRange}.
   *
   * @param ranges nested HEALPix pixels of order 29, ascending and apart from each other
   */
  public static Rows rowsIn(Path file, List<Healpix.Range> ranges) throws IOException {
    return new Rows(file, inside(ranges), new PlainParquetConfiguration());
  }

  /** Rows of a file, one at a time. */
  public static final class Rows implements Closeable {
    private final Path file;
    private final ParquetReader<GenericRecord> reader;

    private Rows(Path file, FilterCompat.Filter filter, PlainParquetConfiguration conf)
        throws IOException {
      this.file = file;
      conf.setBoolean(AvroReadSupport.READ_INT96_AS_FIXED, true);
      reader =
          AvroParquetReader.<GenericRecord>builder(new LocalInputFile(file), conf)
              .withDataModel(GenericData.get())
              .withCodecFactory(new ParquetFiles.Codecs())
              .withFilter(filter)
              .build();
    }

    /** The next row; null when there is none. */
    public @Nullable GenericRecord next() throws IOException {
      try {
        return reader.read();
      } catch (BadInputException e) {
        throw e;
      } catch (RuntimeException e) {
        throw notParquet(file, e);
      }
    }

    @Override
    public void close() throws IOException {
      reader.close();
    }
  }

  private static FilterCompat.Filter inside(List<Healpix.Range> ranges) {
    return FilterCompat.get(
        FilterApi.userDefined(
            FilterApi.longColumn(TableSchemas.HEALPIX_COLUMN), new SkyRanges(ranges)));
  }

  /**
   * Hands over the values of a column of 64-bit integers that are there, in file order; no other
   * column is read.
   */
  public static void longs(Path file, String column, LongConsumer consumer) throws IOException {
    Schema all = schema(file);
    Schema.Field wanted = all.getField(column);
    List<Schema.Field> fields = List.of(new Schema.Field(wanted, wanted.schema()));
    Schema one = Schema.createRecord(all.getName(), null, all.getNamespace(), false, fields);
    PlainParquetConfiguration conf = new PlainParquetConfiguration();
    conf.set(AvroReadSupport.AVRO_REQUESTED_PROJECTION, one.toString());
    conf.set("parquet.avro.read.schema", one.toString());
    forEach(
        file,
        FilterCompat.NOOP,
        conf,
        row -> {
          if (row.get(0) instanceof Long value) {
            consumer.accept(value);
          }
        });
  }

  private static <T extends SpecificRecord> List<T> read(
      Path file, Class<T> rowClass, FilterCompat.Filter rows) throws IOException {
    Schema row = RecordCoder.schema(rowClass);
    Map<String, BandColumn> bandColumns = bandColumns(file);
    List<T> out = new ArrayList<>();
    forEach(file, rows, record -> out.add(rowClass.cast(toRow(file, record, row, bandColumns))));
    return out;
  }

  /** Hands every row of any Parquet file to a consumer, in file order. */
  public static void forEach(Path file, Consumer<GenericRecord> consumer) throws IOException {
    forEach(file, FilterCompat.NOOP, consumer);
  }

  private static void forEach(Path file, FilterCompat.Filter rows, Consumer<GenericRecord> consumer)
      throws IOException {
    forEach(file, rows, new PlainParquetConfiguration(), consumer);
  }

  private static void forEach(
      Path file,
      FilterCompat.Filter rows,
      PlainParquetConfiguration conf,
      Consumer<GenericRecord> consumer)
      throws IOException {
    try (Rows open = new Rows(file, rows, conf)) {
      for (GenericRecord row = open.next(); row != null; row = open.next()) {
        consumer.accept(row);
      }
    }
  }

  private static BadInputException notParquet(Path file, RuntimeException cause) {
    return new BadInputException(
        "NOT_PARQUET", file + " cannot be read as a Parquet table: " + cause.getMessage(), cause);
  }

  /** Entries of the file's metadata. */
  public static Map<String, String> metadata(Path file) throws IOException {
    return new TreeMap<>(footer(file).getKeyValueMetaData());
  }

  /** Schema of the rows that {@link #forEach} hands out. */
  public static Schema schema(Path file) throws IOException {
    FileMetaData footer = footer(file);
    String written = footer.getKeyValueMetaData().get("parquet.avro.schema");
    return written == null
        ? new AvroSchemaConverter().convert(footer.getSchema())
        : new Schema.Parser().parse(written);
  }

  private static FileMetaData footer(Path file) throws IOException {
    ParquetReadOptions options =
        ParquetReadOptions.builder(new PlainParquetConfiguration())
            .withCodecFactory(new ParquetFiles.Codecs())
            .build();
    try (ParquetFileReader reader = ParquetFileReader.open(new LocalInputFile(file), options)) {
      return reader.getFooter().getFileMetaData();
    } catch (RuntimeException e) {
      throw notParquet(file, e);
    }
  }

  private record BandColumn(String band, String field) {}

  private static Map<String, BandColumn> bandColumns(Path file) throws IOException {
    Map<String, BandColumn> out = new LinkedHashMap<>();
    String described = metadata(file).get(TableWriter.COLUMNS_KEY);
    if (described != null) {
      for (JsonNode column : CanonicalJson.parse(described)) {
        if (column.has("band")) {
          out.put(
              column.get("name").asText(),
              new BandColumn(column.get("band").asText(), column.get("field").asText()));
        }
      }
    }
    return out;
  }

  private static SpecificRecord toRow(
      Path file, GenericRecord record, Schema row, Map<String, BandColumn> bandColumns) {
    SpecificRecord out = (SpecificRecord) SpecificData.get().newRecord(null, row);
    for (Schema.Field field : row.getFields()) {
      if (TableSchemas.isBands(field)) {
        out.put(field.pos(), bands(file, record, field, bandColumns));
      } else if (record.hasField(field.name())) {
        out.put(field.pos(), value(file, field, record.get(field.name())));
      } else {
        out.put(field.pos(), absent(file, field));
      }
    }
    return out;
  }

  private static Map<String, SpecificRecord> bands(
      Path file, GenericRecord record, Schema.Field bands, Map<String, BandColumn> bandColumns) {
    Schema inner = bands.schema().getValueType();
    Map<String, SpecificRecord> out = new LinkedHashMap<>();
    for (Map.Entry<String, BandColumn> column : bandColumns.entrySet()) {
      Object value = record.get(column.getKey());
      Schema.Field field = inner.getField(column.getValue().field());
      if (value != null && field != null) {
        SpecificRecord measured =
            out.computeIfAbsent(column.getValue().band(), band -> defaults(inner));
        measured.put(field.pos(), value(file, field, value));
      }
    }
    return out;
  }

  private static SpecificRecord defaults(Schema schema) {
    SpecificRecord out = (SpecificRecord) SpecificData.get().newRecord(null, schema);
    for (Schema.Field field : schema.getFields()) {
      if (field.hasDefaultValue()) {
        out.put(field.pos(), SpecificData.get().getDefaultValue(field));
      }
    }
    return out;
  }

  private static @Nullable Object absent(Path file, Schema.Field field) {
    if (field.hasDefaultValue()) {
      Object value = SpecificData.get().getDefaultValue(field);
      return SpecificData.get().deepCopy(field.schema(), value);
    }
    return value(file, field, null);
  }

  private static @Nullable Object value(Path file, Schema.Field field, @Nullable Object value) {
    try {
      return convert(field.schema(), value);
    } catch (IllegalArgumentException | ClassCastException e) {
      throw new BadInputException(
          "TABLE_COLUMN", file + ": column " + field.name() + ": " + e.getMessage(), e);
    }
  }

  /** A record inside a row, for example in an array. */
  private static SpecificRecord nested(Schema schema, GenericRecord value) {
    SpecificRecord out = (SpecificRecord) SpecificData.get().newRecord(null, schema);
    for (Schema.Field field : schema.getFields()) {
      out.put(field.pos(), convert(field.schema(), value.get(field.name())));
    }
    return out;
  }

  private static @Nullable Object convert(Schema schema, @Nullable Object value) {
    if (schema.getType() == Schema.Type.UNION) {
      if (value == null && schema.isNullable()) {
        return null;
      }
      return convert(nonNull(schema), value);
    }
    if (value == null) {
      return switch (schema.getType()) {
        case DOUBLE -> Double.NaN;
        case FLOAT -> Float.NaN;
        default -> throw new IllegalArgumentException("no value, expected " + schema.getType());
      };
    }
    return switch (schema.getType()) {
      case INT -> number(value).intValue();
      case LONG -> number(value).longValue();
      case FLOAT -> number(value).floatValue();
      case DOUBLE -> number(value).doubleValue();
      case STRING -> value.toString();
      case ARRAY -> list(schema.getElementType(), value);
      case MAP -> map(schema.getValueType(), value);
      case RECORD -> nested(schema, (GenericRecord) value);
      default -> value;
    };
  }

  private static Number number(Object value) {
    if (value instanceof Number n) {
      return n;
    }
    throw new IllegalArgumentException("expected a number, found " + value.getClass());
  }

  private static Schema nonNull(Schema union) {
    return union.getTypes().stream()
        .filter(s -> s.getType() != Schema.Type.NULL)
        .findFirst()
        .orElseThrow();
  }

  private static List<@Nullable Object> list(Schema element, Object value) {
    List<@Nullable Object> out = new ArrayList<>();
    for (Object entry : (Iterable<?>) value) {
      out.add(convert(element, entry));
    }
    return out;
  }

  private static Map<String, @Nullable Object> map(Schema valueType, Object value) {
    Map<String, @Nullable Object> out = new TreeMap<>();
    for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
      out.put(entry.getKey().toString(), convert(valueType, entry.getValue()));
    }
    return out;
  }
}
