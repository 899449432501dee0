package org.starbeam.camera;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.Optional;

/** Times of headers. */
final class ObservationTimes {
  private static final int MJD_OF_1970 = 40587;
  private static final double NANOS_PER_DAY = 86_400e9;
  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private ObservationTimes() {}

  /**
   * A time of a header in its own scale.
   *
   * @param mjd the time; a leap second lies beyond the end of its day
   * @param day MJD of the day that the header names
   */
  record HeaderTime(double mjd, long day) {
    static HeaderTime of(double mjd) {
      return new HeaderTime(mjd, (long) Math.floor(mjd));
    }
  }

  /** An ISO date with or without time of day; empty when it cannot be read. */
  static Optional<HeaderTime> read(String text) {
    String iso = text.strip().replace(' ', 'T');
    if (iso.endsWith("Z")) {
      iso = iso.substring(0, iso.length() - 1);
    }
    int t = iso.indexOf('T');
    return t > 0 ? read(iso.substring(0, t), iso.substring(t + 1)) : read(iso, "00:00");
  }

  /** A date and a time of day, which may lie in a leap second; empty when they cannot be read. */
  static Optional<HeaderTime> read(String date, String timeOfDay) {
    try {
      long day = LocalDate.parse(date.strip().substring(0, 10)).toEpochDay() + MJD_OF_1970;
      String time = timeOfDay.strip();
      boolean leap = time.startsWith("23:59:60");
      long nanos = LocalTime.parse(leap ? "23:59:59" + time.substring(8) : time).toNanoOfDay();
      return Optional.of(
          new HeaderTime(day + (leap ? nanos + NANOS_PER_SECOND : nanos) / NANOS_PER_DAY, day));
    } catch (DateTimeException | StringIndexOutOfBoundsException e) {
      return Optional.empty();
    }
  }

  /** Calendar date (YYYYMMDD) of a TAI MJD minus the rollover. */
  static int dayObs(double taiMjd, double rolloverHours) {
    long day = (long) Math.floor(taiMjd - rolloverHours / 24 + 1e-9);
    LocalDate date = LocalDate.ofEpochDay(day - MJD_OF_1970);
    return date.getYear() * 10_000 + date.getMonthValue() * 100 + date.getDayOfMonth();
  }
}
