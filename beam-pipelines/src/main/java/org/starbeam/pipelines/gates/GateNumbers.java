package org.starbeam.pipelines.gates;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The numbers of a run that gates look at: its metrics and the counts of its ledger. */
public interface GateNumbers {
  /**
   * A value of a metric.
   *
   * @param n number of measurements behind it
   * @param err its standard error, or null
   * @param unit of the sky or the instrument that it is of
   */
  record Sample(String name, double value, long n, @Nullable Double err, Unit unit) {}

  /** What a number belongs to; null where it belongs to no single one. */
  record Unit(
      @Nullable Long visit,
      @Nullable Long detector,
      @Nullable Long dayObs,
      @Nullable Long tract,
      @Nullable Long patch,
      @Nullable String band) {
    /** {@code visit=3,detector=7}. */
    @Override
    public String toString() {
      StringBuilder out = new StringBuilder();
      add(out, "visit", visit);
      add(out, "detector", detector);
      add(out, "tract", tract);
      add(out, "patch", patch);
      add(out, "band", band);
      return out.isEmpty() ? "run" : out.toString();
    }

    private static void add(StringBuilder out, String name, @Nullable Object value) {
      if (value != null) {
        out.append(out.isEmpty() ? "" : ",").append(name).append('=').append(value);
      }
    }
  }

  /** Quanta of a task by how they ended. */
  record TaskCounts(
      String step, String task, long done, long failed, long blocked, long degraded, long open) {
    /** Failed over failed and done; NaN when nothing ended. */
    public double failedFraction() {
      return (double) failed / (failed + done);
    }
  }

  /**
   * A quantum that failed or was blocked.
   *
   * @param signature name of the error signature that it matched, or null
   * @param rootCauses quanta that failed first, joined by semicolons
   */
  record Problem(
      String task,
      String dataId,
      String status,
      @Nullable String errorClass,
      @Nullable String errorCode,
      @Nullable String message,
      @Nullable String stackHash,
      @Nullable String signature,
      String rootCauses,
      Unit unit) {}

  /** Values of a metric at a level, filtered; one for each unit. */
  List<Sample> samples(String level, String name, Map<String, List<String>> where);

  /** All metrics of level run. */
  List<Sample> runMetrics(Map<String, List<String>> where);

  /** Counts of every task. */
  List<TaskCounts> tasks();

  /** Failed and blocked quanta, at most so many. */
  List<Problem> problems(int most);

  /** Units of all quanta of a task. */
  List<Unit> units(String task);
}
