package org.starbeam.transforms.quantum;

import java.io.Serializable;
import java.util.List;
import org.starbeam.schema.QuantumInput;
import org.starbeam.transforms.dataset.DataId;

/**
 * One quantum to be worked on; all that a JVM of its own must be told.
 *
 * @param incomplete what is missing upstream, for the caveat; empty when nothing is
 * @param softSeconds run time after which the task is asked to stop
 */
record Assignment(
    CampaignContext campaign,
    QuantumTask task,
    DataId dataId,
    String window,
    List<QuantumInput> inputs,
    String inputHash,
    String incomplete,
    double softSeconds)
    implements Serializable {
  Assignment {
    inputs = List.copyOf(inputs);
  }

  Quantum quantum() {
    return new Quantum(dataId, window, inputs);
  }

  /** For messages. */
  String label() {
    return task.spec().name() + "(" + dataId + ")";
  }
}
