package org.starbeam.transforms.selection;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.starbeam.transforms.selection.Expression.Condition;
import org.starbeam.transforms.selection.Expression.Literal;

/** The canonical text of an expression; reading it gives the same expression again. */
final class ExpressionText {
  private ExpressionText() {}

  static String of(Condition condition) {
    return condition(condition);
  }

  private static String condition(Condition condition) {
    return switch (kind(condition)) {
      case LOGIC -> logic(condition);
      case TEST -> test(condition);
    };
  }

  private enum Kind {
    LOGIC,
    TEST
  }

  private static Kind kind(Condition c) {
    boolean logic =
        c instanceof Expression.Constant
            || c instanceof Expression.And
            || c instanceof Expression.Or
            || c instanceof Expression.Not;
    return logic ? Kind.LOGIC : Kind.TEST;
  }

  private static String logic(Condition condition) {
    if (condition instanceof Expression.Constant constant) {
      return constant.value() ? "TRUE" : "FALSE";
    }
    if (condition instanceof Expression.And and) {
      return joined(and.parts(), " AND ");
    }
    if (condition instanceof Expression.Or or) {
      return joined(or.parts(), " OR ");
    }
    return "NOT " + part(((Expression.Not) condition).part());
  }

  private static String joined(List<Condition> parts, String by) {
    return parts.stream().map(ExpressionText::part).collect(Collectors.joining(by));
  }

  /** In parentheses when it is made of several. */
  private static String part(Condition condition) {
    boolean several = condition instanceof Expression.And || condition instanceof Expression.Or;
    return several ? "(" + condition(condition) + ")" : condition(condition);
  }

  private static String test(Condition condition) {
    if (condition instanceof Expression.Comparison c) {
      return operand(c.left()) + " " + c.operator().symbol() + " " + operand(c.right());
    }
    if (condition instanceof Expression.In in) {
      return operand(in.operand()) + not(in.negated()) + " IN (" + items(in) + ")";
    }
    if (condition instanceof Expression.Between b) {
      return operand(b.operand())
          + not(b.negated())
          + " BETWEEN "
          + operand(b.low())
          + " AND "
          + operand(b.high());
    }
    if (condition instanceof Expression.Like like) {
      return operand(like.operand()) + not(like.negated()) + " LIKE " + Texts.quoted(like.glob());
    }
    if (condition instanceof Expression.IsNull isNull) {
      return operand(isNull.operand()) + " IS" + not(isNull.negated()) + " NULL";
    }
    return condition instanceof Expression.Overlaps o
        ? o.place() + " OVERLAPS " + o.regionText()
        : "POINT OVERLAPS REGION";
  }

  private static String not(boolean negated) {
    return negated ? " NOT" : "";
  }

  private static String items(Expression.In in) {
    List<String> items = new ArrayList<>();
    in.values().forEach(v -> items.add(literal(v)));
    for (Expression.Range r : in.ranges()) {
      items.add(r.first() + ".." + r.last() + (r.stride() == 1 ? "" : ":" + r.stride()));
    }
    return String.join(", ", items);
  }

  private static String operand(Expression.Operand operand) {
    if (operand instanceof Expression.FieldValue value) {
      return value.field().name();
    }
    if (operand instanceof Literal literal) {
      return literal(literal);
    }
    if (operand instanceof Expression.Negation negation) {
      return "-(" + operand(negation.operand()) + ")";
    }
    if (operand instanceof Expression.Call call) {
      return call.function().text()
          + call.arguments().stream()
              .map(ExpressionText::operand)
              .collect(Collectors.joining(", ", "(", ")"));
    }
    Expression.Arithmetic sum = (Expression.Arithmetic) operand;
    return "(" + operand(sum.left()) + " " + sum.operator() + " " + operand(sum.right()) + ")";
  }

  private static String literal(Literal literal) {
    return switch (literal.type()) {
      case TEXT -> Texts.quoted((String) literal.value());
      case TIME -> "T" + Texts.quoted(TimeLiteral.text((Double) literal.value()));
      default -> literal.value().toString();
    };
  }

  /** A region as it is written. */
  static String region(String shape, List<Double> numbers) {
    return numbers.stream()
        .map(
            n ->
                n == Math.rint(n) && Math.abs(n) < 1e9
                    ? String.valueOf(n.longValue())
                    : n.toString())
        .collect(Collectors.joining(", ", shape + "(", ")"));
  }
}
