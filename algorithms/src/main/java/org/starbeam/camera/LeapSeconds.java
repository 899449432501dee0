package org.starbeam.camera;

/**
 * TAI - UTC from the table of leap seconds (IERS Bulletin C), bundled. Dates after {@link
 * #EXPIRES_MJD} are beyond the bulletin the table was taken from: the last value is used and the
 * caller should warn.
 */
public final class LeapSeconds {
  /** UTC MJD up to which the table is known to be complete: 2026-06-28. */
  public static final double EXPIRES_MJD = 61219;

  private static final double FIRST_MJD = 41317;
  private static final int FIRST_OFFSET = 10;

  /** MJD at whose beginning one second more was added, from 1972-07-01 on. */
  private static final int[] STEPS = {
    41499, 41683, 42048, 42413, 42778, 43144, 43509, 43874, 44239, 44786, 45151, 45516, 46247,
    47161, 47892, 48257, 48804, 49169, 49534, 50083, 50630, 51179, 53736, 54832, 56109, 57204,
    57754
  };

  private LeapSeconds() {}

  /** TAI - UTC in seconds at a UTC MJD; before 1972 the value of 1972-01-01. */
  public static int taiMinusUtc(double utcMjd) {
    int offset = FIRST_OFFSET;
    for (int step : STEPS) {
      if (utcMjd < step) {
        break;
      }
      offset++;
    }
    return utcMjd < FIRST_MJD ? FIRST_OFFSET : offset;
  }

  /** TAI MJD of a UTC MJD. */
  public static double utcToTai(double utcMjd) {
    return utcToTai(utcMjd, (long) Math.floor(utcMjd));
  }

  /**
   * TAI MJD of a UTC time.
   *
   * @param utcMjd the time; 23:59:60 is a second beyond the end of the day
   * @param day MJD of the day that the clock showed
   */
  static double utcToTai(double utcMjd, long day) {
    return utcMjd + taiMinusUtc(day) / 86_400.0;
  }

  /** True when the table may lack a leap second for this date. */
  public static boolean isExpired(double mjd) {
    return mjd > EXPIRES_MJD;
  }
}
