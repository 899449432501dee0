package org.starbeam.transforms.selection;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.Suggestion;
import org.starbeam.transforms.selection.Problem.Span;

/** Reads sums, terms and factors. */
final class Operands {
  private final Tokens tokens;
  private final Typing typing;
  private final Parameters parameters;
  private final Supplier<Parsed> parenthesised;

  Operands(Tokens tokens, Typing typing, Parameters parameters, Supplier<Parsed> parenthesised) {
    this.tokens = tokens;
    this.typing = typing;
    this.parameters = parameters;
    this.parenthesised = parenthesised;
  }

  Parsed sum() {
    Parsed left = term();
    while (tokens.next().isSymbol("+") || tokens.next().isSymbol("-")) {
      Token operator = tokens.take();
      left = typing.arithmetic(operator, left, term());
    }
    return left;
  }

  private Parsed term() {
    Parsed left = factor();
    while (tokens.next().isSymbol("*")
        || tokens.next().isSymbol("/")
        || tokens.next().isSymbol("%")) {
      Token operator = tokens.take();
      left = typing.arithmetic(operator, left, factor());
    }
    return left;
  }

  private Parsed factor() {
    Token sign = tokens.next();
    if (!sign.isSymbol("+") && !sign.isSymbol("-")) {
      return primary();
    }
    tokens.take();
    Token number = tokens.next();
    if (number.kind() == Token.Kind.NUMBER) {
      tokens.take();
      return typing.number(sign.text(), number, sign.span().to(number.span()));
    }
    return typing.signed(sign, primary());
  }

  /** A single value: number, text, time, name, function or what stands in parentheses. */
  private Parsed primary() {
    Token token = tokens.next();
    if (token.isSymbol("(")) {
      return parenthesised.get();
    }
    if (token.kind() == Token.Kind.WORD && !isKeyword(token)) {
      tokens.take();
      return tokens.next().isSymbol("(") ? call(token) : typing.name(token);
    }
    return value(token);
  }

  /** A literal or a parameter. */
  private Parsed value(Token token) {
    @Nullable Parsed literal = literal(token);
    if (literal != null) {
      return literal;
    }
    if (token.kind() == Token.Kind.PARAMETER) {
      tokens.take();
      return parameters.operand(token);
    }
    throw tokens.unexpected(token, "a field, a number or a text in quotes", List.of());
  }

  /** A literal without sign, or null when the token is something else. */
  private @Nullable Parsed literal(Token token) {
    switch (token.kind()) {
      case NUMBER -> {
        tokens.take();
        return typing.number("", token, token.span());
      }
      case STRING -> {
        tokens.take();
        return Parsed.of(new Expression.Literal(ValueType.TEXT, token.text()), token.span());
      }
      case DATE -> {
        tokens.take();
        return typing.bareDate(token);
      }
      case TIME -> {
        tokens.take();
        boolean utc = tokens.takeWord("utc");
        if (!utc) {
          tokens.takeWord("tai");
        }
        return typing.time(token, utc);
      }
      default -> {
        return null;
      }
    }
  }

  /** An item of a list: a literal with its sign, a word, or a parameter. */
  Parsed item() {
    Token token = tokens.next();
    if (token.kind() == Token.Kind.WORD && !isKeyword(token)) {
      tokens.take();
      return Parsed.word(token.text(), token.span());
    }
    if (token.isSymbol("+") || token.isSymbol("-")) {
      tokens.take();
      Token number = tokens.next();
      if (number.kind() != Token.Kind.NUMBER) {
        throw tokens.unexpected(number, "a number", List.of());
      }
      tokens.take();
      return typing.number(token.text(), number, token.span().to(number.span()));
    }
    return value(token);
  }

  /** True for a parameter that stands for a whole list. */
  boolean takesList(Token token) {
    return token.kind() == Token.Kind.PARAMETER && parameters.isList(token);
  }

  List<Parsed> list(Token token) {
    return parameters.list(token);
  }

  private Parsed call(Token name) {
    List<Parsed> arguments = new ArrayList<>();
    Token open = tokens.next();
    Parsed first = insideCall(open);
    if (first != null) {
      arguments.add(first);
    }
    while (tokens.takeSymbol(",")) {
      arguments.add(sum());
    }
    Token close = tokens.expect(")");
    typing.leave();
    Span span = name.span().to(close.span());
    Optional<Function> function = Function.named(name.text());
    if (function.isEmpty()) {
      typing.report(
          Problem.at(
              name.span(),
              Problem.UNKNOWN_FUNCTION,
              "no function '" + Texts.shortened(name.text()) + "'",
              Suggestion.nearest(name.text(), Function.names())));
      return Parsed.broken(span);
    }
    return typing.call(function.get(), name, arguments, span);
  }

  private @Nullable Parsed insideCall(Token open) {
    if (!typing.enter()) {
      throw tokens.fault(
          Problem.at(
              open.span(),
              Problem.LIMIT,
              "functions nested deeper than " + SelectionParser.MAX_DEPTH));
    }
    tokens.take();
    return tokens.next().isSymbol(")") ? null : sum();
  }

  private static boolean isKeyword(Token token) {
    return Texts.KEYWORDS.stream().anyMatch(token::isWord);
  }
}
