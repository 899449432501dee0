package org.starbeam.transforms.dataset;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.parquet.avro.AvroParquetWriter;
import org.apache.parquet.hadoop.ParquetWriter;
import org.jspecify.annotations.Nullable;

/**
 * Writes rows as they were read into a file of a HATS catalogue (specs/07 section 9.2): zstd,
 * {@value #GROUP_ROWS} rows in a group (fewer when they take more than {@value #GROUP_BYTES} bytes
 * of memory), floating point numbers split into streams of bytes, dictionaries for what repeats.
 */
public final class PartitionWriter implements Closeable {
  private static final int GROUP_ROWS = 65_536;
  private static final long GROUP_BYTES = 256L << 20;

  private final Path file;
  private final Schema schema;
  private final ParquetWriter<GenericRecord> parquet;
  private @Nullable Schema source;
  private int[] places = {};
  private long rows;

  /**
   * @param schema columns of the file
   * @param metadata entries of the file's metadata
   */
  public PartitionWriter(Path file, Schema schema, Map<String, String> metadata)
      throws IOException {
    this.file = file;
    this.schema = schema;
    AvroParquetWriter.Builder<GenericRecord> builder =
        ParquetFiles.writer(file, schema, metadata)
            .withRowGroupRowCountLimit(GROUP_ROWS)
            .withRowGroupSize(GROUP_BYTES)
            .withByteStreamSplitEncoding(true);
    for (Schema.Field field : schema.getFields()) {
      if (isDistinct(field)) {
        builder = builder.withDictionaryEncoding(field.name(), false);
      }
    }
    parquet = builder.build();
  }

  private static boolean isDistinct(Schema.Field field) {
    Schema type = field.schema();
    boolean floating =
        type.isUnion()
            ? type.getTypes().stream().anyMatch(PartitionWriter::isFloating)
            : isFloating(type);
    return floating || field.name().equals(TableSchemas.HEALPIX_COLUMN);
  }

  private static boolean isFloating(Schema type) {
    return type.getType() == Schema.Type.FLOAT || type.getType() == Schema.Type.DOUBLE;
  }

  /** Appends a row of any schema by the names of its columns; one that it lacks is null. */
  public void write(GenericRecord row) throws IOException {
    if (row.getSchema() != source) {
      source = row.getSchema();
      places =
          schema.getFields().stream()
              .mapToInt(
                  field -> {
                    Schema.Field from = row.getSchema().getField(field.name());
                    return from == null ? -1 : from.pos();
                  })
              .toArray();
    }
    GenericRecord out = new GenericData.Record(schema);
    for (int i = 0; i < places.length; i++) {
      out.put(i, places[i] < 0 ? null : row.get(places[i]));
    }
    parquet.write(out);
    rows++;
  }

  /** Number of rows so far. */
  public long rows() {
    return rows;
  }

  @Override
  public void close() throws IOException {
    parquet.close();
    ParquetFooter.sortEncodings(file);
  }
}
