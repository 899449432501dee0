package org.starbeam.pipelines.export;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.jspecify.annotations.Nullable;
import org.starbeam.hats.CountMap;
import org.starbeam.sky.Healpix;
import org.starbeam.transforms.dataset.TableSchemas;
import org.starbeam.transforms.step6.ReleaseTable;

/**
 * Objects with their light curves: the core columns of a table of objects and a list of the forced
 * measurements of each, in the order of time (specs/07 section 9.2, nested light curves). Forced
 * measurements have the place of their object, so both tables have the same order, and one pass
 * over each is enough.
 */
final class LightCurves implements HatsRows {
  private static final String TIME = "midpointMjdTai";

  private final HatsTable objects;
  private final HatsTable measurements;
  private final String key;
  private final Schema schema;
  private final Schema.Field curve;

  /**
   * @param core names of the columns of objects that are kept
   */
  LightCurves(HatsTable objects, HatsTable measurements, Set<String> core) {
    this.objects = objects;
    this.measurements = measurements;
    this.key = objects.table().key().get(0);
    List<Schema.Field> inner = new ArrayList<>();
    for (Schema.Field field : measurements.schema().getFields()) {
      if (!field.name().equals(key)
          && !field.name().equals(TableSchemas.HEALPIX_COLUMN)
          && !measurements.table().position().contains(field.name())) {
        inner.add(new Schema.Field(field, field.schema()));
      }
    }
    Schema one =
        Schema.createRecord(
            measurements.schema().getName(), null, "org.starbeam.table.curve", false, inner);
    List<Schema.Field> all = new ArrayList<>();
    for (Schema.Field field : objects.schema().getFields()) {
      if (field.name().equals(TableSchemas.HEALPIX_COLUMN) || core.contains(field.name())) {
        all.add(new Schema.Field(field, field.schema()));
      }
    }
    curve = new Schema.Field(column(measurements.table()), Schema.createArray(one), null);
    all.add(curve);
    Schema of = objects.schema();
    schema = Schema.createRecord(of.getName(), of.getDoc(), of.getNamespace(), false, all);
  }

  /** Name of the column with the list: {@code forcedSource}. */
  static String column(ReleaseTable measurements) {
    String name = measurements.tableName();
    return Character.toLowerCase(name.charAt(0)) + name.substring(1);
  }

  @Override
  public ReleaseTable table() {
    return objects.table();
  }

  @Override
  public Schema schema() {
    return schema;
  }

  @Override
  public List<String> defaultColumns() {
    List<String> out = new ArrayList<>(HatsRows.super.defaultColumns());
    out.add(curve.name());
    return out;
  }

  @Override
  public long bytes() throws IOException {
    return objects.bytes() + measurements.bytes();
  }

  @Override
  public CountMap count(ParallelMap parallel) throws IOException {
    return objects.count(parallel);
  }

  @Override
  public RowCursor open(List<Healpix.Range> ranges) throws IOException {
    return new Cursor(objects.open(ranges), measurements.open(ranges));
  }

  /** Joins the two tables row by row. */
  private final class Cursor implements RowCursor {
    private final RowCursor rows;
    private final RowCursor points;
    private @Nullable GenericRecord point;

    Cursor(RowCursor rows, RowCursor points) throws IOException {
      this.rows = rows;
      this.points = points;
      this.point = points.next();
    }

    @Override
    public @Nullable GenericRecord next() throws IOException {
      GenericRecord object = rows.next();
      if (object == null) {
        return null;
      }
      GenericRecord out = new GenericData.Record(schema);
      for (Schema.Field field : schema.getFields()) {
        if (object.hasField(field.name())) {
          out.put(field.pos(), object.get(field.name()));
        }
      }
      out.put(curve.pos(), curve(object));
      return out;
    }

    private List<GenericRecord> curve(GenericRecord object) throws IOException {
      List<GenericRecord> out = new ArrayList<>();
      while (point != null && order(point, object) <= 0) {
        if (order(point, object) == 0) {
          out.add(inner(point));
        }
        point = points.next();
      }
      out.sort(Comparator.comparingDouble(p -> p.get(TIME) instanceof Double t ? t : Double.NaN));
      return out;
    }

    private int order(GenericRecord a, GenericRecord b) {
      int byPlace = compare(a, b, TableSchemas.HEALPIX_COLUMN);
      return byPlace != 0 ? byPlace : compare(a, b, key);
    }

    private static int compare(GenericRecord a, GenericRecord b, String column) {
      return Long.compare((Long) a.get(column), (Long) b.get(column));
    }

    private GenericRecord inner(GenericRecord point) {
      GenericRecord out = new GenericData.Record(curve.schema().getElementType());
      for (Schema.Field field : out.getSchema().getFields()) {
        out.put(field.pos(), point.hasField(field.name()) ? point.get(field.name()) : null);
      }
      return out;
    }

    @Override
    public void close() throws IOException {
      rows.close();
      points.close();
    }
  }
}
