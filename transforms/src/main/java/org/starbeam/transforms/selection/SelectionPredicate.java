package org.starbeam.transforms.selection;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.SkyPolygon;
import org.starbeam.transforms.selection.Expression.Condition;
import org.starbeam.transforms.selection.Expression.Operand;
import org.starbeam.transforms.selection.Expression.Place;

/**
 * An expression compiled to closures. Conditions follow the three-valued logic of SQL, and a row is
 * selected only where the value is TRUE.
 */
final class SelectionPredicate implements Predicate<SelectionRow> {
  /** True, false, or null for NULL. */
  private interface Test {
    @Nullable Boolean of(SelectionRow row);
  }

  /** A value, or null for NULL. */
  private interface Value {
    @Nullable Object of(SelectionRow row);
  }

  private final Test test;

  SelectionPredicate(Condition condition) {
    test = compile(condition);
  }

  @Override
  public boolean test(SelectionRow row) {
    return Boolean.TRUE.equals(test.of(row));
  }

  private static Test compile(Condition condition) {
    if (condition instanceof Expression.Constant constant) {
      boolean value = constant.value();
      return row -> value;
    }
    if (condition instanceof Expression.Not not) {
      Test part = compile(not.part());
      return row -> negated(part.of(row), true);
    }
    if (condition instanceof Expression.And and) {
      return all(and.parts(), false);
    }
    if (condition instanceof Expression.Or or) {
      return all(or.parts(), true);
    }
    return predicate(condition);
  }

  private static @Nullable Boolean negated(@Nullable Boolean value, boolean negate) {
    return value == null ? null : Boolean.valueOf(value != negate);
  }

  /** AND ends at the first false, OR at the first true. */
  private static Test all(List<Condition> conditions, boolean end) {
    List<Test> parts = conditions.stream().map(SelectionPredicate::compile).toList();
    return row -> {
      boolean unknown = false;
      for (Test part : parts) {
        Boolean value = part.of(row);
        if (value == null) {
          unknown = true;
        } else if (value == end) {
          return end;
        }
      }
      return unknown ? null : Boolean.valueOf(!end);
    };
  }

  private static Test predicate(Condition condition) {
    if (condition instanceof Expression.Comparison c) {
      Value left = value(c.left());
      Value right = value(c.right());
      return row -> {
        Object a = left.of(row);
        Object b = right.of(row);
        return a == null || b == null ? null : Boolean.valueOf(c.operator().holds(compare(a, b)));
      };
    }
    if (condition instanceof Expression.In in) {
      return in(in);
    }
    if (condition instanceof Expression.Between between) {
      return between(between);
    }
    if (condition instanceof Expression.Like like) {
      Value operand = value(like.operand());
      Glob glob = new Glob(like.glob());
      return row -> {
        Object text = operand.of(row);
        return text == null ? null : Boolean.valueOf(glob.matches((String) text) != like.negated());
      };
    }
    if (condition instanceof Expression.IsNull isNull) {
      Value operand = value(isNull.operand());
      return row -> (operand.of(row) == null) != isNull.negated();
    }
    return condition instanceof Expression.Overlaps overlaps
        ? row -> meets(row, overlaps)
        : SelectionPredicate::pointInFootprint;
  }

  /** Where a real number takes part, all are compared as reals. */
  private static Test in(Expression.In in) {
    boolean real =
        in.operand().type() == ValueType.REAL
            || in.values().stream().anyMatch(v -> v.type() == ValueType.REAL);
    Set<Object> values = new HashSet<>();
    in.values().forEach(literal -> values.add(key(literal.value(), real)));
    if (real) {
      in.ranges().forEach(r -> r.values().forEach(v -> values.add(key(v, true))));
    }
    Value operand = value(in.operand());
    return row -> {
      Object value = operand.of(row);
      if (value == null) {
        return null;
      }
      boolean found =
          values.contains(key(value, real))
              || (!real && in.ranges().stream().anyMatch(r -> r.contains((Long) value)));
      return found != in.negated();
    };
  }

  /** Positive and negative zero are the same value. */
  private static Object key(Object value, boolean real) {
    if (real || value instanceof Double) {
      return ((Number) value).doubleValue() + 0.0;
    }
    return value;
  }

