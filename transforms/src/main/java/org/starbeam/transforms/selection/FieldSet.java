package org.starbeam.transforms.selection;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The fields that an expression may name. */
public final class FieldSet {
  private final String rows;
  private final List<Field> fields;
  private final Map<String, Field> byName = new LinkedHashMap<>();

  /**
   * @param rows what the rows are, in the plural, for messages
   */
  public FieldSet(String rows, List<Field> fields) {
    this.rows = rows;
    this.fields = List.copyOf(fields);
    for (Field field : fields) {
      byName.put(field.name(), field);
      field.aliases().forEach(alias -> byName.put(alias, field));
    }
  }

  /** What the rows are, in the plural. */
  public String rows() {
    return rows;
  }

  public List<Field> fields() {
    return fields;
  }

  /** The field of a name or an alias, or null. */
  @Nullable Field find(String name) {
    return byName.get(name);
  }

  Set<String> names() {
    return byName.keySet();
  }

  /** The same fields where one may also be written with other words, such as a camera's bands. */
  public FieldSet withWords(String name, Iterable<String> words) {
    List<Field> out = new ArrayList<>();
    for (Field f : fields) {
      if (f.name().equals(name)) {
        Set<String> all = new TreeSet<>(f.vocabulary());
        words.forEach(all::add);
        out.add(
            new Field(
                f.name(),
                f.aliases(),
                f.type(),
                f.unit(),
                f.origin(),
                List.copyOf(all),
                f.description()));
      } else {
        out.add(f);
      }
    }
    return new FieldSet(rows, out);
  }
}
