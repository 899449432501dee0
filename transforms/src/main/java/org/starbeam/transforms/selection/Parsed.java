package org.starbeam.transforms.selection;

import org.jspecify.annotations.Nullable;
import org.starbeam.transforms.selection.Expression.Literal;
import org.starbeam.transforms.selection.Problem.Span;

/**
 * A piece of an expression while it is read.
 *
 * @param node what it is; null for a word that may be a value of an enumeration, and for what was
 *     at fault and has been reported
 * @param word a name that is no field, or null
 * @param depth of arithmetic in it
 */
record Parsed(@Nullable Expression node, Span span, @Nullable String word, int depth) {
  static Parsed of(Expression node, Span span) {
    return new Parsed(node, span, null, 0);
  }

  static Parsed word(String word, Span span) {
    return new Parsed(null, span, word, 0);
  }

  /** Something that was at fault. */
  static Parsed broken(Span span) {
    return new Parsed(null, span, null, 0);
  }

  @Nullable Literal literal() {
    return node instanceof Literal literal ? literal : null;
  }
}
