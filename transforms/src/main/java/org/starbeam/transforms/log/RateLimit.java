package org.starbeam.transforms.log;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Keeps so many events a minute of each logger and message template, and counts the others. */
final class RateLimit {
  private static final int MOST_TEMPLATES = 4096;
  private static final long MINUTE_MILLIS = 60_000;

  /**
   * What becomes of an event.
   *
   * @param report says how many like it were cut in the minute that has ended
   */
  record Verdict(boolean kept, Optional<LogEvent> report) {}

  private static final class Bucket {
    private long minute;
    private int seen;
    private LogEvent last;

    Bucket(LogEvent event) {
      last = event;
    }
  }

  private final int perMinute;
  private final Map<String, Bucket> buckets = new HashMap<>();

  RateLimit(int perMinute) {
    this.perMinute = perMinute;
  }

  synchronized Verdict ask(LogEvent event) {
    if (buckets.size() >= MOST_TEMPLATES) {
      buckets.clear();
    }
    Bucket bucket =
        buckets.computeIfAbsent(event.logger() + "\n" + event.template(), k -> new Bucket(event));
    long minute = event.millis() / MINUTE_MILLIS;
    Optional<LogEvent> report = Optional.empty();
    if (minute != bucket.minute) {
      report = report(bucket);
      bucket.minute = minute;
      bucket.seen = 0;
    }
    bucket.seen++;
    bucket.last = event;
    return new Verdict(bucket.seen <= perMinute, report);
  }

  private Optional<LogEvent> report(Bucket bucket) {
    int cut = bucket.seen - perMinute;
    if (cut <= 0) {
      return Optional.empty();
    }
    LogEvent last = bucket.last;
    return Optional.of(
        new LogEvent(
            last.millis(),
            last.level(),
            last.logger(),
            "suppressed",
            cut + " more like: " + last.message(),
            last.thread(),
            null));
  }

  /** Reports of all templates that were cut and not reported. */
  synchronized List<LogEvent> rest() {
    List<LogEvent> reports = new ArrayList<>();
    buckets.values().forEach(bucket -> report(bucket).ifPresent(reports::add));
    buckets.clear();
    return reports;
  }
}
