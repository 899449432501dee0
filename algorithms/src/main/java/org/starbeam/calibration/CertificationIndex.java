package org.starbeam.calibration;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;

/**
 * Which calibration is valid when (specs/01 section 6): per type, detector and filter a sorted list
 * of half-open intervals [begin, end) in TAI MJD, looked up by the middle of an exposure.
 *
 * <p>Intervals of the same type, detector and filter may not overlap ({@code CERT_OVERLAP}, naming
 * both), except that an open-ended one is closed by its successor's begin.
 *
 * @param <T> what is certified
 */
public final class CertificationIndex<T> {
  /** End of a validity without an end. */
  public static final double OPEN_END = 1.0e6;

  /**
   * One certification.
   *
   * @param type dataset type, for example {@code bias}
   * @param filter physical filter, or null where the type has none
   */
  public record Entry<T>(
      String type, int detector, @Nullable String filter, double begin, double end, T product) {
    public Entry {
      if (!(begin < end)) {
        throw new BadInputException(
            "CERT_INTERVAL",
            "certification of " + type + " for detector " + detector + ": " + begin + " to " + end);
      }
    }

    String text() {
      return String.format(
          Locale.ROOT, "%s [MJD %.4f, %s)", type, begin, end >= OPEN_END ? "open" : mjd(end));
    }

    private static String mjd(double value) {
      return String.format(Locale.ROOT, "%.4f", value);
    }
  }

  private record Key(String type, int detector, String filter) {}

  private static final class Timeline<T> {
    final double[] begins;
    final List<Entry<T>> entries;

    Timeline(List<Entry<T>> entries) {
      this.entries = entries;
      this.begins = entries.stream().mapToDouble(Entry::begin).toArray();
    }
  }

  private final Map<Key, Timeline<T>> timelines;
  private final boolean backwards;

  /**
   * @param backwards true to use the earliest entry also for exposures taken before it begins
   */
  public CertificationIndex(Collection<Entry<T>> entries, boolean backwards) {
    this.backwards = backwards;
    Comparator<Key> order =
        Comparator.comparing(Key::type).thenComparingInt(Key::detector).thenComparing(Key::filter);
    Map<Key, List<Entry<T>>> grouped = new TreeMap<>(order);
    for (Entry<T> entry : entries) {
      grouped
          .computeIfAbsent(
              key(entry.type(), entry.detector(), entry.filter()), k -> new ArrayList<>())
          .add(entry);
    }
    timelines = new TreeMap<>(order);
    grouped.forEach((key, list) -> timelines.put(key, new Timeline<>(sorted(list))));
  }

  private static Key key(String type, int detector, @Nullable String filter) {
    return new Key(type, detector, filter == null ? "" : filter);
  }

  private static <T> List<Entry<T>> sorted(List<Entry<T>> entries) {
    List<Entry<T>> out = new ArrayList<>(entries);
    out.sort(Comparator.comparingDouble(Entry::begin));
    for (int i = 1; i < out.size(); i++) {
      Entry<T> last = out.get(i - 1);
      Entry<T> next = out.get(i);
      boolean closable = last.end() >= OPEN_END && last.begin() < next.begin();
      if (closable) {
        out.set(
            i - 1,
            new Entry<>(
                last.type(),
                last.detector(),
                last.filter(),
                last.begin(),
                next.begin(),
                last.product()));
      } else if (last.end() > next.begin()) {
        throw new BadInputException(
            "CERT_OVERLAP",
            "detector "
                + last.detector()
                + ": "
                + last.text()
                + " and "
                + next.text()
                + " overlap");
      }
    }
    return out;
  }

  /** The product valid at a time, if any. */
  public Optional<T> find(String type, int detector, @Nullable String filter, double mjd) {
    Timeline<T> timeline = timelines.get(key(type, detector, filter));
    if (timeline == null) {
      return Optional.empty();
    }
    int at = Arrays.binarySearch(timeline.begins, mjd);
    int i = at >= 0 ? at : -at - 2;
    if (i < 0) {
      return backwards ? Optional.of(timeline.entries.get(0).product()) : Optional.empty();
    }
    Entry<T> entry = timeline.entries.get(i);
    return mjd < entry.end() ? Optional.of(entry.product()) : Optional.empty();
  }

  /**
   * The product valid at a time; {@code MISSING_CALIB} naming the nearest ones when there is none.
   */
  public T get(String type, int detector, @Nullable String filter, double mjd) {
    return find(type, detector, filter, mjd)
        .orElseThrow(() -> missing(type, detector, filter, mjd));
  }

  /** What is wrong when there is no product at a time. */
  public BadInputException missing(String type, int detector, @Nullable String filter, double mjd) {
    Timeline<T> timeline = timelines.get(key(type, detector, filter));
    String before = "none";
    String after = "none";
    if (timeline != null) {
      for (Entry<T> entry : timeline.entries) {
        if (entry.begin() <= mjd) {
          before = entry.text();
        } else if (after.equals("none")) {
          after = entry.text();
        }
      }
    }
    return new BadInputException(
        "MISSING_CALIB",
        String.format(
            Locale.ROOT,
            "no %s for detector %d%s at MJD %.4f (TAI); nearest before: %s, after: %s. Add the"
                + " exposures to build one, or a collection that has it.",
            type,
            detector,
            filter == null ? "" : ", filter " + filter,
            mjd,
            before,
            after));
  }
}
