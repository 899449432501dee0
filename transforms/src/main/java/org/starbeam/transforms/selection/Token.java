package org.starbeam.transforms.selection;

import org.starbeam.transforms.selection.Problem.Span;

/**
 * A word of an expression.
 *
 * @param text as written; for strings and times what stands between the quotes
 */
record Token(Kind kind, String text, Span span) {
  /** What a token is. */
  enum Kind {
    NUMBER,
    /** A bare calendar date, which is a mistake. */
    DATE,
    STRING,
    TIME,
    WORD,
    PARAMETER,
    SYMBOL,
    END
  }

  boolean isSymbol(String symbol) {
    return kind == Kind.SYMBOL && text.equals(symbol);
  }

  boolean isWord(String keyword) {
    return kind == Kind.WORD && text.equalsIgnoreCase(keyword);
  }
}
