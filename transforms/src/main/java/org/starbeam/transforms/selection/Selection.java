package org.starbeam.transforms.selection;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.starbeam.transforms.selection.Expression.And;
import org.starbeam.transforms.selection.Expression.Condition;
import org.starbeam.transforms.selection.Expression.Constant;
import org.starbeam.transforms.selection.Field.Origin;

/**
 * A checked selection of rows: a condition over the fields of a {@link FieldSet}, ready to run as a
 * {@link #predicate()} in Java or as {@link #sql()} in DuckDB. Both select the same rows.
 */
public final class Selection {
  private final Condition condition;
  private final FieldSet fields;

  Selection(Condition condition, FieldSet fields) {
    this.condition = condition;
    this.fields = fields;
  }

  /** The selection that an expression says. */
  public static Selection parse(String text, FieldSet fields) {
    return parse(text, fields, Map.of());
  }

  /**
   * The selection that an expression says, with values for its parameters.
   *
   * @param parameters value of each {@code ${name}}: Boolean, an integer type, Double, String, a
   *     Selection, or a collection of those where a list is wanted
   * @throws SelectionException with everything that is wrong with it
   */
  public static Selection parse(String text, FieldSet fields, Map<String, ?> parameters) {
    return new Selection(SelectionParser.parse(text, fields, parameters), fields);
  }

  /** Selects every row. */
  public static Selection all(FieldSet fields) {
    return new Selection(new Constant(true), fields);
  }

  Condition condition() {
    return condition;
  }

  /** True when it is the constant TRUE. */
  public boolean isAll() {
    return condition.equals(new Constant(true));
  }

  public Predicate<SelectionRow> predicate() {
    return new SelectionPredicate(condition);
  }

  public SqlCondition sql() {
    return SqlCompiler.compile(condition, fields);
  }

  /** The rows that both select. */
  public Selection and(Selection other) {
    List<Condition> parts = new ArrayList<>(parts());
    parts.addAll(other.parts());
    return of(parts);
  }

  /** The conditions that must all hold, each as a selection of its own. */
  public List<Selection> conjuncts() {
    return parts().stream().map(part -> new Selection(part, fields)).toList();
  }

  private List<Condition> parts() {
    List<Condition> out = new ArrayList<>();
    collect(condition, out);
    return out;
  }

  private static void collect(Condition condition, List<Condition> out) {
    if (condition instanceof And and) {
      and.parts().forEach(part -> collect(part, out));
    } else {
      out.add(condition);
    }
  }

  /** What can be decided from headers: the conjuncts that need no measurement. */
  public Selection header() {
    return of(parts().stream().filter(part -> !isMeasured(part)).toList());
  }

  /** What must wait for step 1: the conjuncts that need a measurement. */
  public Selection measured() {
    return of(parts().stream().filter(Selection::isMeasured).toList());
  }

  private Selection of(List<Condition> parts) {
    List<Condition> real = parts.stream().filter(p -> !p.equals(new Constant(true))).toList();
    Condition all =
        real.isEmpty() ? new Constant(true) : real.size() == 1 ? real.get(0) : new And(real);
    return new Selection(all, fields);
  }

  private static boolean isMeasured(Condition part) {
    Uses uses = Uses.of(part);
    return uses.footprint() || uses.fields().stream().anyMatch(f -> f.origin() == Origin.MEASURED);
  }

  /**
   * Fields in conjuncts that need a measurement which only headers tell; such a condition cannot be
   * decided anywhere. Empty when all is well.
   */
  public Set<String> undecidable() {
    Set<String> out = new TreeSet<>();
    for (Condition part : parts()) {
      if (isMeasured(part)) {
        Uses.of(part).fields().stream()
            .filter(f -> f.origin() == Origin.HEADER)
            .forEach(f -> out.add(f.name()));
      }
    }
    return out;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Selection selection && selection.condition.equals(condition);
  }

  @Override
  public int hashCode() {
    return condition.hashCode();
  }

  /** The expression in canonical form, with the values of parameters in it. */
  @Override
  public String toString() {
    return ExpressionText.of(condition);
  }
}