  private static Test between(Expression.Between between) {
    Value operand = value(between.operand());
    Value low = value(between.low());
    Value high = value(between.high());
    return row -> {
      Object x = operand.of(row);
      if (x == null) {
        return null;
      }
      Object from = low.of(row);
      Object to = high.of(row);
      boolean below = from != null && compare(x, from) < 0;
      boolean above = to != null && compare(x, to) > 0;
      if (below || above) {
        return between.negated();
      }
      return from == null || to == null ? null : Boolean.valueOf(!between.negated());
    };
  }

  private static @Nullable Boolean meets(SelectionRow row, Expression.Overlaps overlaps) {
    if (overlaps.place() == Place.REGION) {
      SkyPolygon footprint = row.footprint();
      return footprint == null ? null : Boolean.valueOf(overlaps.region().overlaps(footprint));
    }
    SkyPoint point = point(row);
    return point == null
        ? null
        : Boolean.valueOf(overlaps.region().contains(point.raDeg(), point.decDeg()));
  }

  private static @Nullable Boolean pointInFootprint(SelectionRow row) {
    SkyPolygon footprint = row.footprint();
    SkyPoint point = point(row);
    return footprint == null || point == null
        ? null
        : Boolean.valueOf(footprint.contains(point.raDeg(), point.decDeg()));
  }

  /** The pointing, or null when it is not known. */
  private static @Nullable SkyPoint point(SelectionRow row) {
    Object ra = row.value(VisitFields.RA);
    Object dec = row.value(VisitFields.DEC);
    if (ra instanceof Double raDeg
        && dec instanceof Double decDeg
        && Math.abs(raDeg) <= 360
        && Math.abs(decDeg) <= 90) {
      return new SkyPoint(raDeg, decDeg);
    }
    return null;
  }

  private static int compare(Object a, Object b) {
    if (a instanceof String text) {
      return Calculator.compare(text, (String) b);
    }
    if (a instanceof Long x && b instanceof Long y) {
      return Long.compare(x, y);
    }
    double x = ((Number) a).doubleValue();
    double y = ((Number) b).doubleValue();
    return x < y ? -1 : x > y ? 1 : 0;
  }

  private static Value value(Operand operand) {
    if (operand instanceof Expression.FieldValue fieldValue) {
      Field field = fieldValue.field();
      return row -> row.value(field) instanceof Double d && d.isNaN() ? null : row.value(field);
    }
    if (operand instanceof Expression.Literal literal) {
      Object constant = literal.value();
      return row -> constant;
    }
    if (operand instanceof Expression.Negation negation) {
      Value part = value(negation.operand());
      return row -> negative(part.of(row));
    }
    if (operand instanceof Expression.Call call) {
      return call(call);
    }
    return arithmetic((Expression.Arithmetic) operand);
  }

  private static @Nullable Object negative(@Nullable Object value) {
    if (value instanceof Long whole) {
      return Calculator.integers('-', 0, whole);
    }
    return value == null ? null : Double.valueOf(-(Double) value);
  }

  private static Value arithmetic(Expression.Arithmetic sum) {
    Value left = value(sum.left());
    Value right = value(sum.right());
    boolean integers = sum.type() == ValueType.INTEGER;
    char operator = sum.operator();
    return row -> {
      Object a = left.of(row);
      Object b = right.of(row);
      if (a == null || b == null) {
        return null;
      }
      if (integers) {
        return Calculator.integers(operator, (Long) a, (Long) b);
      }
      return Calculator.reals(operator, ((Number) a).doubleValue(), ((Number) b).doubleValue());
    };
  }

  private static Value call(Expression.Call call) {
    Value first = value(call.arguments().get(0));
    Function function = call.function();
    if (function == Function.NVL) {
      Value second = value(call.arguments().get(1));
      boolean real = call.type() == ValueType.REAL;
      return row -> {
        Object value = first.of(row);
        Object chosen = value == null ? second.of(row) : value;
        return real && chosen instanceof Long l ? Double.valueOf(l.doubleValue()) : chosen;
      };
    }
    boolean integer =
        call.type() == ValueType.INTEGER && call.arguments().get(0).type() == ValueType.INTEGER;
    return row -> {
      Object x = first.of(row);
      if (x == null) {
        return null;
      }
      return integer
          ? Calculator.integer(function, (Long) x)
          : Calculator.real(function, ((Number) x).doubleValue());
    };
  }
}
