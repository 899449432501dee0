package org.starbeam.pipelines.observe;

import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.log.ProcessMeters;

/**
 * The metrics of a run (specs/05 section 7.3), from what its monitor has read of the ledger, so
 * that they agree with {@code status} whatever process exports them. Those of the exporting process
 * itself (caches, ledger flushes, garbage collection) come last.
 */
final class RunMetrics {
  static final String PREFIX = "starbeam_";

  private final List<MetricFamily> families = new ArrayList<>();
  private final RunState state;
  private final List<TaskTally> tallies;

  private RunMetrics(RunState state, List<TaskTally> tallies) {
    this.state = state;
    this.tallies = tallies;
  }

  static List<MetricFamily> of(RunMonitor monitor, RunState state, List<TaskTally> tallies) {
    RunMetrics metrics = new RunMetrics(state, tallies);
    metrics.quanta();
    metrics.costs();
    metrics.run(monitor);
    metrics.process();
    return metrics.families;
  }

  private void quanta() {
    List<MetricFamily.Series> byStatus = new ArrayList<>();
    for (TaskTally tally : tallies) {
      for (QuantumStatus status : QuantumStatus.values()) {
        if (status != QuantumStatus.RUNNING && status != QuantumStatus.PLANNED) {
          Map<String, String> labels = labels(tally);
          labels.put("status", status.name().toLowerCase(Locale.ROOT));
          byStatus.add(new MetricFamily.Series("", labels, tally.count(status)));
        }
      }
    }
    family("quanta_total", MetricFamily.Type.COUNTER, "", "Quanta by their last status.", byStatus);
    List<MetricFamily.Series> inFlight = new ArrayList<>();
    List<MetricFamily.Series> planned = new ArrayList<>();
    List<MetricFamily.Series> degraded = new ArrayList<>();
    for (RunState.TaskState task : state.tasks()) {
      Map<String, String> labels = labels(task.step(), task.task());
      inFlight.add(new MetricFamily.Series("", labels, task.counts().running()));
      planned.add(new MetricFamily.Series("", labels, task.counts().total()));
      degraded.add(new MetricFamily.Series("", labels, task.counts().degraded()));
    }
    family("in_flight", MetricFamily.Type.GAUGE, "", "Quanta begun and not ended.", inFlight);
    family(
        "planned_quanta",
        MetricFamily.Type.GAUGE,
        "",
        "Quanta of the plan, or known so far.",
        planned);
    family("degraded_quanta", MetricFamily.Type.GAUGE, "", "Quanta done with caveats.", degraded);
    Map<String, Map<String, Double>> failures = new LinkedHashMap<>();
    for (RunState.ProblemKind kind : state.failures()) {
      failures
          .computeIfAbsent(kind.task(), t -> new LinkedHashMap<>())
          .merge(kind.errorClass(), (double) kind.count(), Double::sum);
    }
    List<MetricFamily.Series> byClass = new ArrayList<>();
    for (TaskTally tally : tallies) {
      failures
          .getOrDefault(tally.task, Map.of())
          .forEach(
              (errorClass, count) -> {
                Map<String, String> labels = labels(tally);
                labels.put("error_class", errorClass);
                byClass.add(new MetricFamily.Series("", labels, count));
              });
    }
    family("failures_total", MetricFamily.Type.COUNTER, "", "Failed quanta by class.", byClass);
  }

  private void costs() {
    List<MetricFamily.Series> seconds = new ArrayList<>();
    for (TaskTally tally : tallies) {
      long sum = 0;
      for (int i = 0; i <= TaskTally.SECONDS_BOUNDS.size(); i++) {
        sum += tally.byBound[i];
        Map<String, String> labels = labels(tally);
        labels.put(
            "le",
            i == TaskTally.SECONDS_BOUNDS.size()
                ? "+Inf"
                : String.valueOf(TaskTally.SECONDS_BOUNDS.get(i)));
        seconds.add(new MetricFamily.Series("_bucket", labels, sum));
      }
      seconds.add(new MetricFamily.Series("_sum", labels(tally), tally.wallSeconds));
      seconds.add(new MetricFamily.Series("_count", labels(tally), tally.executed));
    }
    family(
        "quanta_seconds",
        MetricFamily.Type.HISTOGRAM,
        "seconds",
        "Run times of quanta that were executed.",
        seconds);
    counter("cpu_seconds_total", "seconds", "CPU time.", t -> t.coreSeconds);
    counter("wait_seconds_total", "seconds", "Time waited for permits.", t -> t.waitSeconds);
    counter("bytes_read_total", "bytes", "Bytes of the inputs.", t -> t.bytesRead);
    counter("bytes_written_total", "bytes", "Bytes of the outputs.", t -> t.bytesWritten);
    counter("retries_total", "", "Attempts beyond the first.", t -> t.retries);
    perTask(
        "peak_bytes",
        MetricFamily.Type.GAUGE,
        "bytes",
        "Largest memory of a quantum.",
        t -> t.peakBytes);
  }

