package org.starbeam.transforms.window;

import java.io.Serializable;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.apache.beam.sdk.transforms.windowing.IncompatibleWindowException;
import org.apache.beam.sdk.transforms.windowing.NonMergingWindowFn;
import org.apache.beam.sdk.transforms.windowing.WindowFn;
import org.apache.beam.sdk.transforms.windowing.WindowMappingFn;
import org.joda.time.Duration;
import org.joda.time.Instant;
import org.starbeam.failure.BadInputException;

/**
 * Puts exposures into nights, months, releases or all together (specs/05 section 2.2). Event time
 * is milliseconds since 1970-01-01T00:00:00 TAI. The observing day of a time is the calendar date
 * of the time minus the instrument's rollover; a night is [day + rollover, + 24 h), a month the
 * union of its nights. Release intervals may overlap: an element gets every one that holds its day.
 */
public final class CampaignWindows extends NonMergingWindowFn<Object, CampaignWindow> {
  private static final long serialVersionUID = 1L;
  private static final long DAY_MS = 86_400_000L;
  private static final CampaignWindow ALL =
      new CampaignWindow(
          "all",
          BoundedWindow.TIMESTAMP_MIN_VALUE.getMillis(),
          GlobalWindow.INSTANCE.maxTimestamp().getMillis() + 1);

  /** What a window spans. */
  public enum Kind {
    NIGHT,
    MONTH,
    RELEASE,
    GLOBAL
  }

  /** Observing days from first to last, both inclusive, written YYYYMMDD. */
  public record Interval(String name, int firstDayObs, int lastDayObs) implements Serializable {
    public Interval {
      if (day(firstDayObs).isAfter(day(lastDayObs))) {
        throw new BadInputException(
            "TPL_RANGE", "release " + name + ": " + firstDayObs + " is after " + lastDayObs);
      }
    }

    boolean contains(LocalDate day) {
      return !day.isBefore(day(firstDayObs)) && !day.isAfter(day(lastDayObs));
    }
  }

  private final Kind kind;
  private final long rolloverMs;
  private final List<Interval> intervals;

  private CampaignWindows(Kind kind, double rolloverHours, List<Interval> intervals) {
    this.kind = kind;
    this.rolloverMs = Math.round(rolloverHours * 3_600_000);
    this.intervals = List.copyOf(intervals);
  }

  /**
   * One window per observing night.
   *
   * @param rolloverHours when the observing day begins, hours TAI; 12 for most sites in Chile
   */
  public static CampaignWindows nights(double rolloverHours) {
    return new CampaignWindows(Kind.NIGHT, rolloverHours, List.of());
  }

  public static CampaignWindows months(double rolloverHours) {
    return new CampaignWindows(Kind.MONTH, rolloverHours, List.of());
  }

  public static CampaignWindows releases(double rolloverHours, List<Interval> intervals) {
    return new CampaignWindows(Kind.RELEASE, rolloverHours, intervals);
  }

  public static CampaignWindows global() {
    return new CampaignWindows(Kind.GLOBAL, 0, List.of());
  }

  public Kind kind() {
    return kind;
  }

  /** Observing day of a time, YYYYMMDD. */
  public static int dayObs(long taiMs, double rolloverHours) {
    LocalDate day = day(taiMs, Math.round(rolloverHours * 3_600_000));
    return day.getYear() * 10_000 + day.getMonthValue() * 100 + day.getDayOfMonth();
  }

  /** The window of one night, YYYYMMDD. */
  public static CampaignWindow night(int dayObs, double rolloverHours) {
    LocalDate day = day(dayObs);
    return nights(rolloverHours).window("n" + text(day), day, day.plusDays(1));
  }

