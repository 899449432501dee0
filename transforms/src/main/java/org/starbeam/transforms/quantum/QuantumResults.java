package org.starbeam.transforms.quantum;

import java.util.Comparator;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.DataId;

/** Questions to ask a {@link QuantumResult}. */
public final class QuantumResults {
  /** Canonical order: task, data id, quantum. */
  public static final Comparator<QuantumResult> ORDER =
      Comparator.comparing(QuantumResult::getTask)
          .thenComparing(QuantumResult::getDataId, DataId.TEXT_ORDER)
          .thenComparing(QuantumResult::getQuantumId);

  private QuantumResults() {}

  /** The result without its payload. */
  static QuantumResult withoutPayload(QuantumResult r) {
    return r.getPayload() == null
        ? r
        : new QuantumResult(
            r.getTask(),
            r.getQuantumId(),
            r.getDataId(),
            r.getWindow(),
            r.getEventTimeMs(),
            r.getStatus(),
            r.getOutputs(),
            r.getRootCauses(),
            r.getRootCauseCount(),
            null,
            r.getFiring());
  }

  /** True when the quantum has outputs that may be used; false for an absence marker. */
  public static boolean isPresent(QuantumResult result) {
    return result.getStatus() == QuantumStatus.DONE || result.getStatus() == QuantumStatus.ADOPTED;
  }
}
