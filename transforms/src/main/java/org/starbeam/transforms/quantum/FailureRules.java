package org.starbeam.transforms.quantum;

import java.io.Serializable;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is made of failures (specs/05 sections 4.5 and 4.8).
 *
 * @param policy how much may fail
 * @param signatures known errors, first match wins
 * @param retryDefects true to give defects a second attempt
 * @param retryTasks tasks whose failures of earlier launches are attempted again
 */
public record FailureRules(
    FailurePolicy policy,
    List<ErrorSignature> signatures,
    boolean retryDefects,
    List<String> retryTasks)
    implements Serializable {
  public FailureRules {
    signatures = List.copyOf(signatures);
    retryTasks = List.copyOf(retryTasks);
  }

  /** Nothing may fail, nothing is known, defects get one attempt. */
  public static FailureRules strict() {
    return of(FailurePolicy.strict());
  }

  public static FailureRules of(FailurePolicy policy) {
    return new FailureRules(policy, List.of(), false, List.of());
  }

  /** The known error of a name, or null. */
  public @Nullable ErrorSignature signature(@Nullable String name) {
    return signatures.stream().filter(s -> s.name().equals(name)).findFirst().orElse(null);
  }

  /**
   * True when a task has lost more than it may; of a known error only what is above the share that
   * is tolerated of it counts.
   *
   * @param failed quanta that failed
   * @param ended quanta that failed or are done
   * @param known those of the failures that are of a known error, by its name
   */
  public boolean isViolated(String task, long failed, long ended, Map<String, Long> known) {
    return policy.of(task).isViolated(counting(failed, ended, known), ended);
  }

  /** How many failures of a task count against the policy. */
  long counting(long failed, long ended, Map<String, Long> known) {
    long counting = failed;
    for (Map.Entry<String, Long> of : known.entrySet()) {
      ErrorSignature error = signature(of.getKey());
      if (error != null) {
        counting -= Math.min(of.getValue(), (long) (error.tolerance() * ended));
      }
    }
    return counting;
  }

  /** Attempts of a class, including the first. */
  int attempts(FailureClass failureClass) {
    return failureClass.attempts() + (retryDefects && failureClass == FailureClass.DEFECT ? 1 : 0);
  }
}
