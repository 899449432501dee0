package org.starbeam.transforms.quantum;

import java.io.Serializable;
import java.util.List;
import java.util.function.Consumer;

/**
 * How a watched input is followed (specs/05 sections 2.3 and 2.4). All times in milliseconds.
 *
 * @param pollMillis pause between two listings
 * @param settleMillis how long size and time of a file that was not renamed into place must stay
 *     the same
 * @param visitTimeoutMillis how long a visit waits for its missing detectors, from the first on
 * @param graceMillis how long a gather that is being revised, or whose leading input has come,
 *     waits for the inputs that come with it
 * @param latenessMillis how long after its end a night still takes exposures
 * @param lateFiringMillis how long what is made at the close of a night waits after a late
 *     exposure, for more of them
 * @param futureMillis an exposure that is dated so far ahead of now is refused ({@code
 *     FUTURE_TIME})
 * @param closeAfterEndMillis when a night without a sentinel closes: so long after its end, and
 * @param quietMillis when nothing of it has arrived for so long
 * @param idleMillis the stream ends when nothing at all has arrived for so long; 0 for never
 * @param endsWithNight whether the stream ends when a night closes and no other is open
 * @param nights the nights that are expected, YYYYMMDD: the stream ends when all have closed. Empty
 *     for a stream that goes on until {@code CAMPAIGN_DONE}
 * @param rolloverHours when an observing day begins, hours TAI; 12 for most sites in Chile
 */
public record ArrivalSettings(
    long pollMillis,
    long settleMillis,
    long visitTimeoutMillis,
    long graceMillis,
    long latenessMillis,
    long lateFiringMillis,
    long futureMillis,
    long closeAfterEndMillis,
    long quietMillis,
    long idleMillis,
    boolean endsWithNight,
    List<Integer> nights,
    double rolloverHours)
    implements Serializable {
  private static final long MINUTE = 60_000;
  private static final long HOUR = 60 * MINUTE;

  public ArrivalSettings {
    nights = nights.stream().sorted().toList();
  }

  public static ArrivalSettings defaults() {
    return new ArrivalSettings(
        1000,
        3000,
        2 * MINUTE,
        2000,
        36 * HOUR,
        10 * MINUTE,
        10 * MINUTE,
        2 * HOUR,
        30 * MINUTE,
        0,
        false,
        List.of(),
        12);
  }

  public ArrivalSettings withPollMillis(long millis) {
    return with(c -> c.poll = millis);
  }

  public ArrivalSettings withSettleMillis(long millis) {
    return with(c -> c.settle = millis);
  }

  public ArrivalSettings withVisitTimeoutMillis(long millis) {
    return with(c -> c.visitTimeout = millis);
  }

  public ArrivalSettings withGraceMillis(long millis) {
    return with(c -> c.grace = millis);
  }

  public ArrivalSettings withLateFiringMillis(long millis) {
    return with(c -> c.lateFiring = millis);
  }

  public ArrivalSettings endingWithNight(boolean ends) {
    return with(c -> c.endsWithNight = ends);
  }

  public ArrivalSettings withRolloverHours(double hours) {
    return with(c -> c.rollover = hours);
  }

  private ArrivalSettings with(Consumer<Change> change) {
    Change changed = new Change(this);
    change.accept(changed);
    return new ArrivalSettings(
        changed.poll,
        changed.settle,
        changed.visitTimeout,
        changed.grace,
        latenessMillis,
        changed.lateFiring,
        futureMillis,
        closeAfterEndMillis,
        quietMillis,
        idleMillis,
        changed.endsWithNight,
        nights,
        changed.rollover);
  }

  /** The settings that a copy may have different. */
  private static final class Change {
    private long poll;
    private long settle;
    private long visitTimeout;
    private long grace;
    private long lateFiring;
    private boolean endsWithNight;
    private double rollover;

    Change(ArrivalSettings from) {
      poll = from.pollMillis;
      settle = from.settleMillis;
      visitTimeout = from.visitTimeoutMillis;
      grace = from.graceMillis;
      lateFiring = from.lateFiringMillis;
      endsWithNight = from.endsWithNight;
      rollover = from.rolloverHours;
    }
  }
}
