package org.starbeam.transforms.selection;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.sky.Angles;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.SkyBox;
import org.starbeam.sky.SkyCircle;
import org.starbeam.sky.SkyPolygon;
import org.starbeam.sky.SkyRegion;
import org.starbeam.transforms.selection.Expression.Condition;
import org.starbeam.transforms.selection.Expression.Operand;
import org.starbeam.transforms.selection.Expression.Place;

/**
 * Writes an expression as a condition of DuckDB SQL. Each operand is written once, so that the text
 * grows with the expression only. What would be an error of SQL (an integer that does not fit, the
 * root of a negative number) is NULL by {@code TRY}.
 */
final class SqlCompiler {
  private static final String NAN = "CAST('NaN' AS DOUBLE)";
  private final StringBuilder sql = new StringBuilder();
  private final List<Object> parameters = new ArrayList<>();
  private final Map<String, Selection> regionColumns = new LinkedHashMap<>();
  private final FieldSet fields;
  private final String ra;
  private final String dec;

  /** Right ascension from 0 to 360. */
  private final String turnedRa;

  /** The position's unit vector. */
  private final List<String> axes;

  private SqlCompiler(FieldSet fields, String ra, String dec) {
    this.fields = fields;
    this.ra = ra;
    this.dec = dec;
    turnedRa = "(" + ra + " - 360.0 * floor(" + ra + " / 360.0))";
    axes =
        List.of(
            "cos(radians(" + dec + ")) * cos(radians(" + ra + "))",
            "cos(radians(" + dec + ")) * sin(radians(" + ra + "))",
            "sin(radians(" + dec + "))");
  }

  static SqlCondition compile(Condition condition, FieldSet fields) {
    SqlCompiler compiler = new SqlCompiler(fields, column(VisitFields.RA), column(VisitFields.DEC));
    compiler.condition(condition);
    return new SqlCondition(compiler.sql.toString(), compiler.parameters, compiler.regionColumns);
  }

  /** The condition that a position lies in a region; it has parameters that are numbers only. */
  static SqlCondition compile(SkyRegion region, String ra, String dec) {
    SqlCompiler compiler = new SqlCompiler(VisitFields.all(), ra, dec);
    compiler.point(region);
    return new SqlCondition(compiler.sql.toString(), compiler.parameters, Map.of());
  }

  private SqlCompiler put(String text) {
    sql.append(text);
    return this;
  }

  private void parameter(Object value) {
    String type = value instanceof Long ? "BIGINT" : value instanceof Double ? "DOUBLE" : "VARCHAR";
    put("CAST(? AS " + type + ")");
    parameters.add(value);
  }

  private void condition(Condition condition) {
    if (condition instanceof Expression.Constant constant) {
      put(constant.value() ? "TRUE" : "FALSE");
    } else if (condition instanceof Expression.Not not) {
      put("(NOT ").condition(not.part());
      put(")");
    } else if (condition instanceof Expression.And and) {
      balanced(and.parts(), " AND ");
    } else if (condition instanceof Expression.Or or) {
      balanced(or.parts(), " OR ");
    } else {
      predicate(condition);
    }
  }

  /** A balanced tree, so that a long list does not nest deeply. */
  private void balanced(List<Condition> parts, String by) {
    if (parts.size() == 1) {
      condition(parts.get(0));
      return;
    }
    int half = parts.size() / 2;
    put("(");
    balanced(parts.subList(0, half), by);
    put(by);
    balanced(parts.subList(half, parts.size()), by);
    put(")");
  }

  private void predicate(Condition condition) {
    if (condition instanceof Expression.Comparison c) {
      boolean real = c.left().type() != c.right().type();
      put("(").operand(c.left(), real);
      put(" " + c.operator().symbol() + " ").operand(c.right(), real);
      put(")");
    } else if (condition instanceof Expression.In in) {
      in(in);
    } else if (condition instanceof Expression.Between b) {
      between(b);
    } else if (condition instanceof Expression.Like like) {
      put("(").operand(like.operand(), false);
      put(like.negated() ? " NOT LIKE " : " LIKE ").parameter(Glob.toSqlLike(like.glob()));
      put(" ESCAPE '\\')");
    } else if (condition instanceof Expression.IsNull isNull) {
      put("(").operand(isNull.operand(), false);
      put(isNull.negated() ? " IS NOT NULL)" : " IS NULL)");
    } else if (condition instanceof Expression.Overlaps o && o.place() == Place.POINT) {
      point(o.region());
    } else {
      regionColumn(condition);
    }
  }

