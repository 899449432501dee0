package org.starbeam.transforms.window;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Event time: milliseconds since 1970-01-01T00:00:00 TAI. */
public final class EventTime {
  private static final double MJD_OF_EPOCH = 40_587;
  private static final double DAY_MS = 86_400_000;
  private static final DateTimeFormatter TEXT =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

  /** TAI - UTC since 2017; there has been no leap second since, and none is announced. */
  private static final long TAI_MINUS_UTC_MS = 37_000;

  private EventTime() {}

  /** The event time of a TAI MJD. */
  public static long ofMjd(double taiMjd) {
    return Math.round((taiMjd - MJD_OF_EPOCH) * DAY_MS);
  }

  /** The TAI MJD of an event time. */
  public static double mjd(long taiMs) {
    return MJD_OF_EPOCH + taiMs / DAY_MS;
  }

  /** The event time of a moment of the system clock, which counts UTC. */
  public static long ofClock(long unixMillis) {
    return unixMillis + TAI_MINUS_UTC_MS;
  }

  /** The moment of the system clock, which counts UTC, of an event time. */
  public static long toClock(long taiMs) {
    return taiMs - TAI_MINUS_UTC_MS;
  }

  /** TAI calendar text of an event time, to the second. */
  public static String text(long taiMs) {
    return TEXT.format(Instant.ofEpochMilli(taiMs));
  }
}
