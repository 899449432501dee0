package org.starbeam.transforms.selection;

import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/**
 * The arithmetic of the language on values that are not NULL; the result is null where it is NULL:
 * an integer that does not fit in 64 bits, a division by zero, a real that is not a number.
 */
final class Calculator {
  /** First TAI MJD, and the first after the last, that have a calendar date. */
  static final int FIRST_DAY = -678_575;

  static final int END_DAY = 2_973_484;

  /** Sines are rounded to this fraction. */
  static final double SINE_STEPS = 1e12;

  private static final long MJD_ZERO = LocalDate.of(1858, 11, 17).toEpochDay();

  private Calculator() {}

  static @Nullable Long integers(char operator, long a, long b) {
    try {
      return switch (operator) {
        case '+' -> Math.addExact(a, b);
        case '-' -> Math.subtractExact(a, b);
        case '*' -> Math.multiplyExact(a, b);
        case '/' -> b == 0 || (a == Long.MIN_VALUE && b == -1) ? null : Long.valueOf(a / b);
        default -> b == 0 || (a == Long.MIN_VALUE && b == -1) ? null : Long.valueOf(a % b);
      };
    } catch (ArithmeticException e) {
      return null;
    }
  }

  static @Nullable Double reals(char operator, double a, double b) {
    return switch (operator) {
      case '+' -> known(a + b);
      case '-' -> known(a - b);
      case '*' -> known(a * b);
      case '/' -> b == 0 ? null : known(a / b);
      default -> b == 0 ? null : known(a % b);
    };
  }

  /** The number, or null for NaN. */
  static @Nullable Double known(double value) {
    return Double.isNaN(value) ? null : Double.valueOf(value);
  }

  static @Nullable Long integer(Function function, long x) {
    return function == Function.ABS
        ? (x == Long.MIN_VALUE ? null : Long.valueOf(Math.abs(x)))
        : Long.valueOf(x);
  }

  static @Nullable Object real(Function function, double x) {
    return switch (function) {
      case ABS -> Math.abs(x);
      case FLOOR -> Math.floor(x);
      case CEIL -> Math.ceil(x);
      case ROUND -> round(x);
      case SQRT -> known(Math.sqrt(x));
      case SIN -> sine(Math.sin(Math.toRadians(x)));
      case COS -> sine(Math.cos(Math.toRadians(x)));
      case HOUR -> hour(x);
      case DAY -> day(x);
      case NVL -> throw new IllegalArgumentException("nvl is no function of one number");
    };
  }

  private static double round(double x) {
    double size = Math.abs(x);
    double whole = Math.floor(size);
    return Math.copySign(size - whole >= 0.5 ? whole + 1 : whole, x);
  }

  private static @Nullable Double sine(double value) {
    return known(Math.floor(value * SINE_STEPS + 0.5) / SINE_STEPS);
  }

  private static @Nullable Long hour(double mjd) {
    double fraction = (mjd % 1.0 + 1.0) % 1.0;
    return Double.isNaN(fraction) ? null : Long.valueOf((long) Math.floor(fraction * 24));
  }

  private static @Nullable Long day(double mjd) {
    double day = Math.floor(mjd);
    if (!(day >= FIRST_DAY && day < END_DAY)) {
      return null;
    }
    LocalDate date = LocalDate.ofEpochDay(MJD_ZERO + (long) day);
    return date.getYear() * 10_000L + date.getMonthValue() * 100L + date.getDayOfMonth();
  }

  /** Order of two texts by code points, as of their UTF-8 bytes. */
  static int compare(String a, String b) {
    int n = Math.min(a.length(), b.length());
    for (int i = 0; i < n; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x != y) {
        boolean beyond = Character.isSurrogate(x);
        return beyond == Character.isSurrogate(y) ? x - y : beyond ? 1 : -1;
      }
    }
    return a.length() - b.length();
  }
}