  private void in(Expression.In in) {
    boolean real =
        in.operand().type() == ValueType.REAL
            || in.values().stream().anyMatch(v -> v.type() == ValueType.REAL);
    put("(").operand(in.operand(), real);
    put(in.negated() ? " NOT IN (" : " IN (");
    String between = "";
    for (Expression.Literal value : in.values()) {
      put(between).operand(value, real);
      between = ", ";
    }
    for (Expression.Range range : in.ranges()) {
      for (long value : range.values().toArray()) {
        put(between);
        parameter(real ? (Object) Double.valueOf(value) : Long.valueOf(value));
        between = ", ";
      }
    }
    put("))");
  }

  /** Both ends are compared in the operand's own kind, so a mixed pair is cast to reals. */
  private void between(Expression.Between b) {
    ValueType type = b.operand().type();
    boolean lowMixed = type != b.low().type();
    boolean highMixed = type != b.high().type();
    if (lowMixed == highMixed) {
      put("(").operand(b.operand(), lowMixed);
      put(b.negated() ? " NOT BETWEEN " : " BETWEEN ").operand(b.low(), lowMixed);
      put(" AND ").operand(b.high(), lowMixed);
      put(")");
      return;
    }
    put(b.negated() ? "(NOT (" : "((").operand(b.operand(), lowMixed);
    put(" >= ").operand(b.low(), lowMixed);
    put(" AND ").operand(b.operand(), highMixed);
    put(" <= ").operand(b.high(), highMixed);
    put("))");
  }

  /**
   * Geometry of the position, in the same steps as the classes of the sky; NULL where the fields
   * hold no angles.
   */
  private void point(SkyRegion region) {
    put("CASE WHEN abs(" + ra + ") <= 360 AND abs(" + dec + ") <= 90 THEN (");
    if (region instanceof SkyCircle circle) {
      circle(circle);
    } else if (region instanceof SkyPolygon polygon) {
      polygon(polygon);
    } else {
      box((SkyBox) region);
    }
    put(") END");
  }

  private void circle(SkyCircle circle) {
    double[] c = Angles.vector(circle.center().raDeg(), circle.center().decDeg());
    for (int i = 0; i < 3; i++) {
      put(i == 0 ? "" : " + ").put("pow(" + axes.get(i) + " - ").parameter(c[i]);
      put(", 2)");
    }
    put(" <= ").parameter(circle.chordLimit());
  }

  private void polygon(SkyPolygon polygon) {
    for (int edge = 0; edge < polygon.vertices().size(); edge++) {
      put(edge == 0 ? "" : " AND ");
      double[] normal = polygon.normal(edge);
      for (int i = 0; i < 3; i++) {
        put(i == 0 ? "" : " + ").put(axes.get(i) + " * ").parameter(normal[i]);
      }
      put(" >= ").parameter(-SkyRegion.MARGIN);
    }
  }

  private void box(SkyBox box) {
    put(dec + " BETWEEN ").parameter(box.dec0());
    put(" AND ").parameter(box.dec1());
    if (!box.isRing()) {
      double from = Gnomonic.normalizeRa(box.ra0());
      double to = Gnomonic.normalizeRa(box.ra1());
      put(" AND (" + turnedRa + " >= ").parameter(from);
      put(from <= to ? " AND " : " OR ").put(turnedRa + " <= ").parameter(to);
      put(")");
    }
  }

  private void regionColumn(Condition condition) {
    Selection selection = new Selection(condition, fields);
    String name = "sb_region_" + (regionColumns.size() + 1);
    for (Map.Entry<String, Selection> known : regionColumns.entrySet()) {
      if (known.getValue().equals(selection)) {
        name = known.getKey();
      }
    }
    regionColumns.put(name, selection);
    put("\"" + name + "\"");
  }

