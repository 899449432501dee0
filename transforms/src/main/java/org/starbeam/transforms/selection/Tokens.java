package org.starbeam.transforms.selection;

import java.util.List;
import java.util.Map;
import org.starbeam.transforms.selection.Expression.Comparison.Operator;
import org.starbeam.transforms.selection.Problem.Span;

/** The tokens of an expression, taken one by one. */
final class Tokens {
  static final Map<String, Operator> COMPARISONS =
      Map.of(
          "=", Operator.EQUAL,
          "!=", Operator.UNEQUAL,
          "<>", Operator.UNEQUAL,
          "<", Operator.LESS,
          "<=", Operator.AT_MOST,
          ">", Operator.GREATER,
          ">=", Operator.AT_LEAST);

  private final String text;
  private final List<Token> tokens;
  private int position;

  Tokens(String text) {
    this.text = text;
    tokens = Tokenizer.tokens(text);
  }

  Token next() {
    return tokens.get(position);
  }

  Token afterNext() {
    return tokens.get(Math.min(position + 1, tokens.size() - 1));
  }

  Token take() {
    Token token = next();
    if (token.kind() != Token.Kind.END) {
      position++;
    }
    return token;
  }

  boolean takeSymbol(String symbol) {
    boolean found = next().isSymbol(symbol);
    if (found) {
      position++;
    }
    return found;
  }

  boolean takeWord(String keyword) {
    boolean found = next().isWord(keyword);
    if (found) {
      position++;
    }
    return found;
  }

  Token expect(String symbol) {
    Token token = next();
    if (!takeSymbol(symbol)) {
      throw unexpected(token, "'" + symbol + "'", List.of(symbol));
    }
    return token;
  }

  void expectWord(String keyword) {
    Token token = next();
    if (!takeWord(keyword)) {
      throw unexpected(token, keyword, List.of(keyword));
    }
  }

  void expectEnd() {
    if (next().kind() != Token.Kind.END) {
      throw unexpected(next(), "AND, OR or the end", List.of());
    }
  }

  SelectionException unexpected(Token found, String expected, List<String> suggestions) {
    String what =
        found.kind() == Token.Kind.END
            ? "the end"
            : "'" + Texts.shortened(slice(found.span())) + "'";
    return fault(
        Problem.at(
            found.span(), Problem.SYNTAX, "expected " + expected + ", found " + what, suggestions));
  }

  SelectionException fault(Problem problem) {
    return new SelectionException(text, List.of(problem));
  }

  private String slice(Span span) {
    return text.substring(span.start(), span.end());
  }
}
