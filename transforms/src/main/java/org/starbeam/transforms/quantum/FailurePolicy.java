package org.starbeam.transforms.quantum;

import java.io.Serializable;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How much of a run may fail before it counts as failed (specs/05 section 4.8).
 *
 * @param defaults what holds for tasks that have no tolerance of their own
 * @param tasks tolerance by task
 * @param stopEarly when a run is obviously broken and is ended, or null for never
 * @param onViolation whether a run goes on once a task has failed more than it may
 */
public record FailurePolicy(
    Tolerance defaults,
    Map<String, Tolerance> tasks,
    @Nullable StopEarly stopEarly,
    OnViolation onViolation)
    implements Serializable {

  /**
   * What a task may lose.
   *
   * @param maxFailedFraction share of the quanta that ran, 0 to 1; more than this, strictly, is a
   *     violation
   * @param maxFailed number of quanta; more than this is a violation; null for no such limit
   */
  public record Tolerance(double maxFailedFraction, @Nullable Long maxFailed)
      implements Serializable {
    public static final Tolerance NOTHING = new Tolerance(0, null);

    public Tolerance {
      if (!(maxFailedFraction >= 0 && maxFailedFraction <= 1)) {
        throw new IllegalArgumentException(
            "maxFailedFraction " + maxFailedFraction + " not in 0..1");
      }
      if (maxFailed != null && maxFailed < 0) {
        throw new IllegalArgumentException("maxFailed " + maxFailed + " is negative");
      }
    }

    public static Tolerance ofFraction(double maxFailedFraction) {
      return new Tolerance(maxFailedFraction, null);
    }

    /**
     * @param failed quanta that failed
     * @param ended quanta that failed or are done
     */
    public boolean isViolated(long failed, long ended) {
      return failed > maxFailedFraction * ended || maxFailed != null && failed > maxFailed;
    }
  }

  /**
   * Ends a run when too many of the last quanta of a task failed.
   *
   * @param window number of quanta of one task looked at
   * @param maxFailedFraction share of them that may fail
   */
  public record StopEarly(int window, double maxFailedFraction) implements Serializable {
    public StopEarly {
      if (window < 1 || !(maxFailedFraction >= 0 && maxFailedFraction <= 1)) {
        throw new IllegalArgumentException(
            "stopEarly: window " + window + ", maxFailedFraction " + maxFailedFraction);
      }
    }
  }

  /** What a violation does. */
  public enum OnViolation {
    /** Everything that can be done is done; the exit code says that it was too much. */
    FINISH,
    /** No quantum is begun any more. */
    STOP
  }

  public FailurePolicy {
    tasks = Map.copyOf(tasks);
  }

  /** Nothing may fail; the run is finished all the same. */
  public static FailurePolicy strict() {
    return ofFraction(0);
  }

  /** One tolerated share for every task. */
  public static FailurePolicy ofFraction(double maxFailedFraction) {
    return new FailurePolicy(
        Tolerance.ofFraction(maxFailedFraction), Map.of(), null, OnViolation.FINISH);
  }

  public Tolerance of(String task) {
    return tasks.getOrDefault(task, defaults);
  }
}
