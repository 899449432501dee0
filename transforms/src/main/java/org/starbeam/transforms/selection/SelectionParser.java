package org.starbeam.transforms.selection;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.starbeam.transforms.selection.Expression.Condition;
import org.starbeam.transforms.selection.Problem.Span;

/**
 * Recursive descent over the grammar of specs/05 section 1.6, with parentheses also around sums.
 *
 * <pre>
 * or   := and {OR and}           and  := not {AND not}        not := [NOT] predicate
 * predicate := region OVERLAPS region | TRUE | FALSE
 *            | sum [ cmp sum | [NOT] IN '(' item {',' item} ')' | [NOT] BETWEEN sum AND sum
 *                  | [NOT] LIKE string | IS [NOT] NULL ]
 * sum  := term {(+|-) term}      term := factor {(*|/|%) factor}
 * factor := [+|-] (literal | field | function '(' sums ')' | '(' or ')' | ${parameter})
 * </pre>
 *
 * <p>A fault of form ends the reading; faults of meaning (names, types, limits) are collected.
 */
final class SelectionParser {
  static final int MAX_BYTES = 64 << 10;
  static final int MAX_DEPTH = 64;

  private final Tokens tokens;
  private final Typing typing;
  private final Operands operands;
  private int depth;

  private SelectionParser(String text, FieldSet fields, Map<String, ?> parameters) {
    tokens = new Tokens(text);
    typing = new Typing(fields);
    operands =
        new Operands(tokens, typing, new Parameters(parameters, typing), this::parenthesised);
  }

  /**
   * The condition that a text says.
   *
   * @param parameters values of the {@code ${name}} in it
   * @throws SelectionException with all problems found
   */
  static Condition parse(String text, FieldSet fields, Map<String, ?> parameters) {
    if (text.isBlank()) {
      throw new SelectionException(
          text,
          List.of(
              new Problem(
                  Problem.EMPTY,
                  0,
                  1,
                  "the expression is empty; TRUE selects all",
                  List.of("TRUE"))));
    }
    if (text.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
      throw new SelectionException(
          text,
          List.of(
              new Problem(Problem.LIMIT, 0, 1, "the expression is longer than 64 KiB", List.of())));
    }
    SelectionParser parser = new SelectionParser(text, fields, parameters);
    Condition condition = parser.whole();
    if (condition == null || !parser.typing.problems().isEmpty()) {
      throw new SelectionException(text, parser.typing.problems());
    }
    return condition;
  }

  private Condition whole() {
    Parsed all = or();
    tokens.expectEnd();
    Condition condition = typing.condition(all);
    return condition == null ? new Expression.Constant(false) : condition;
  }

  private Parsed or() {
    Parsed first = and();
    if (!tokens.next().isWord("OR")) {
      return first;
    }
    List<Parsed> parts = new ArrayList<>(List.of(first));
    while (tokens.takeWord("OR")) {
      parts.add(and());
    }
    List<Condition> conditions = typing.conditions(parts);
    return Parsed.of(new Expression.Or(conditions), span(parts));
  }

  private Parsed and() {
    Parsed first = not();
    if (!tokens.next().isWord("AND")) {
      return first;
    }
    List<Parsed> parts = new ArrayList<>(List.of(first));
    while (tokens.takeWord("AND")) {
      parts.add(not());
    }
    List<Condition> conditions = typing.conditions(parts);
    return Parsed.of(new Expression.And(conditions), span(parts));
  }

  private static Span span(List<Parsed> parts) {
    return parts.get(0).span().to(parts.get(parts.size() - 1).span());
  }

  private Parsed not() {
    Token first = tokens.next();
    if (!first.isWord("NOT")) {
      return predicate();
    }
    enter(first);
    tokens.take();
    Parsed part = not();
    depth--;
    Condition condition = typing.condition(part);
    Span span = first.span().to(part.span());
    return condition == null ? Parsed.broken(span) : Parsed.of(new Expression.Not(condition), span);
  }

  /** What stands between parentheses, a condition or a sum. */
  private Parsed parenthesised() {
    Token open = tokens.next();
    enter(open);
    tokens.take();
    Parsed inner = or();
    Token close = tokens.expect(")");
    depth--;
    return new Parsed(inner.node(), open.span().to(close.span()), inner.word(), inner.depth());
  }

  private void enter(Token token) {
    if (++depth > MAX_DEPTH) {
      throw tokens.fault(
          Problem.at(token.span(), Problem.LIMIT, "nested deeper than " + MAX_DEPTH));
    }
  }

  private Parsed predicate() {
    Token first = tokens.next();
    if (first.isWord("TRUE") || first.isWord("FALSE")) {
      tokens.take();
      return Parsed.of(new Expression.Constant(first.isWord("TRUE")), first.span());
    }
    if (Regions.begins(first, tokens.afterNext())) {
      return new Regions(tokens, typing).overlap();
    }
    Parsed left = operands.sum();
    Token next = tokens.next();
    if (Tokens.COMPARISONS.containsKey(next.text()) && next.kind() == Token.Kind.SYMBOL) {
      tokens.take();
      return typing.comparison(Tokens.COMPARISONS.get(next.text()), left, operands.sum());
    }
    if (next.isWord("IS")) {
      return isNull(left);
    }
    boolean negated = next.isWord("NOT");
    Token word = negated ? tokens.afterNext() : next;
    if (word.isWord("IN") || word.isWord("BETWEEN") || word.isWord("LIKE")) {
      if (negated) {
        tokens.take();
      }
      return test(left, tokens.take(), negated);
    }
    if (negated) {
      throw tokens.unexpected(word, "IN, BETWEEN or LIKE after NOT", List.of());
    }
    return left;
  }

  private Parsed test(Parsed left, Token word, boolean negated) {
    if (word.isWord("IN")) {
      return new Items(tokens, typing, operands).of(left, negated);
    }
    if (word.isWord("BETWEEN")) {
      Parsed low = operands.sum();
      tokens.expectWord("AND");
      return typing.between(left, low, operands.sum(), negated);
    }
    Token glob = tokens.next();
    if (glob.kind() != Token.Kind.STRING) {
      throw tokens.unexpected(glob, "a pattern in quotes such as 'DDF_*'", List.of());
    }
    tokens.take();
    return typing.like(left, glob, negated);
  }

  private Parsed isNull(Parsed left) {
    tokens.take();
    boolean negated = tokens.takeWord("NOT");
    Token end = tokens.next();
    tokens.expectWord("NULL");
    return typing.isNull(left, negated, end.span());
  }
}
