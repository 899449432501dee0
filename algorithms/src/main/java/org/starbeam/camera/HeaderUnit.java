package org.starbeam.camera;

import java.util.Locale;
import java.util.OptionalDouble;

/** Units in which headers give numbers, and how they become those of ObservationInfo. */
enum HeaderUnit {
  /** As it is. */
  NONE,
  /** Sexagesimal or decimal hours to degrees. */
  HOURS,
  /** Sexagesimal or decimal degrees. */
  DEGREES,
  /** A right ascension: sexagesimal means hours, decimal degrees. */
  RA,
  KELVIN,
  /** Pascal when above 10000, else hPa. */
  PASCAL,
  MMHG,
  /** Radians to degrees. */
  RADIANS;

  private static final double HPA_PER_MMHG = 1.33322387415;

  static HeaderUnit named(SafeYaml yaml, String name) {
    for (HeaderUnit unit : values()) {
      if (unit.name().equals(name.toUpperCase(Locale.ROOT))) {
        return unit;
      }
    }
    throw yaml.bad("unit", "unknown unit " + name);
  }

  OptionalDouble parse(String text) {
    boolean sexagesimal = text.indexOf(':', 1) > 0 || text.strip().indexOf(' ') > 0;
    double value = sexagesimal ? sexagesimal(text) : plain(text);
    double converted =
        switch (this) {
          case NONE -> sexagesimal ? Double.NaN : value;
          case DEGREES -> value;
          case HOURS -> value * 15;
          case RA -> sexagesimal ? value * 15 : value;
          case KELVIN -> value - 273.15;
          case PASCAL -> value > 10_000 ? value / 100 : value;
          case MMHG -> value * HPA_PER_MMHG;
          case RADIANS -> Math.toDegrees(value);
        };
    return Double.isFinite(converted) ? OptionalDouble.of(converted) : OptionalDouble.empty();
  }

  private static double plain(String text) {
    try {
      return Double.parseDouble(text.strip());
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  private static double sexagesimal(String text) {
    String[] parts = text.strip().split("[: ]+");
    if (parts.length < 2 || parts.length > 3) {
      return Double.NaN;
    }
    double value = 0;
    double share = 1;
    for (String part : parts) {
      double number = Math.abs(plain(part));
      value += number * share;
      share /= 60;
    }
    return text.strip().startsWith("-") ? -value : value;
  }
}
