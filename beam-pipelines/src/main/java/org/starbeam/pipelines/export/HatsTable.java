package org.starbeam.pipelines.export;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.starbeam.hats.CountMap;
import org.starbeam.sky.Healpix;
import org.starbeam.transforms.dataset.TableReader;
import org.starbeam.transforms.dataset.TableSchemas;
import org.starbeam.transforms.step6.ReleaseTable;

/**
 * A release table as its parts lie in the repository: one file for each HEALPix pixel of an order,
 * sorted by place. Read along the sky it is sorted as a whole, whatever pixels it is cut into.
 */
final class HatsTable {
  private final ReleaseTable table;
  private final List<Part> parts;
  private final Schema schema;

  /**
   * A file.
   *
   * @param rows indices of the pixel that it fills
   */
  record Part(Healpix.Range rows, Path file) {}

  /** Takes a row. */
  @FunctionalInterface
  interface RowConsumer {
    void accept(GenericRecord row) throws IOException;
  }

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

  ReleaseTable table() {
    return table;
  }

  List<Part> parts() {
    return parts;
  }

  /** Columns of all files together, the HEALPix index first. */
  Schema schema() {
    return schema;
  }

  /** Size of all files. */
  long bytes() throws IOException {
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
      Schema.Field field = fields.get(name);
      boolean everywhere = seen.get(name) == parts.size();
      Schema type = everywhere ? field.schema() : nullable(field.schema());
      out.add(new Schema.Field(name, type, field.doc()));
    }
    return Schema.createRecord(any.getName(), any.getDoc(), any.getNamespace(), false, out);
  }

  private static Schema nullable(Schema type) {
    return type.isNullable() ? type : Schema.createUnion(Schema.create(Schema.Type.NULL), type);
  }

  /** Counts the rows of a file. */
  CountMap count(Part part) throws IOException {
    CountMap.Builder out = new CountMap.Builder();
    TableReader.longs(part.file, TableSchemas.HEALPIX_COLUMN, out::add);
    return out.build();
  }

  /**
   * Hands over the rows in ranges of the sky, along the sky.
   *
   * @param ranges ascending and apart from each other
   */
  void forEach(List<Healpix.Range> ranges, RowConsumer consumer) throws IOException {
    for (Part part : parts) {
      List<Healpix.Range> inside =
          ranges.stream()
              .filter(r -> r.first() < part.rows.end() && part.rows.first() < r.end())
              .toList();
      if (!inside.isEmpty()) {
        read(part.file, inside, consumer);
      }
    }
  }

  private static void read(Path file, List<Healpix.Range> ranges, RowConsumer consumer)
      throws IOException {
    try {
      TableReader.forEachIn(
          file,
          ranges,
          row -> {
            try {
              consumer.accept(row);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** Right ascension and declination of a row, degrees. */
  double[] place(GenericRecord row) {
    return new double[] {
      (Double) row.get(table.position().get(0)), (Double) row.get(table.position().get(1))
    };
  }

  /** The columns that are read when a user names none: those that most questions are about. */
  List<String> defaultColumns() {
    Set<String> out = new LinkedHashSet<>(table.key());
    out.addAll(table.position());
    out.addAll(List.of("visit", "detector", "band", "midpointMjdTai", "refExtendedness"));
    out.addAll(List.of("extendedness", "psfFlux", "psfFluxErr", "scienceFlux"));
    for (Schema.Field field : schema.getFields()) {
      if (field.name().matches("[a-z]_psfFlux")) {
        out.add(field.name());
      }
    }
    out.removeIf(name -> schema.getField(name) == null);
    return List.copyOf(out);
  }
}
