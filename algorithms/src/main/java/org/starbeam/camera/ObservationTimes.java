package org.starbeam.camera;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.temporal.ChronoField;
import java.util.OptionalDouble;

/** Header dates to MJD. */
final class ObservationTimes {
  private static final int MJD_OF_1970 = 40587;
  private static final double NANOS_PER_DAY = 86_400e9;

  private ObservationTimes() {}

  /** MJD of an ISO date with or without time of day; empty when it cannot be read. */
  static OptionalDouble mjd(String text) {
    String iso = text.strip().replace(' ', 'T');
    if (iso.endsWith("Z")) {
      iso = iso.substring(0, iso.length() - 1);
    }
    try {
      LocalDateTime time =
          iso.indexOf('T') > 0 ? LocalDateTime.parse(iso) : LocalDate.parse(iso).atStartOfDay();
      return OptionalDouble.of(mjd(time));
    } catch (DateTimeException e) {
      return OptionalDouble.empty();
    }
  }

  /** MJD of a date and a time of day. */
  static OptionalDouble mjd(String date, String timeOfDay) {
    try {
      LocalDate day = LocalDate.parse(date.strip().substring(0, 10));
      LocalTime time = LocalTime.parse(timeOfDay.strip());
      return OptionalDouble.of(mjd(LocalDateTime.of(day, time)));
    } catch (DateTimeException | StringIndexOutOfBoundsException e) {
      return OptionalDouble.empty();
    }
  }

  private static double mjd(LocalDateTime time) {
    long days = time.toLocalDate().toEpochDay() + MJD_OF_1970;
    return days + time.getLong(ChronoField.NANO_OF_DAY) / NANOS_PER_DAY;
  }

  /** Calendar date (YYYYMMDD) of a TAI MJD minus the rollover. */
  static int dayObs(double taiMjd, double rolloverHours) {
    long day = (long) Math.floor(taiMjd - rolloverHours / 24 + 1e-9);
    LocalDate date = LocalDate.ofEpochDay(day - MJD_OF_1970);
    return date.getYear() * 10_000 + date.getMonthValue() * 100 + date.getDayOfMonth();
  }
}
