package org.starbeam.transforms.selection;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The functions of the language; there are no others. */
public enum Function {
  ABS(1, "abs(x)", "absolute value"),
  FLOOR(1, "floor(x)", "largest whole number that is not larger"),
  CEIL(1, "ceil(x)", "smallest whole number that is not smaller"),
  ROUND(1, "round(x)", "nearest whole number, halves away from zero"),
  SQRT(1, "sqrt(x)", "square root; NULL for a negative number"),
  SIN(1, "sin(x)", "sine of degrees, rounded to 12 decimals"),
  COS(1, "cos(x)", "cosine of degrees, rounded to 12 decimals"),
  HOUR(1, "hour(time)", "hour of the TAI day, 0 to 23"),
  DAY(1, "day(time)", "TAI calendar date as a number, such as 20250520"),
  NVL(2, "nvl(x, y)", "x, or y where x is NULL");

  private final int arguments;
  private final String signature;
  private final String meaning;

  Function(int arguments, String signature, String meaning) {
    this.arguments = arguments;
    this.signature = signature;
    this.meaning = meaning;
  }

  int arguments() {
    return arguments;
  }

  public String signature() {
    return signature;
  }

  public String meaning() {
    return meaning;
  }

  /** The name by which expressions call it. */
  String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Optional<Function> named(String name) {
    return Arrays.stream(values()).filter(f -> f.text().equals(name)).findFirst();
  }

  static List<String> names() {
    return Arrays.stream(values()).map(Function::text).toList();
  }
}
