package org.starbeam.transforms.selection;

/** Type of a value of the selection language; every value may also be NULL. */
public enum ValueType {
  /** 64-bit integer; sums that do not fit are NULL. */
  INTEGER("a whole number"),
  /** Double; NaN is NULL. */
  REAL("a number"),
  /** Text, compared by code points. */
  TEXT("text"),
  /** TAI MJD as a double. */
  TIME("a time");

  private final String words;

  ValueType(String words) {
    this.words = words;
  }

  /** The type in a message to the user, with its article. */
  String words() {
    return words;
  }

  boolean isNumber() {
    return this == INTEGER || this == REAL;
  }
}
