package org.starbeam.transforms.log;

import java.util.List;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/**
 * What this process counts of its own work beside the ledger: caches, flushes, publications.
 * Counting takes no lock and never fails.
 */
public final class ProcessMeters {
  public static final Meter CACHE_HITS =
      new Meter("cache_hits_total", Kind.COUNTER, "Datasets found in this process's cache.");
  public static final Meter CACHE_MISSES =
      new Meter("cache_misses_total", Kind.COUNTER, "Datasets that this process had to read.");
  public static final Meter LEDGER_FLUSH =
      new Meter("ledger_flush_seconds", Kind.TIMER, "Flushes of this process's ledger segment.");
  public static final Meter PUBLISH =
      new Meter("publish_seconds", Kind.TIMER, "Publications of a dataset by this process.");
  public static final Meter ARRIVAL_TO_PUBLISH =
      new Meter(
          "arrival_to_publish_seconds",
          Kind.TIMER,
          "From the arrival of a frame to the publication of what was made of it.");
  public static final Meter WATERMARK_LAG =
      new Meter(
          "watermark_lag_seconds",
          Kind.GAUGE,
          "How far a watched input is behind: since when its oldest file waits to be taken, a night"
              + " that is over has not closed, or the input cannot be listed.");
  public static final Meter PERMITS =
      new Meter("permits_used_bytes", Kind.GAUGE, "Memory granted to quanta of this process.");

  private ProcessMeters() {}

  private enum Kind {
    COUNTER,
    GAUGE,
    TIMER
  }

  /** All meters. */
  public static List<Meter> all() {
    return List.of(
        CACHE_HITS,
        CACHE_MISSES,
        LEDGER_FLUSH,
        PUBLISH,
        ARRIVAL_TO_PUBLISH,
        WATERMARK_LAG,
        PERMITS);
  }

  /** One number, or the number and sum of durations. */
  public static final class Meter {
    private final String metric;
    private final Kind kind;
    private final String help;
    private final LongAdder count = new LongAdder();
    private final DoubleAdder sum = new DoubleAdder();
    private volatile double last;

    private Meter(String metric, Kind kind, String help) {
      this.metric = metric;
      this.kind = kind;
      this.help = help;
    }

    /** Counts one. */
    public void increment() {
      sum.add(1);
    }

    /** Takes the present value of a gauge. */
    public void set(double value) {
      last = value;
    }

    /** Adds a duration. */
    public void seconds(double value) {
      count.increment();
      sum.add(value);
    }

    /** Adds the time since a reading of {@link System#nanoTime}. */
    public void since(long startNanos) {
      seconds((System.nanoTime() - startNanos) / 1e9);
    }

    /** Name without the prefix. */
    public String metric() {
      return metric;
    }

    public String help() {
      return help;
    }

    public boolean isTimer() {
      return kind == Kind.TIMER;
    }

    public boolean isGauge() {
      return kind == Kind.GAUGE;
    }

    /** Number of durations. */
    public long count() {
      return count.sum();
    }

    /** The counter's value, the gauge's last one or the sum of the durations. */
    public double sum() {
      return kind == Kind.GAUGE ? last : sum.sum();
    }
  }
}
