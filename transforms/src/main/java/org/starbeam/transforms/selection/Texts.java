package org.starbeam.transforms.selection;

import java.util.List;

/** Words of the language, and text in messages. */
final class Texts {
  static final List<String> KEYWORDS =
      List.of(
          "AND", "OR", "NOT", "IN", "BETWEEN", "LIKE", "IS", "NULL", "OVERLAPS", "TRUE", "FALSE");

  private static final int SHOWN = 40;

  private Texts() {}

  /** At most so much of a word that it fits into a message. */
  static String shortened(String word) {
    return word.codePointCount(0, word.length()) <= SHOWN
        ? word
        : word.substring(0, word.offsetByCodePoints(0, SHOWN)) + "...";
  }

  /** A text literal as it is written. */
  static String quoted(String text) {
    return "'" + text.replace("'", "''") + "'";
  }
}
