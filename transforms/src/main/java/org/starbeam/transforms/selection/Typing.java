package org.starbeam.transforms.selection;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.Suggestion;
import org.starbeam.transforms.selection.Expression.Comparison;
import org.starbeam.transforms.selection.Expression.Condition;
import org.starbeam.transforms.selection.Expression.FieldValue;
import org.starbeam.transforms.selection.Expression.Literal;
import org.starbeam.transforms.selection.Expression.Operand;
import org.starbeam.transforms.selection.Problem.Span;

/**
 * Builds the nodes of an expression from its pieces, checks their types and names, and collects
 * what is wrong. Something that was at fault is not complained about a second time.
 */
final class Typing {
  private static final int MAX_PROBLEMS = 50;

  private final FieldSet fields;
  private final List<Problem> problems = new ArrayList<>();
  private int calls;

  Typing(FieldSet fields) {
    this.fields = fields;
  }

  List<Problem> problems() {
    return problems;
  }

  void report(Problem problem) {
    if (problems.size() < MAX_PROBLEMS) {
      problems.add(problem);
    }
  }

  /** Goes into the arguments of a function; false when that is too deep. */
  boolean enter() {
    return ++calls <= SelectionParser.MAX_DEPTH;
  }

  void leave() {
    calls--;
  }

  Parsed name(Token token) {
    Field field = fields.find(token.text());
    return field == null
        ? Parsed.word(token.text(), token.span())
        : Parsed.of(new FieldValue(field), token.span());
  }

  Parsed number(String sign, Token token, Span span) {
    boolean integer = token.text().chars().allMatch(Character::isDigit);
    try {
      if (integer) {
        long value = Long.parseLong((sign.equals("-") ? "-" : "") + token.text());
        return Parsed.of(new Literal(ValueType.INTEGER, value), span);
      }
      double value = Double.parseDouble(token.text());
      if (Double.isFinite(value)) {
        return Parsed.of(new Literal(ValueType.REAL, sign.equals("-") ? -value : value), span);
      }
    } catch (NumberFormatException e) {
      // Said below, as for a real number out of range.
    }
    report(
        Problem.at(
            span,
            Problem.LIMIT,
            "the number " + Texts.shortened(token.text()) + " is out of range"));
    return Parsed.broken(span);
  }

  Parsed bareDate(Token token) {
    String day = token.text().replace("-", "");
    report(
        Problem.at(
            token.span(),
            Problem.DATE,
            "a day is written " + day + ", a time T'" + token.text() + "'",
            List.of(day)));
    return Parsed.broken(token.span());
  }

  Parsed time(Token token, boolean utc) {
    try {
      double mjd = TimeLiteral.parse(token.text(), utc);
      return Parsed.of(new Literal(ValueType.TIME, mjd), token.span());
    } catch (IllegalArgumentException e) {
      report(
          Problem.at(
              token.span(),
              Problem.DATE,
              "'" + Texts.shortened(token.text()) + "' is no time; write T'2025-05-20T03:00:00'"));
      return Parsed.broken(token.span());
    }
  }

  /** The piece as an operand, or null when it is none (which is reported). */
  private @Nullable Operand operand(Parsed piece) {
    if (piece.node() instanceof Operand operand) {
      return operand;
    }
    if (piece.word() != null) {
      unknownField(piece);
    } else if (piece.node() != null) {
      report(Problem.at(piece.span(), Problem.TYPE, "expected a value, found a condition"));
    }
    return null;
  }

  private void unknownField(Parsed piece) {
    String word = String.valueOf(piece.word());
    report(
        Problem.at(
            piece.span(),
            Problem.UNKNOWN_FIELD,
            "no field '" + Texts.shortened(word) + "' for " + fields.rows(),
            Suggestion.nearest(word, fields.names())));
  }

  /** The piece as a condition, or null when it is none (which is reported). */
  @Nullable Condition condition(Parsed piece) {
    if (piece.node() instanceof Condition condition) {
      return condition;
    }
    Operand operand = operand(piece);
    if (operand != null) {
      report(
          Problem.at(
              piece.span(), Problem.TYPE, "expected a condition, found " + operand.type().words()));
    }
    return null;
  }

