package org.starbeam.pipelines.export;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.jspecify.annotations.Nullable;
import org.starbeam.hats.CountMap;
import org.starbeam.sky.Healpix;
import org.starbeam.transforms.dataset.TableReader;
import org.starbeam.transforms.dataset.TableSchemas;
import org.starbeam.transforms.step6.ReleaseTable;

/**
 * A release table as its parts lie in the repository: one file for each HEALPix pixel of an order,
 * sorted by place. Read along the sky it is sorted as a whole, whatever pixels it is cut into.
 */
final class HatsTable implements HatsRows {
  private final ReleaseTable table;
  private final List<Part> parts;
  private final Schema schema;

  /**
   * A file.
   *
   * @param rows indices of the pixel that it fills
   */
  record Part(Healpix.Range rows, Path file) {}

  /**
   * @param parts in any order; at least one
   * @param described what the files say of their columns
   */
  HatsTable(ReleaseTable table, List<Part> parts, JsonNode described) throws IOException {
    this.table = table;
    this.parts =
        parts.stream().sorted(Comparator.comparingLong(part -> part.rows.first())).toList();
    this.schema = schema(this.parts, order(table, described));
  }

  @Override
  public ReleaseTable table() {
    return table;
  }

  /** Columns of all files together. */
  @Override
  public Schema schema() {
    return schema;
  }

  @Override
  public long bytes() throws IOException {
    long sum = 0;
    for (Part part : parts) {
      sum += Files.size(part.file);
    }
    return sum;
  }

  /** All columns that there may be, in the order of the table. */
  private static List<String> order(ReleaseTable table, JsonNode described) {
    Set<String> bands = new LinkedHashSet<>();
    described.forEach(
        column -> {
          if (column.has("band")) {
            bands.add(column.get("band").asText());
          }
        });
    List<String> out = new ArrayList<>(List.of(TableSchemas.HEALPIX_COLUMN));
    table
        .columns(TableSchemas.orderBands(bands, List.of()))
        .forEach(column -> out.add(column.name()));
    return out;
  }

  private static Schema schema(List<Part> parts, List<String> order) throws IOException {
    Map<String, Schema.Field> fields = new HashMap<>();
    Map<String, Integer> seen = new LinkedHashMap<>();
    Schema any = TableReader.schema(parts.get(0).file);
    for (Part part : parts) {
      for (Schema.Field field : TableReader.schema(part.file).getFields()) {
        fields.putIfAbsent(field.name(), field);
        seen.merge(field.name(), 1, Integer::sum);
      }
    }
    Set<String> names = new LinkedHashSet<>(order);
    names.retainAll(seen.keySet());
    names.addAll(seen.keySet());
    List<Schema.Field> out = new ArrayList<>();
    for (String name : names) {
      Schema.Field field = Objects.requireNonNull(fields.get(name));
      boolean everywhere = seen.getOrDefault(name, 0) == parts.size();
      Schema type = everywhere ? field.schema() : nullable(field.schema());
      out.add(new Schema.Field(name, type, field.doc()));
    }
    return Schema.createRecord(any.getName(), any.getDoc(), any.getNamespace(), false, out);
  }

  private static Schema nullable(Schema type) {
    return type.isNullable() ? type : Schema.createUnion(Schema.create(Schema.Type.NULL), type);
  }

  @Override
  public CountMap count(ParallelMap parallel) throws IOException {
    return CountMap.join(
        parallel.map(
            parts,
            part -> {
              CountMap.Builder out = new CountMap.Builder();
              TableReader.longs(part.file, TableSchemas.HEALPIX_COLUMN, out::add);
              return out.build();
            }));
  }

  @Override
  public RowCursor open(List<Healpix.Range> ranges) {
    return new Cursor(ranges);
  }

  /** Goes from file to file. */
  private final class Cursor implements RowCursor {
    private final List<Healpix.Range> ranges;
    private int next;
    private TableReader.@Nullable Rows rows;

    Cursor(List<Healpix.Range> ranges) {
      this.ranges = ranges;
    }

    @Override
    public @Nullable GenericRecord next() throws IOException {
      while (true) {
        GenericRecord row = rows == null ? null : rows.next();
        if (row != null) {
          return row;
        }
        close();
        rows = null;
        if (next == parts.size()) {
          return null;
        }
        Part part = parts.get(next++);
        List<Healpix.Range> inside =
            ranges.stream()
                .filter(r -> r.first() < part.rows.end() && part.rows.first() < r.end())
                .toList();
        if (!inside.isEmpty()) {
          rows = TableReader.rowsIn(part.file, inside);
        }
      }
    }

    @Override
    public void close() throws IOException {
      if (rows != null) {
        rows.close();
      }
    }
  }
}
