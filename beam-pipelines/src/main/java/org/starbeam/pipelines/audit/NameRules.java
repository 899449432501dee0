package org.starbeam.pipelines.audit;

import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.starbeam.transforms.dataset.TableSchemas.Column;

/**
 * Names, types, units and descriptions of a table's columns against the schema; each flux has an
 * error and a flag.
 */
final class NameRules {
  private final TableColumns columns;
  private final List<Finding> findings = new ArrayList<>();

  private NameRules(TableColumns columns) {
    this.columns = columns;
  }

  static List<Finding> check(TableColumns columns) {
    NameRules rules = new NameRules(columns);
    columns.declared().values().forEach(rules::declared);
    columns.names().forEach(rules::present);
    return rules.findings;
  }

  private void add(Grade grade, String column, String rule, String text) {
    findings.add(columns.finding(grade, column, rule, 0, text));
  }

  private void declared(Column column) {
    String name = column.name();
    if (!columns.has(name)) {
      if (column.tier().equals("core")) {
        add(Grade.ERROR, name, "missing", "a core column of the schema is not there");
      }
      return;
    }
    String expected = duckType(column.type());
    if (!columns.type(name).equals(expected)) {
      add(Grade.ERROR, name, "type", "is " + columns.type(name) + ", the schema says " + expected);
    }
    said(Grade.ERROR, name, "unit", column.unit());
    said(Grade.WARNING, name, "description", column.description());
  }

  /** What the file says of a column is what the schema says. */
  private void said(Grade wrong, String name, String what, String expected) {
    String said = columns.described(name, what);
    if (!said.equals(expected)) {
      add(
          said.isEmpty() ? Grade.WARNING : wrong,
          name,
          what,
          "the file says '" + said + "', the schema '" + expected + "'");
    }
  }

  private static String duckType(Schema type) {
    Schema value =
        !type.isUnion()
            ? type
            : type.getTypes().stream()
                .filter(t -> t.getType() != Schema.Type.NULL)
                .findFirst()
                .orElseThrow();
    return switch (value.getType()) {
      case LONG -> "BIGINT";
      case INT -> "INTEGER";
      case STRING -> "VARCHAR";
      default -> value.getType().name();
    };
  }

  private void present(String column) {
    boolean known = columns.declared().containsKey(column);
    if (!known) {
      add(Grade.WARNING, column, "undeclared", undeclared(column));
    }
    if (column.endsWith("Flux") && !columns.type(column).equals("BOOLEAN")) {
      String error = column + "Err";
      if (!columns.has(error) && (!known || isExtended(error))) {
        add(Grade.WARNING, column, "no error", "a flux without its error");
      }
      if (columns.flags(column).isEmpty() && (!known || !columns.declaredFlags(column).isEmpty())) {
        add(Grade.WARNING, column, "no flag", "a flux without a flag");
      }
    }
  }

  /** A column that the schema has and whose absence is no finding by itself. */
  private boolean isExtended(String column) {
    Column declared = columns.declared().get(column);
    return declared != null && !declared.tier().equals("core");
  }

  private String undeclared(String column) {
    if (!column.matches("[a-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*")) {
      return "not in the schema, and no name in camel case";
    }
    boolean ofBand =
        columns.declared().values().stream()
            .anyMatch(c -> c.band() != null && c.field().equals(column));
    return ofBand ? "not in the schema without a band in front" : "not in the schema";
  }
}