  List<Condition> conditions(List<Parsed> pieces) {
    List<Condition> out = new ArrayList<>();
    for (Parsed piece : pieces) {
      Condition condition = condition(piece);
      if (condition != null) {
        out.add(condition);
      }
    }
    return out;
  }

  /** A word beside an enumeration is one of its values. */
  private Parsed resolved(Parsed piece, Parsed beside) {
    String word = piece.word();
    if (word == null || !(beside.node() instanceof FieldValue value) || !value.field().isEnum()) {
      return piece;
    }
    Field field = value.field();
    if (field.vocabulary().contains(word)) {
      return Parsed.of(new Literal(ValueType.TEXT, word), piece.span());
    }
    report(
        Problem.at(
            piece.span(),
            Problem.UNKNOWN_VALUE,
            "no %s '%s'; known: %s; others are written in quotes"
                .formatted(
                    field.name(), Texts.shortened(word), String.join(", ", field.vocabulary())),
            Suggestion.nearest(word, field.vocabulary())));
    return Parsed.broken(piece.span());
  }

  Parsed comparison(Comparison.Operator operator, Parsed left, Parsed right) {
    Span span = left.span().to(right.span());
    Operand a = operand(resolved(left, right));
    Operand b = operand(resolved(right, left));
    return a != null && b != null && comparable(a, left, b, right)
        ? Parsed.of(new Comparison(operator, a, b), span)
        : Parsed.broken(span);
  }

  private boolean comparable(Operand a, Parsed left, Operand b, Parsed right) {
    if (a.type() == b.type() || (a.type().isNumber() && b.type().isNumber())) {
      return true;
    }
    boolean blameLeft = a instanceof Literal && !(b instanceof Literal);
    Operand wrong = blameLeft ? a : b;
    Operand other = blameLeft ? b : a;
    String time = other.type() == ValueType.TIME ? " such as T'2025-05-20T03:00:00'" : "";
    report(
        Problem.at(
            (blameLeft ? left : right).span(),
            Problem.TYPE,
            "expected %s%s, found %s".formatted(other.type().words(), time, wrong.type().words())));
    return false;
  }

  Parsed in(
      Parsed left, List<Parsed> values, List<Expression.Range> ranges, boolean negated, Span span) {
    Operand operand = operand(left);
    List<Literal> literals = new ArrayList<>();
    for (Parsed value : values) {
      Operand literal = operand(resolved(value, left));
      if (literal != null && !(literal instanceof Literal)) {
        report(Problem.at(value.span(), Problem.TYPE, "expected a single value"));
      } else if (operand != null && literal != null && comparable(operand, left, literal, value)) {
        literals.add((Literal) literal);
      }
    }
    return operand == null
        ? Parsed.broken(span)
        : Parsed.of(new Expression.In(operand, literals, ranges, negated), span);
  }

  /** Checks that ranges of integers are meant for a number. */
  void rangesOf(Parsed left) {
    if (left.node() instanceof Operand operand && !operand.type().isNumber()) {
      report(
          Problem.at(
              left.span(),
              Problem.TYPE,
              "a range of whole numbers does not fit " + operand.type().words()));
    }
  }

  Parsed between(Parsed left, Parsed low, Parsed high, boolean negated) {
    Span span = left.span().to(high.span());
    Operand operand = operand(left);
    Operand from = operand(resolved(low, left));
    Operand to = operand(resolved(high, left));
    if (operand == null || from == null || to == null) {
      return Parsed.broken(span);
    }
    return comparable(operand, left, from, low) & comparable(operand, left, to, high)
        ? Parsed.of(new Expression.Between(operand, from, to, negated), span)
        : Parsed.broken(span);
  }

  Parsed like(Parsed left, Token glob, boolean negated) {
    Span span = left.span().to(glob.span());
    Operand operand = operand(left);
    if (operand == null) {
      return Parsed.broken(span);
    }
    if (operand.type() != ValueType.TEXT) {
      report(
          Problem.at(
              left.span(), Problem.TYPE, "LIKE is for text, this is " + operand.type().words()));
      return Parsed.broken(span);
    }
    return Parsed.of(new Expression.Like(operand, glob.text(), negated), span);
  }