  private void run(RunMonitor monitor) {
    gauge("slots", "", "Quanta that can be worked on at a time.", state.slots());
    gauge("elapsed_seconds", "seconds", "Time worked on the run.", state.elapsedSeconds());
    Double efficiency = state.slotEfficiency();
    gauge(
        "slot_efficiency",
        "",
        "CPU time over slots times elapsed time.",
        efficiency == null ? Double.NaN : efficiency);
    Double left = state.forecast().seconds();
    gauge("eta_seconds", "seconds", "Time to the end.", left == null ? Double.NaN : left);
    gauge(
        "running",
        "",
        "1 while somebody works on the run.",
        state.state().equals("running") ? 1 : 0);
    gauge(
        "last_change_timestamp_seconds",
        "seconds",
        "When a quantum ended last, Unix time.",
        state.changedAt() == null ? Double.NaN : state.changedAt().toEpochMilli() / 1000.0);
    family(
        "ledger_records_total",
        MetricFamily.Type.COUNTER,
        "",
        "Records of the run's ledger.",
        List.of(new MetricFamily.Series("", labels(), state.ledgerRecords())));
    try {
      FileStore store = Files.getFileStore(monitor.root());
      gauge(
          "disk_free_fraction",
          "",
          "Free share of the repository's disk.",
          (double) store.getUsableSpace() / store.getTotalSpace());
    } catch (IOException e) {
      gauge("disk_free_fraction", "", "Free share of the repository's disk.", Double.NaN);
    }
  }

  private void process() {
    double collecting = 0;
    for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
      collecting += Math.max(0, collector.getCollectionTime()) / 1000.0;
    }
    family(
        "gc_seconds_total",
        MetricFamily.Type.COUNTER,
        "seconds",
        "Time of this process spent collecting garbage.",
        List.of(new MetricFamily.Series("", labels(), collecting)));
    for (ProcessMeters.Meter meter : ProcessMeters.all()) {
      boolean timer = meter.isTimer();
      List<MetricFamily.Series> series = new ArrayList<>();
      if (timer) {
        series.add(new MetricFamily.Series("_sum", labels(), meter.sum()));
        series.add(new MetricFamily.Series("_count", labels(), meter.count()));
        Map<String, String> whole = labels();
        whole.put("le", "+Inf");
        series.add(0, new MetricFamily.Series("_bucket", whole, meter.count()));
      } else {
        series.add(new MetricFamily.Series("", labels(), meter.sum()));
      }
      family(
          meter.metric(),
          timer
              ? MetricFamily.Type.HISTOGRAM
              : meter.isGauge() ? MetricFamily.Type.GAUGE : MetricFamily.Type.COUNTER,
          timer ? "seconds" : "",
          meter.help(),
          series);
    }
  }

  private void counter(String name, String unit, String help, ToDoubleFunction<TaskTally> value) {
    perTask(name, MetricFamily.Type.COUNTER, unit, help, value::applyAsDouble);
  }

  private void perTask(
      String name,
      MetricFamily.Type type,
      String unit,
      String help,
      Function<TaskTally, Double> value) {
    List<MetricFamily.Series> series = new ArrayList<>();
    for (TaskTally tally : tallies) {
      series.add(new MetricFamily.Series("", labels(tally), value.apply(tally)));
    }
    family(name, type, unit, help, series);
  }

  private void gauge(String name, String unit, String help, double value) {
    List<MetricFamily.Series> series =
        Double.isNaN(value) ? List.of() : List.of(new MetricFamily.Series("", labels(), value));
    family(name, MetricFamily.Type.GAUGE, unit, help, series);
  }

  private void family(
      String name,
      MetricFamily.Type type,
      String unit,
      String help,
      List<MetricFamily.Series> series) {
    families.add(new MetricFamily(PREFIX + name, type, unit, help, series));
  }

  private Map<String, String> labels() {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put("run", state.run());
    return labels;
  }

  private Map<String, String> labels(TaskTally tally) {
    return labels(tally.step, tally.task);
  }

  private Map<String, String> labels(String step, String task) {
    Map<String, String> labels = labels();
    labels.put("step", step);
    labels.put("task", task);
    return labels;
  }
}
