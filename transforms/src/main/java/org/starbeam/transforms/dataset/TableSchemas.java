package org.starbeam.transforms.dataset;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * Columns of the tables, with unit, tier and description, as the generated records declare them. A
 * record's map {@code bands} stands for {@code {band}_} columns.
 */
public final class TableSchemas {
  /** Name of the field that holds measurements by band. */
  public static final String BANDS = "bands";

  private static final List<String> BAND_ORDER = List.of("u", "g", "r", "i", "z", "y");

  /** Column of a HATS table that its rows are sorted by. */
  public static final String HEALPIX_COLUMN = "_healpix_29";

  private TableSchemas() {}

  /**
   * One column.
   *
   * @param name name in the file, for example {@code g_psfFlux}
   * @param field name of the record's field, for example {@code psfFlux}
   * @param band the band, or null for a column of the row itself
   * @param unit unit, or the empty text
   * @param tier {@code core} or {@code extended}, or the empty text
   */
  public record Column(
      String name,
      String field,
      @Nullable String band,
      Schema type,
      String unit,
      String tier,
      String description) {}

  /** The columns of a row: its own in the order of its fields, then those of each band. */
  public static List<Column> columns(Schema row, List<String> bands) {
    List<Column> own = new ArrayList<>();
    List<Column> byBand = new ArrayList<>();
    for (Schema.Field field : row.getFields()) {
      if (isBands(field)) {
        for (String band : bands) {
          for (Schema.Field inner : field.schema().getValueType().getFields()) {
            byBand.add(column(band + "_" + inner.name(), band, inner));
          }
        }
      } else {
        own.add(column(field.name(), null, field));
      }
    }
    own.addAll(byBand);
    return own;
  }

  /** True for a map from band to a record of measurements. */
  static boolean isBands(Schema.Field field) {
    return field.name().equals(BANDS)
        && field.schema().getType() == Schema.Type.MAP
        && field.schema().getValueType().getType() == Schema.Type.RECORD;
  }

  private static Column column(String name, @Nullable String band, Schema.Field field) {
    return new Column(
        name,
        field.name(),
        band,
        field.schema(),
        text(field.getProp("unit")),
        text(field.getProp("tier")),
        text(field.doc()));
  }

  private static String text(@Nullable String value) {
    return value == null ? "" : value;
  }

  /**
   * The columns that are named, in the order of {@code all}. A per-band column is named with its
   * band, {@code g_psfFlux}, or for all bands, {@code {band}_psfFlux}.
   *
   * @throws IllegalArgumentException for a name that is no column
   */
  public static List<Column> select(List<Column> all, Collection<String> names) {
    Set<String> open = new LinkedHashSet<>(names);
    List<Column> chosen = new ArrayList<>();
    Set<String> used = new TreeSet<>();
    for (Column column : all) {
      String generic = column.band == null ? column.name : "{band}_" + column.field;
      if (open.contains(column.name) || open.contains(generic)) {
        chosen.add(column);
        used.add(open.contains(column.name) ? column.name : generic);
      }
    }
    open.removeAll(used);
    open.removeIf(
        name -> name.startsWith("{band}_") && all.stream().noneMatch(c -> c.band != null));
    if (!open.isEmpty()) {
      throw new IllegalArgumentException(
          "no such columns: " + open + ", known: " + all.stream().map(Column::name).toList());
    }
    return chosen;
  }

  /** The flat schema of these columns, named like the row's table. */
  static Schema flat(Schema row, List<Column> columns, boolean withHealpix) {
    SchemaBuilder.FieldAssembler<Schema> fields =
        SchemaBuilder.record(row.getName()).namespace("org.starbeam.table").fields();
    if (withHealpix) {
      fields =
          fields
              .name(HEALPIX_COLUMN)
              .doc("Nested HEALPix index of the position at order 29")
              .type(Schema.create(Schema.Type.LONG))
              .noDefault();
    }
    for (Column column : columns) {
      fields =
          fields.name(column.name).doc(column.description).type(stored(column.type)).noDefault();
    }
    return fields.endRecord();
  }

  /** A number that may be NaN in the row may be missing in the file. */
  private static Schema stored(Schema type) {
    return type.getType() == Schema.Type.FLOAT || type.getType() == Schema.Type.DOUBLE
        ? Schema.createUnion(Schema.create(Schema.Type.NULL), type)
        : type;
  }

  /** Name of the table as users know it, for example {@code Object}; the record's name else. */
  public static String tableName(Class<? extends SpecificRecord> rowClass) {
    Schema row = RecordCoder.schema(rowClass);
    String table = row.getProp("table");
    return table == null ? row.getName() : table;
  }

  /** Bands in table order: those of {@code order}, then u g r i z y, then others by name. */
  public static List<String> orderBands(Collection<String> present, List<String> order) {
    if (!order.isEmpty()) {
      return order;
    }
    Set<String> sorted = new LinkedHashSet<>(BAND_ORDER);
    sorted.addAll(new TreeSet<>(present));
    sorted.retainAll(Set.copyOf(present));
    return sorted.stream().collect(Collectors.toUnmodifiableList());
  }
}
