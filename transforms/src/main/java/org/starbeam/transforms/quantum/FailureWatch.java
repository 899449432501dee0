package org.starbeam.transforms.quantum;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;

/**
 * Watches what ends in this JVM and says when the run is to stop: too many of the last quanta of a
 * task failed, a task violates its policy beyond recovery, or an error is back that was said to be
 * mended.
 */
final class FailureWatch {
  /** A share is not judged before so many quanta of a task have ended. */
  private static final long LEAST = 200;

  private final FailureRules rules;
  private final Map<String, TaskState> tasks = new HashMap<>();
  private final Map<String, ErrorSignature> resolved = new HashMap<>();

  private static final class TaskState {
    private long ended;
    private long failed;
    private final Map<String, Long> known = new HashMap<>();
    private final boolean[] window;
    private int inWindow;

    TaskState(int size) {
      window = new boolean[size];
    }

    void add(boolean fails, @Nullable String signature) {
      if (fails && signature != null) {
        known.merge(signature, 1L, Long::sum);
      }
      if (window.length > 0) {
        int at = (int) (ended % window.length);
        inWindow += (fails ? 1 : 0) - (window[at] ? 1 : 0);
        window[at] = fails;
      }
      ended++;
      failed += fails ? 1 : 0;
    }
  }

  FailureWatch(FailureRules rules) {
    this.rules = rules;
    rules.signatures().stream()
        .filter(ErrorSignature::resolved)
        .forEach(s -> resolved.put(s.name(), s));
  }

  /** Why the run is to stop now, or null. */
  synchronized @Nullable String ended(QuantumRecord record) {
    boolean failed = record.getStatus() == QuantumStatus.FAILED;
    if (!failed && record.getStatus() != QuantumStatus.DONE) {
      return null;
    }
    ErrorSignature back = resolved.get(String.valueOf(record.getSignature()));
    if (failed && back != null) {
      return "error " + back.name() + " is back, which was said to be resolved: " + name(record);
    }
    FailurePolicy policy = rules.policy();
    FailurePolicy.StopEarly early = policy.stopEarly();
    TaskState state =
        tasks.computeIfAbsent(
            record.getTask(), t -> new TaskState(early == null ? 0 : early.window()));
    state.add(failed, record.getSignature());
    if (early != null
        && state.ended >= early.window()
        && state.inWindow > early.maxFailedFraction() * early.window()) {
      return "%d of the last %d quanta of %s failed"
          .formatted(state.inWindow, early.window(), record.getTask());
    }
    return policy.onViolation() == FailurePolicy.OnViolation.STOP
        ? violation(record.getTask(), state, policy.of(record.getTask()))
        : null;
  }

  /** A share can still fall, so it is judged once enough have ended; a number cannot. */
  private @Nullable String violation(
      String task, TaskState state, FailurePolicy.Tolerance tolerance) {
    long failed = rules.counting(state.failed, state.ended, state.known);
    Long most = tolerance.maxFailed();
    boolean tooMany = most != null && failed > most;
    boolean tooLarge =
        failed > tolerance.maxFailedFraction() * state.ended
            && (tolerance.maxFailedFraction() == 0 || state.ended >= LEAST);
    return tooMany || tooLarge
        ? "%d of %d quanta of %s failed, more than its policy allows"
            .formatted(state.failed, state.ended, task)
        : null;
  }

  private static String name(QuantumRecord record) {
    return record.getTask() + "(" + record.getDataId() + ")";
  }
}