  Parsed isNull(Parsed left, boolean negated, Span end) {
    Span span = left.span().to(end);
    Operand operand = operand(left);
    return operand == null
        ? Parsed.broken(span)
        : Parsed.of(new Expression.IsNull(operand, negated), span);
  }

  Parsed signed(Token sign, Parsed piece) {
    Span span = sign.span().to(piece.span());
    Operand operand = operand(piece);
    if (operand == null || !number(operand, piece)) {
      return Parsed.broken(span);
    }
    return sign.isSymbol("+")
        ? new Parsed(operand, span, null, piece.depth())
        : deeper(new Expression.Negation(operand.type(), operand), span, piece.depth());
  }

  private boolean number(Operand operand, Parsed piece) {
    if (operand.type().isNumber()) {
      return true;
    }
    report(
        Problem.at(
            piece.span(), Problem.TYPE, "expected a number, found " + operand.type().words()));
    return false;
  }

  /** A sum or product; times have differences, and numbers of days can be added to them. */
  Parsed arithmetic(Token operator, Parsed left, Parsed right) {
    Span span = left.span().to(right.span());
    Operand a = operand(left);
    Operand b = operand(right);
    if (a == null || b == null) {
      return Parsed.broken(span);
    }
    char symbol = operator.text().charAt(0);
    ValueType type = timeArithmetic(symbol, a.type(), b.type());
    if (type == null) {
      if (!(number(a, left) & number(b, right))) {
        return Parsed.broken(span);
      }
      boolean integer = a.type() == ValueType.INTEGER && b.type() == ValueType.INTEGER;
      type = integer ? ValueType.INTEGER : ValueType.REAL;
    }
    return deeper(
        new Expression.Arithmetic(type, symbol, a, b), span, Math.max(left.depth(), right.depth()));
  }

  private static @Nullable ValueType timeArithmetic(char symbol, ValueType a, ValueType b) {
    if (a == ValueType.TIME && b == ValueType.TIME && symbol == '-') {
      return ValueType.REAL;
    }
    if (a == ValueType.TIME && b.isNumber() && (symbol == '+' || symbol == '-')) {
      return ValueType.TIME;
    }
    return a.isNumber() && b == ValueType.TIME && symbol == '+' ? ValueType.TIME : null;
  }

  private Parsed deeper(Operand node, Span span, int depth) {
    if (depth + 1 > SelectionParser.MAX_DEPTH) {
      report(
          Problem.at(
              span, Problem.LIMIT, "a sum of more than " + SelectionParser.MAX_DEPTH + " steps"));
      return Parsed.broken(span);
    }
    return new Parsed(node, span, null, depth + 1);
  }

  Parsed call(Function function, Token name, List<Parsed> arguments, Span span) {
    if (arguments.size() != function.arguments()) {
      report(
          Problem.at(
              span,
              Problem.TYPE,
              "expected " + function.signature() + ", found " + arguments.size() + " arguments"));
      return Parsed.broken(span);
    }
    List<Operand> values = new ArrayList<>();
    int depth = 0;
    for (Parsed argument : arguments) {
      Operand value = operand(argument);
      if (value == null) {
        return Parsed.broken(span);
      }
      values.add(value);
      depth = Math.max(depth, argument.depth());
    }
    ValueType type = resultType(function, values, arguments);
    return type == null
        ? Parsed.broken(span)
        : deeper(new Expression.Call(type, function, values), span, depth);
  }

  private @Nullable ValueType resultType(
      Function function, List<Operand> values, List<Parsed> arguments) {
    ValueType first = values.get(0).type();
    switch (function) {
      case NVL -> {
        ValueType second = values.get(1).type();
        if (!comparable(values.get(0), arguments.get(0), values.get(1), arguments.get(1))) {
          return null;
        }
        return first == second ? first : ValueType.REAL;
      }
      case HOUR, DAY -> {
        if (first != ValueType.TIME) {
          report(
              Problem.at(
                  arguments.get(0).span(),
                  Problem.TYPE,
                  "expected a time, found " + first.words()));
          return null;
        }
        return ValueType.INTEGER;
      }
      case ABS, FLOOR, CEIL, ROUND -> {
        return number(values.get(0), arguments.get(0)) ? first : null;
      }
      default -> {
        return number(values.get(0), arguments.get(0)) ? ValueType.REAL : null;
      }
    }
  }
}
