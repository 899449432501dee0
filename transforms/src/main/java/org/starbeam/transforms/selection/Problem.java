package org.starbeam.transforms.selection;

import java.util.List;

/**
 * One thing that is wrong with an expression.
 *
 * @param code stable code of specs/05 section 1.7
 * @param offset index of the first character at fault, 0-based
 * @param length number of characters at fault, at least 1
 * @param suggestions what was probably meant, best first
 */
public record Problem(
    String code, int offset, int length, String message, List<String> suggestions) {
  public static final String SYNTAX = "EXPR_SYNTAX";
  public static final String UNKNOWN_FIELD = "EXPR_UNKNOWN_FIELD";
  public static final String UNKNOWN_VALUE = "EXPR_UNKNOWN_VALUE";
  public static final String UNKNOWN_FUNCTION = "EXPR_UNKNOWN_FUNCTION";
  public static final String TYPE = "EXPR_TYPE";
  public static final String DATE = "EXPR_DATE";
  public static final String LIMIT = "EXPR_LIMIT";
  public static final String EMPTY = "EXPR_EMPTY";

  public Problem {
    suggestions = List.copyOf(suggestions);
  }

  static Problem at(Span span, String code, String message, List<String> suggestions) {
    return new Problem(
        code, span.start(), Math.max(1, span.end() - span.start()), message, suggestions);
  }

  static Problem at(Span span, String code, String message) {
    return at(span, code, message, List.of());
  }

  /** Line of the text on which it begins, from 1. */
  public int line(String text) {
    return 1 + (int) before(text).chars().filter(c -> c == '\n').count();
  }

  /** Column of the line at which it begins, from 1; characters count once, however encoded. */
  public int column(String text) {
    String before = before(text);
    String line = before.substring(before.lastIndexOf('\n') + 1);
    return 1 + line.codePointCount(0, line.length());
  }

  private String before(String text) {
    return text.substring(0, Math.min(offset, text.length()));
  }

  /** Part of a text, from {@code start} up to and without {@code end}. */
  record Span(int start, int end) {
    Span to(Span other) {
      return new Span(start, other.end);
    }
  }
}
