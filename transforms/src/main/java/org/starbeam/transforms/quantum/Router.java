package org.starbeam.transforms.quantum;

import java.io.IOException;
import java.io.Serializable;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.DataId;

/**
 * Sends a result to the quanta that need it: names for each the data id (the key of the gather) and
 * the role. Absence markers are routed like results, so that a gather knows what is missing. A
 * router may open small datasets (summaries, polygons) through the reader.
 */
@FunctionalInterface
public interface Router extends Serializable {
  void route(QuantumResult result, QuantumContext.DatasetReader reader, Output out)
      throws IOException;

  /** Receives what a router decides. */
  @FunctionalInterface
  interface Output {
    void send(DataId key, QuantumInput input);

    /** Sends the result in a role without its payload, the usual case. */
    default void send(DataId key, String role, QuantumResult result) {
      send(key, new QuantumInput(role, QuantumResults.withoutPayload(result)));
    }

    /** Sends the result in a role with its payload. */
    default void sendWithPayload(DataId key, String role, QuantumResult result) {
      send(key, new QuantumInput(role, result));
    }
  }
}
