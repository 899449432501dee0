package org.starbeam.transforms.quantum;

import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * What a task says at its end, beside the datasets that it staged.
 *
 * @param noWork true when there was nothing to do and nobody is at fault
 * @param reason why there was no work
 * @param payload small record for the steps that follow: ObservationInfo, Certification or
 *     ExposureSummary
 */
public record Outcome(boolean noWork, @Nullable String reason, @Nullable SpecificRecord payload) {
  public static Outcome done() {
    return new Outcome(false, null, null);
  }

  public static Outcome done(SpecificRecord payload) {
    return new Outcome(false, null, payload);
  }

  public static Outcome noWork(String reason) {
    return new Outcome(true, reason, null);
  }
}