  private static String column(Field field) {
    return "\"" + field.name() + "\"";
  }

  /**
   * Writes an operand.
   *
   * @param real true to have an integer as a DOUBLE
   */
  private void operand(Operand operand, boolean real) {
    if (real && operand.type() == ValueType.INTEGER) {
      put("CAST(").operand(operand);
      put(" AS DOUBLE)");
    } else {
      operand(operand);
    }
  }

  private void operand(Operand operand) {
    if (operand instanceof Expression.FieldValue value) {
      field(value.field());
    } else if (operand instanceof Expression.Literal literal) {
      parameter(literal.value());
    } else if (operand instanceof Expression.Negation negation) {
      boolean integer = negation.type() == ValueType.INTEGER;
      put(integer ? "TRY(-" : "(-").operand(negation.operand());
      put(")");
    } else if (operand instanceof Expression.Call call) {
      call(call);
    } else {
      arithmetic((Expression.Arithmetic) operand);
    }
  }

  private void field(Field field) {
    switch (field.type()) {
      case INTEGER -> put("CAST(" + column(field) + " AS BIGINT)");
      case TEXT -> put(column(field));
      default -> put("NULLIF(CAST(" + column(field) + " AS DOUBLE), " + NAN + ")");
    }
  }

  private void arithmetic(Expression.Arithmetic sum) {
    boolean divides = sum.operator() == '/' || sum.operator() == '%';
    if (sum.type() == ValueType.INTEGER) {
      put("TRY(").operand(sum.left());
      put(" " + (sum.operator() == '/' ? "//" : sum.operator()) + " ");
      put(divides ? "NULLIF(" : "").operand(sum.right());
      put(divides ? ", 0))" : ")");
      return;
    }
    put("NULLIF(").operand(sum.left(), true);
    put(" " + sum.operator() + " ");
    put(divides ? "NULLIF(" : "").operand(sum.right(), true);
    put(divides ? ", 0.0::DOUBLE)" : "").put(", " + NAN + ")");
  }

  private void call(Expression.Call call) {
    Operand x = call.arguments().get(0);
    boolean integer = x.type() == ValueType.INTEGER;
    switch (call.function()) {
      case NVL -> {
        boolean real = call.type() == ValueType.REAL;
        put("COALESCE(").operand(x, real);
        put(", ").operand(call.arguments().get(1), real);
        put(")");
      }
      case ABS -> wrapped(integer ? "TRY(abs(" : "(abs(", x, "))");
      case FLOOR, CEIL, ROUND -> {
        String name = call.function().text();
        wrapped(integer ? "(" : name + "(", x, ")");
      }
      case SQRT -> {
        put("TRY(sqrt(").operand(x, true);
        put("))");
      }
      case SIN, COS -> {
        put("list_transform([").operand(x, true);
        put(
            "], lambda v : CASE WHEN isfinite(v) THEN floor("
                + call.function().text()
                + "(radians(v)) * 1e12::DOUBLE + 0.5::DOUBLE) / 1e12::DOUBLE END)[1]");
      }
      case HOUR ->
          wrapped(
              "list_transform([",
              x,
              "], lambda v : CASE WHEN isfinite(v) THEN"
                  + " CAST(floor(((v % 1.0::DOUBLE + 1.0::DOUBLE) % 1.0::DOUBLE) * 24) AS BIGINT) END)[1]");
      case DAY ->
          wrapped(
              "list_transform([",
              x,
              "], lambda v : CASE WHEN floor(v) >= "
                  + Calculator.FIRST_DAY
                  + " AND floor(v) < "
                  + Calculator.END_DAY
                  + " THEN CAST(strftime(DATE '1858-11-17' + CAST(floor(v) AS INTEGER), '%Y%m%d')"
                  + " AS BIGINT) END)[1]");
    }
  }

  private void wrapped(String before, Operand operand, String after) {
    put(before).operand(operand);
    put(after);
  }
}
