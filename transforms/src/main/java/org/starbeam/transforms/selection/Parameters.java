package org.starbeam.transforms.selection;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.Suggestion;
import org.starbeam.transforms.selection.Problem.Span;

/**
 * The typed values of the parameters {@code ${name}} of an expression. A value becomes a literal
 * (or, when it is itself a selection, a condition in parentheses); its text is never read as part
 * of the expression.
 */
final class Parameters {
  private final Map<String, ?> values;
  private final Typing typing;

  Parameters(Map<String, ?> values, Typing typing) {
    this.values = values;
    this.typing = typing;
  }

  boolean isList(Token token) {
    return values.get(token.text()) instanceof Collection<?>;
  }

  /** The value where one value is wanted. */
  Parsed operand(Token token) {
    Object value = values.get(token.text());
    if (value == null) {
      typing.report(
          Problem.at(
              token.span(),
              Problem.UNKNOWN_FIELD,
              "no parameter '" + Texts.shortened(token.text()) + "'",
              Suggestion.nearest(token.text(), values.keySet())));
      return Parsed.broken(token.span());
    }
    return of(value, token.span());
  }

  /** The values of a list. */
  List<Parsed> list(Token token) {
    List<Parsed> out = new ArrayList<>();
    if (values.get(token.text()) instanceof Collection<?> list) {
      for (Object value : list) {
        out.add(of(value, token.span()));
      }
    }
    return out;
  }

  private Parsed of(@Nullable Object value, Span span) {
    if (value instanceof Boolean flag) {
      return Parsed.of(new Expression.Constant(flag), span);
    }
    if (value instanceof Selection selection) {
      return Parsed.of(selection.condition(), span);
    }
    if (value instanceof Integer || value instanceof Long || value instanceof Short) {
      return Parsed.of(
          new Expression.Literal(ValueType.INTEGER, ((Number) value).longValue()), span);
    }
    if (value instanceof Number number && Double.isFinite(number.doubleValue())) {
      return Parsed.of(new Expression.Literal(ValueType.REAL, number.doubleValue()), span);
    }
    if (value instanceof String text) {
      return Parsed.of(new Expression.Literal(ValueType.TEXT, text), span);
    }
    typing.report(
        Problem.at(span, Problem.TYPE, "a parameter of this type has no place in an expression"));
    return Parsed.broken(span);
  }
}
