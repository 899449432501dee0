package org.starbeam.pipelines.gates;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of a gate.
 *
 * @param subject the metric that was looked at; for a gate on all metrics one of them
 * @param value null when there is none
 * @param baseline value of the run that is compared, or null
 * @param allowed the limits, for people
 * @param n number of measurements
 * @param worst the units farthest out, the worst first, at most ten
 * @param hint what the bad units have in common, or empty
 * @param why why it is not passed, or empty
 * @param accepted by whom and why it was accepted, or empty
 */
public record GateResult(
    Gate gate,
    String subject,
    Verdict verdict,
    @Nullable Double value,
    @Nullable Double baseline,
    String allowed,
    long n,
    List<GateNumbers.Sample> worst,
    String hint,
    String why,
    String accepted) {

  /** Outcome of a condition. */
  public enum Verdict {
    PASS,
    FAIL,
    /** Too few values, or nothing to compare with. */
    UNKNOWN
  }

  /** True when the step must stop here. */
  public boolean isStop() {
    return verdict == Verdict.FAIL && gate.severity() == Gate.Severity.STOP;
  }

  /**
   * True when a person has to look: a review gate failed, or a review or stop gate could not be
   * decided, and nobody accepted it. Information and warnings never hold a step up.
   */
  public boolean isReview() {
    boolean binding =
        gate.severity() == Gate.Severity.REVIEW || gate.severity() == Gate.Severity.STOP;
    return binding && verdict != Verdict.PASS && !isStop() && accepted.isEmpty();
  }

  GateResult acceptedBy(String text) {
    return new GateResult(
        gate, subject, verdict, value, baseline, allowed, n, worst, hint, why, text);
  }

  /** Name that {@code gates accept} takes; one of several subjects is told by its name. */
  public String id() {
    return gate.metric().equals("*") ? gate.id() + ":" + subject : gate.id();
  }
}
