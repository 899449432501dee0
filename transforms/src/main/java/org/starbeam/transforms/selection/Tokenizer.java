package org.starbeam.transforms.selection;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.starbeam.transforms.selection.Problem.Span;

/** Cuts an expression into tokens; one pass, every character is looked at a few times at most. */
final class Tokenizer {
  private static final Pattern NUMBER =
      Pattern.compile("(?:[0-9]++(?:\\.(?!\\.)[0-9]*+)?+|\\.[0-9]++)(?:[eE][+-]?+[0-9]++)?+");
  private static final Pattern DATE =
      Pattern.compile("[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?![0-9A-Za-z_.])");
  private static final Pattern WORD = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*+");
  private static final Pattern PARAMETER = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_.]*+)\\}");
  private static final List<String> SYMBOLS =
      List.of(
          "==", "&&", "||", "!=", "<>", "<=", ">=", "..", "=", "<", ">", "(", ")", ",", ":", "+",
          "-", "*", "/", "%");

  /** Symbols of other languages and what they are here. */
  private static final Map<String, String> FOREIGN =
      Map.of("==", "=", "&&", "AND", "||", "OR", "!", "NOT", "\"", "'");

  private final String text;
  private final Matcher number;
  private final Matcher date;
  private final Matcher word;
  private final Matcher parameter;
  private final List<Token> tokens = new ArrayList<>();
  private int position;

  private Tokenizer(String text) {
    this.text = text;
    number = NUMBER.matcher(text);
    date = DATE.matcher(text).useTransparentBounds(true);
    word = WORD.matcher(text);
    parameter = PARAMETER.matcher(text);
  }

  /** The tokens, the last of them {@code END}. */
  static List<Token> tokens(String text) {
    Tokenizer tokenizer = new Tokenizer(text);
    tokenizer.run();
    return tokenizer.tokens;
  }

  private void run() {
    while (position < text.length()) {
      char c = text.charAt(position);
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        position++;
      } else if ((c == 'T' || c == 't') && at(position + 1) == '\'') {
        quoted(Token.Kind.TIME, position + 1);
      } else if (c == '\'') {
        quoted(Token.Kind.STRING, position);
      } else if (!match(date, Token.Kind.DATE)
          && !match(number, Token.Kind.NUMBER)
          && !match(word, Token.Kind.WORD)
          && !bound()) {
        symbol();
      }
    }
    tokens.add(new Token(Token.Kind.END, "", new Span(text.length(), text.length())));
  }

  private char at(int index) {
    return index < text.length() ? text.charAt(index) : '\0';
  }

  private boolean match(Matcher matcher, Token.Kind kind) {
    matcher.region(position, text.length());
    if (!matcher.lookingAt()) {
      return false;
    }
    add(kind, matcher.group(), matcher.end());
    return true;
  }

  private boolean bound() {
    parameter.region(position, text.length());
    if (!parameter.lookingAt()) {
      return false;
    }
    add(Token.Kind.PARAMETER, parameter.group(1), parameter.end());
    return true;
  }

  private void add(Token.Kind kind, String content, int end) {
    tokens.add(new Token(kind, content, new Span(position, end)));
    position = end;
  }

  private void quoted(Token.Kind kind, int quote) {
    StringBuilder content = new StringBuilder();
    for (int i = quote + 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\'' && at(i + 1) == '\'') {
        content.append('\'');
        i++;
      } else if (c == '\'') {
        add(kind, content.toString(), i + 1);
        return;
      } else if (isForbidden(i)) {
        throw fault(new Span(i, i + 1), "a character that text cannot hold", List.of());
      } else {
        content.append(c);
      }
    }
    throw fault(
        new Span(position, text.length()), "the text that begins here has no end", List.of("'"));
  }

  /** Control characters and halves of characters. */
  private boolean isForbidden(int index) {
    char c = text.charAt(index);
    if (Character.isHighSurrogate(c)) {
      return !Character.isLowSurrogate(at(index + 1));
    }
    if (Character.isLowSurrogate(c)) {
      return !Character.isHighSurrogate(text.charAt(index - 1));
    }
    return c < ' ' && c != '\t';
  }

  private void symbol() {
    for (String symbol : SYMBOLS) {
      if (text.startsWith(symbol, position)) {
        String meant = FOREIGN.get(symbol);
        if (meant != null) {
          throw fault(
              new Span(position, position + symbol.length()),
              "'" + symbol + "' is not of this language",
              List.of(meant));
        }
        add(Token.Kind.SYMBOL, symbol, position + symbol.length());
        return;
      }
    }
    int c = text.codePointAt(position);
    String shown =
        Character.isISOControl(c)
                || !Character.isDefined(c)
                || Character.getType(c) == Character.SURROGATE
            ? "U+%04X".formatted(c)
            : Character.toString(c);
    String meant = FOREIGN.get(shown);
    throw fault(
        new Span(position, position + Character.charCount(c)),
        "unexpected character " + (shown.startsWith("U+") ? shown : "'" + shown + "'"),
        meant == null ? List.of() : List.of(meant));
  }

  private SelectionException fault(Span span, String message, List<String> suggestions) {
    return new SelectionException(
        text, List.of(Problem.at(span, Problem.SYNTAX, message, suggestions)));
  }
}
