package org.starbeam.transforms.quantum;

import java.io.Serializable;
import java.util.List;

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

  /** Attempts of a class, including the first. */
  int attempts(FailureClass failureClass) {
    return failureClass.attempts() + (retryDefects && failureClass == FailureClass.DEFECT ? 1 : 0);
  }
}
