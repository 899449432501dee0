package org.starbeam.pipelines.observe;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Arrays;
import org.starbeam.schema.QuantumStatus;

/**
 * Numbers of quanta by status.
 *
 * @param total those of the plan when there is one, else those that the ledger knows so far
 * @param running begun and not ended, with those whose worker was lost
 * @param degraded done or adopted with a caveat
 */
public record Counts(
    long total,
    long done,
    long adopted,
    long failed,
    long blocked,
    @JsonProperty("no_work") long noWork,
    long skipped,
    long running,
    long degraded) {

  static Counts of(long[] byStatus, long degraded, long planned) {
    long known = Arrays.stream(byStatus).sum();
    long done = byStatus[QuantumStatus.DONE.ordinal()];
    long adopted = byStatus[QuantumStatus.ADOPTED.ordinal()];
    long failed = byStatus[QuantumStatus.FAILED.ordinal()];
    long blocked = byStatus[QuantumStatus.BLOCKED.ordinal()];
    long noWork = byStatus[QuantumStatus.NO_WORK.ordinal()];
    long skipped = byStatus[QuantumStatus.SKIPPED.ordinal()];
    return new Counts(
        Math.max(known, planned),
        done,
        adopted,
        failed,
        blocked,
        noWork,
        skipped,
        known - done - adopted - failed - blocked - noWork - skipped,
        degraded);
  }

  static Counts none() {
    return new Counts(0, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  Counts plus(Counts other) {
    return new Counts(
        total + other.total,
        done + other.done,
        adopted + other.adopted,
        failed + other.failed,
        blocked + other.blocked,
        noWork + other.noWork,
        skipped + other.skipped,
        running + other.running,
        degraded + other.degraded);
  }

  /** Quanta with a terminal status. */
  long ended() {
    return done + adopted + failed + blocked + noWork + skipped;
  }
}