  /**
   * The windows that hold a time: exactly one, or any number for releases.
   *
   * @param taiMs milliseconds since 1970-01-01T00:00:00 TAI
   */
  public List<CampaignWindow> windowsAt(long taiMs) {
    LocalDate day = kind == Kind.GLOBAL ? LocalDate.EPOCH : day(taiMs, rolloverMs);
    LocalDate first = day.withDayOfMonth(1);
    return switch (kind) {
      case GLOBAL -> List.of(ALL);
      case NIGHT -> List.of(window("n" + text(day), day, day.plusDays(1)));
      case MONTH -> List.of(window("m" + text(day).substring(0, 6), first, first.plusMonths(1)));
      case RELEASE ->
          intervals.stream()
              .filter(interval -> interval.contains(day))
              .map(i -> window("r" + i.name, day(i.firstDayObs), day(i.lastDayObs).plusDays(1)))
              .toList();
    };
  }

  @Override
  public Collection<CampaignWindow> assignWindows(AssignContext context) {
    List<CampaignWindow> windows = windowsAt(context.timestamp().getMillis());
    if (windows.isEmpty()) {
      throw new IllegalArgumentException(
          "event time "
              + context.timestamp().getMillis()
              + " ms TAI is in no release; the selection must leave such exposures out");
    }
    return windows;
  }

  private CampaignWindow window(String name, LocalDate from, LocalDate to) {
    return new CampaignWindow(
        name, from.toEpochDay() * DAY_MS + rolloverMs, to.toEpochDay() * DAY_MS + rolloverMs);
  }

  private static LocalDate day(long taiMs, long rolloverMs) {
    return LocalDate.ofEpochDay(Math.floorDiv(taiMs - rolloverMs, DAY_MS));
  }

  private static LocalDate day(int dayObs) {
    try {
      return LocalDate.of(dayObs / 10_000, dayObs / 100 % 100, dayObs % 100);
    } catch (DateTimeException e) {
      throw new BadInputException(
          "EXPR_DATE", "observing day " + dayObs + " is not a date written YYYYMMDD", e);
    }
  }

  private static String text(LocalDate day) {
    return day.toString().replace("-", "");
  }

  @Override
  public boolean isCompatible(WindowFn<?, ?> other) {
    return equals(other);
  }

  @Override
  public void verifyCompatibility(WindowFn<?, ?> other) throws IncompatibleWindowException {
    if (!isCompatible(other)) {
      throw new IncompatibleWindowException(
          other, "campaign windows must have the same kind, rollover and intervals");
    }
  }

  @Override
  public Coder<CampaignWindow> windowCoder() {
    return CampaignWindow.WindowCoder.of();
  }

  /** A night looks into the month or release that contains it, if there is exactly one. */
  @Override
  public WindowMappingFn<CampaignWindow> getDefaultWindowMappingFn() {
    return new Containing(this);
  }

  private static final class Containing extends WindowMappingFn<CampaignWindow> {
    private static final long serialVersionUID = 1L;
    private final CampaignWindows windows;

    Containing(CampaignWindows windows) {
      super(Duration.ZERO);
      this.windows = windows;
    }

    @Override
    public CampaignWindow getSideInputWindow(BoundedWindow main) {
      if (windows.kind == Kind.GLOBAL) {
        return ALL;
      }
      Instant last = main.maxTimestamp();
      List<CampaignWindow> found =
          windows.windowsAt(last.getMillis()).stream().filter(w -> contains(w, main)).toList();
      if (found.size() != 1) {
        throw new IllegalArgumentException(
            main + " lies in " + found.size() + " windows of the side input, expected 1");
      }
      return found.get(0);
    }

    private static boolean contains(CampaignWindow outer, BoundedWindow inner) {
      return inner instanceof CampaignWindow w
          && outer.startMs() <= w.startMs()
          && w.endMs() <= outer.endMs();
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CampaignWindows w
        && w.kind == kind
        && w.rolloverMs == rolloverMs
        && w.intervals.equals(intervals);
  }

  @Override
  public int hashCode() {
    return Objects.hash(kind, rolloverMs, intervals);
  }
}
