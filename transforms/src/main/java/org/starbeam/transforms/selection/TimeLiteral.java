package org.starbeam.transforms.selection;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.starbeam.camera.LeapSeconds;

/** Times as expressions write them, and TAI MJD. */
final class TimeLiteral {
  private static final Pattern FORM =
      Pattern.compile(
          "(\\d{4}-\\d{2}-\\d{2})(?:[T ](\\d{2}:\\d{2}(?::\\d{2}(?:\\.\\d{1,9})?)?))?(Z?)");
  private static final long MJD_ZERO = LocalDate.of(1858, 11, 17).toEpochDay();
  private static final double NANOS_PER_DAY = 86_400e9;

  private TimeLiteral() {}

  /**
   * TAI MJD of a text such as {@code 2025-05-20}, {@code 2025-05-20T03:00} or {@code
   * 2025-05-20T03:00:00.5}.
   *
   * @param utc true when it is UTC; a Z at its end says the same
   * @throws IllegalArgumentException when it is no time
   */
  static double parse(String text, boolean utc) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw new IllegalArgumentException(text);
    }
    try {
      String clock = form.group(2) == null ? "00:00" : form.group(2);
      LocalDateTime time = LocalDateTime.parse(form.group(1) + "T" + clock);
      double mjd =
          time.toLocalDate().toEpochDay()
              - MJD_ZERO
              + time.toLocalTime().toNanoOfDay() / NANOS_PER_DAY;
      return utc || !form.group(3).isEmpty() ? LeapSeconds.utcToTai(mjd) : mjd;
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(text, e);
    }
  }

  /** A TAI MJD as the shortest text that {@link #parse} reads back to the same number. */
  static String text(double mjd) {
    double day = Math.floor(mjd);
    LocalDateTime midnight = LocalDate.ofEpochDay(MJD_ZERO + (long) day).atStartOfDay();
    long nanos = Math.round((mjd - day) * NANOS_PER_DAY);
    for (long step : new long[] {1_000_000_000, 1_000_000, 1_000}) {
      long rounded = Math.round((double) nanos / step) * step;
      String text = midnight.plusNanos(rounded).toString();
      if (parse(text, false) == mjd) {
        return text;
      }
    }
    return midnight.plusNanos(nanos).toString();
  }
}
