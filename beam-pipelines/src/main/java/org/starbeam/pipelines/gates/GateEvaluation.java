package org.starbeam.pipelines.gates;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.pipelines.gates.GateNumbers.Sample;
import org.starbeam.pipelines.gates.GateNumbers.TaskCounts;
import org.starbeam.pipelines.gates.GateResult.Verdict;
import org.starbeam.repeatability.SeriesChange;

/**
 * Evaluates gates on the numbers of a run (specs/05 section 5.3). A gate with limits asks whether
 * its number lies within; a gate with a baseline whether the change against it is at most the
 * largest of the absolute tolerance, the relative tolerance and sigma times the scatter of the
 * series: 1.4826 MAD of at least four earlier runs, with fewer the standard errors of both values.
 */
public final class GateEvaluation {
  private static final int WORST = 10;

  private final GateNumbers numbers;
  private final Function<String, List<GateNumbers>> baselines;

  /**
   * @param baselines numbers of the earlier runs of a run or chain, newest first; empty when there
   *     are none
   */
  public GateEvaluation(GateNumbers numbers, Function<String, List<GateNumbers>> baselines) {
    this.numbers = numbers;
    this.baselines = baselines;
  }

  /** The results of all gates in order; a gate on all metrics gives one for each of them. */
  public List<GateResult> evaluate(List<Gate> gates) {
    List<GateResult> results = new ArrayList<>();
    for (Gate gate : gates) {
      if (gate.address().level().equals("*")) {
        results.addAll(everyMetric(gate));
      } else {
        results.add(evaluate(gate));
      }
    }
    return results;
  }

  private GateResult evaluate(Gate gate) {
    MetricAddress address = gate.address();
    List<Sample> samples =
        address.level().equals("quanta")
            ? List.of()
            : numbers.samples(address.level(), address.name(), gate.where());
    Measured measured = measure(numbers, gate, samples);
    if (measured == null || measured.n < gate.minSamples()) {
      long n = measured == null ? 0 : measured.n;
      String why =
          n == 0 ? "no values" : n + " values, at least " + gate.minSamples() + " are needed";
      return new GateResult(
          gate,
          gate.metric(),
          Verdict.UNKNOWN,
          measured == null ? null : measured.value,
          null,
          allowed(gate),
          n,
          List.of(),
          "",
          why,
          "");
    }
    String baseline = gate.baseline();
    if (baseline != null) {
      List<Measured> history = new ArrayList<>();
      for (GateNumbers earlier : baselines.apply(baseline)) {
        Measured value =
            measure(
                earlier,
                gate,
                address.level().equals("quanta")
                    ? List.of()
                    : earlier.samples(address.level(), address.name(), gate.where()));
        if (value != null) {
          history.add(value);
        }
      }
      return compared(gate, gate.metric(), measured, history);
    }
    return limited(gate, measured, samples);
  }

  private GateResult limited(Gate gate, Measured measured, List<Sample> samples) {
    boolean low = gate.min() != null && !(measured.value >= gate.min());
    boolean high = gate.max() != null && !(measured.value <= gate.max());
    if (!low && !high) {
      return new GateResult(
          gate,
          gate.metric(),
          Verdict.PASS,
          measured.value,
          null,
          allowed(gate),
          measured.n,
          List.of(),
          "",
          "",
          "");
    }
    Comparator<Sample> farthest = Comparator.comparingDouble(s -> low ? s.value() : -s.value());
    List<Sample> worst = samples.stream().sorted(farthest).limit(WORST).toList();
    List<GateNumbers.Unit> bad =
        samples.stream().filter(s -> isOutside(gate, s.value(), low)).map(Sample::unit).toList();
    String hint =
        gate.address().level().equals("quanta")
            ? failureHint(gate.address().name())
            : Clustering.hint(bad, samples.stream().map(Sample::unit).toList());
    return new GateResult(
        gate,
        gate.metric(),
        Verdict.FAIL,
        measured.value,
        null,
        allowed(gate),
        measured.n,
        worst,
        hint,
        text(measured.value)
            + " is "
            + (low ? "below " + text(gate.min()) : "above " + text(gate.max())),
        "");
  }

  private static boolean isOutside(Gate gate, double value, boolean low) {
    Double limit = low ? gate.min() : gate.max();
    return limit != null && (low ? value < limit : value > limit);
  }

  private String failureHint(String task) {
    List<GateNumbers.Unit> failed =
        numbers.problems(Integer.MAX_VALUE).stream()
            .filter(p -> p.task().equals(task) && p.status().equals("FAILED"))
            .map(GateNumbers.Problem::unit)
            .toList();
    return Clustering.hint(failed, numbers.units(task));
  }

  private List<GateResult> everyMetric(Gate gate) {
    String baseline = gate.baseline();
    List<GateNumbers> earlier = baseline == null ? List.of() : baselines.apply(baseline);
    List<List<Sample>> earlierMetrics =
        earlier.stream().map(e -> e.runMetrics(gate.where())).toList();
    List<GateResult> results = new ArrayList<>();
    TreeSet<String> seen = new TreeSet<>();
    for (Sample sample : numbers.runMetrics(gate.where())) {
      String subject = subject(sample);
      if (!seen.add(subject) || sample.n() < gate.minSamples()) {
        continue;
      }
      List<Measured> history =
          earlierMetrics.stream()
              .flatMap(metrics -> metrics.stream().filter(m -> subject(m).equals(subject)).limit(1))
              .map(m -> new Measured(m.value(), m.n(), m.err()))
              .toList();
      results.add(
          compared(gate, subject, new Measured(sample.value(), sample.n(), sample.err()), history));
    }
    if (results.isEmpty()) {
      results.add(
          new GateResult(
              gate,
              gate.metric(),
              Verdict.UNKNOWN,
              null,
              null,
              allowed(gate),
              0,
              List.of(),
              "",
              "the run has no metrics",
              ""));
    }
    return results;
  }

