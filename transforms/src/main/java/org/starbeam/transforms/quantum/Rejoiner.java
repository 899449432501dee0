package org.starbeam.transforms.quantum;

import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import org.starbeam.schema.QuantumInput;
import org.starbeam.transforms.dataset.DataId;

/**
 * A second gather inside a stage: what met at one key is sent on, in roles, to other keys. For
 * example the visits and templates that met at (tract, patch) are sent to the key (visit, detector)
 * of each visit. Inputs come in canonical order, absence markers included.
 */
@FunctionalInterface
public interface Rejoiner extends Serializable {
  void rejoin(DataId key, List<QuantumInput> inputs, Router.Output out) throws IOException;
}
