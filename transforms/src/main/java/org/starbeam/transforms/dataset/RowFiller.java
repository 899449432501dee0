package org.starbeam.transforms.dataset;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecordBase;
import org.jspecify.annotations.Nullable;

/**
 * Sets columns of a row by name, in the type that the schema gives them. What is not finite becomes
 * null.
 */
public final class RowFiller {
  private final Map<String, Schema.Field> fields = new HashMap<>();
  private final Map<String, Schema.Type> types = new HashMap<>();

  public RowFiller(Schema schema) {
    for (Schema.Field field : schema.getFields()) {
      fields.put(field.name(), field);
      types.put(field.name(), valueType(field.schema()));
    }
  }

  private static Schema.Type valueType(Schema schema) {
    return schema.getType() == Schema.Type.UNION
        ? schema.getTypes().stream()
            .map(Schema::getType)
            .filter(t -> t != Schema.Type.NULL)
            .findFirst()
            .orElseThrow()
        : schema.getType();
  }

  public void number(SpecificRecordBase row, String column, double value) {
    if (!Double.isFinite(value)) {
      return;
    }
    Object stored =
        switch (types.get(column)) {
          case DOUBLE -> (Object) value;
          case FLOAT -> (float) value;
          case INT -> (int) Math.rint(value);
          case LONG -> (long) Math.rint(value);
          default ->
              throw new IllegalArgumentException("column " + column + " does not hold numbers");
        };
    row.put(position(column), stored);
  }

  /** Sets a column to a value of the column's own type. */
  public void value(SpecificRecordBase row, String column, @Nullable Object value) {
    row.put(position(column), value);
  }

  public void flag(SpecificRecordBase row, String column, boolean value) {
    row.put(position(column), value);
  }

  /** Sets flags that have the names of their columns. */
  public void flags(SpecificRecordBase row, List<String> columns, Predicate<String> isSet) {
    for (String column : columns) {
      flag(row, column, isSet.test(column));
    }
  }

  private int position(String column) {
    Schema.Field field = fields.get(column);
    if (field == null) {
      throw new IllegalArgumentException("no column " + column);
    }
    return field.pos();
  }
}