  private static String subject(Sample sample) {
    String band = sample.unit().band();
    return sample.name() + (band == null ? "" : "[" + band + "]");
  }

  private static GateResult compared(
      Gate gate, String subject, Measured measured, List<Measured> history) {
    if (history.isEmpty()) {
      return new GateResult(
          gate,
          subject,
          Verdict.UNKNOWN,
          measured.value,
          null,
          allowed(gate),
          measured.n,
          List.of(),
          "",
          gate.baseline() + " has no value to compare with",
          "");
    }
    double reference = history.get(0).value;
    double tolerance =
        Math.max(
            gate.absolute(),
            Math.max(
                gate.relative() * Math.abs(reference), gate.sigma() * scatter(measured, history)));
    double change = measured.value - reference;
    boolean good = Math.abs(change) <= tolerance || measured.value == reference;
    String why =
        good
            ? ""
            : "changed by %s from %s, allowed %s%s"
                .formatted(
                    text(change), text(reference), text(tolerance), ofSeries(measured, history));
    return new GateResult(
        gate,
        subject,
        good ? Verdict.PASS : Verdict.FAIL,
        measured.value,
        reference,
        "± " + text(tolerance),
        measured.n,
        List.of(),
        "",
        why,
        "");
  }

  private static double[] values(List<Measured> history) {
    return history.stream().mapToDouble(m -> m.value).toArray();
  }

  /** How far the value is from the median of its series; nothing of a short one. */
  private static String ofSeries(Measured measured, List<Measured> history) {
    double z = SeriesChange.of(values(history), measured.value, SeriesChange.RELATIVE_FLOOR, 0).z();
    return Double.isFinite(z) ? ", z " + text(z) : "";
  }

  private static double scatter(Measured measured, List<Measured> history) {
    if (history.size() >= SeriesChange.FEWEST) {
      return ClippedStatistics.medianScatter(values(history));
    }
    Double mine = measured.err;
    Double other = history.get(0).err;
    return mine == null || other == null ? 0 : Math.hypot(mine, other);
  }

  /** One number with what is known of it. */
  private record Measured(double value, long n, @Nullable Double err) {}

  private static @Nullable Measured measure(GateNumbers numbers, Gate gate, List<Sample> samples) {
    MetricAddress address = gate.address();
    if (address.level().equals("quanta")) {
      return ofQuanta(numbers, address);
    }
    if (samples.isEmpty()) {
      return null;
    }
    double[] values = samples.stream().mapToDouble(Sample::value).toArray();
    long n = samples.stream().mapToLong(s -> Math.max(1, s.n())).sum();
    double value =
        switch (address.statistic()) {
          case P05 -> quantile(values, 0.05);
          case P95 -> quantile(values, 0.95);
          case MIN -> Arrays.stream(values).min().orElseThrow();
          case MAX -> Arrays.stream(values).max().orElseThrow();
          case SUM -> Arrays.stream(values).sum();
          case MEAN -> Arrays.stream(values).average().orElseThrow();
          case FRACTION_BEYOND ->
              (double) Arrays.stream(values).filter(v -> Math.abs(v) > address.limit()).count()
                  / values.length;
          default -> quantile(values, 0.5);
        };
    return new Measured(value, n, samples.size() == 1 ? samples.get(0).err() : null);
  }

  private static @Nullable Measured ofQuanta(GateNumbers numbers, MetricAddress address) {
    for (TaskCounts task : numbers.tasks()) {
      if (task.task().equals(address.name())) {
        long ended = task.done() + task.failed();
        long all = ended + task.blocked();
        double value =
            switch (address.statistic()) {
              case DEGRADED_FRACTION -> (double) task.degraded() / Math.max(1, task.done());
              case BLOCKED_FRACTION -> (double) task.blocked() / Math.max(1, all);
              default -> ended == 0 ? 0 : task.failedFraction();
            };
        return new Measured(value, all, null);
      }
    }
    return null;
  }

  /** Quantile with linear interpolation between order statistics. */
  static double quantile(double[] values, double q) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return ClippedStatistics.quantile(sorted, q);
  }

  private static String allowed(Gate gate) {
    if (gate.baseline() != null) {
      return "as " + gate.baseline();
    }
    String unit = gate.unit().isEmpty() ? "" : " " + gate.unit();
    if (gate.min() != null && gate.max() != null) {
      return text(gate.min()) + " to " + text(gate.max()) + unit;
    }
    return gate.min() != null ? ">= " + text(gate.min()) + unit : "<= " + text(gate.max()) + unit;
  }

  /** A number with four digits. */
  static String text(@Nullable Double value) {
    return value == null ? "-" : String.format(Locale.ROOT, "%.4g", value);
  }
}
