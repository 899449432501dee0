package org.starbeam.pipelines.observe;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * The time in which a run was worked on: from the first start to the last end of its quanta, less
 * the pauses of more than {@value #PAUSE_SECONDS} s in which no quantum ran.
 */
final class Activity {
  private static final double PAUSE_SECONDS = 120;

  private double seconds;
  private double until = Double.NaN;

  /** Adds the time of one quantum, TAI MJD. */
  void add(double startMjd, double endMjd) {
    if (Double.isNaN(until)) {
      seconds = (endMjd - startMjd) * 86_400;
      until = endMjd;
    } else if (endMjd > until) {
      boolean paused = (startMjd - until) * 86_400 > PAUSE_SECONDS;
      seconds += (endMjd - (paused ? startMjd : until)) * 86_400;
      until = endMjd;
    }
  }

  /** Seconds of work; up to a given time when that is a number and no pause. */
  double seconds(double nowMjd) {
    double more = (nowMjd - until) * 86_400;
    return more > 0 && more < 86_400 ? seconds + more : seconds;
  }

  void write(DataOutputStream out) throws IOException {
    out.writeDouble(seconds);
    out.writeDouble(until);
  }

  static Activity read(DataInputStream in) throws IOException {
    Activity activity = new Activity();
    activity.seconds = in.readDouble();
    activity.until = in.readDouble();
    return activity;
  }
}
