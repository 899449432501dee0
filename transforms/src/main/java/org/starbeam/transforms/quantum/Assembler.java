package org.starbeam.transforms.quantum;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.DataId;

/**
 * Makes the quanta of a key from what was gathered there and from the campaign-wide side results
 * (camera, certified calibrations, reference catalogue shards). Both lists come in canonical order,
 * absence markers included. It chooses by data id and payload what each quantum needs, adds side
 * results in the roles that the task declares, and returns {@link Quantum#of(DataId, List)} for
 * each; an empty list means that the key needs no work at all.
 */
@FunctionalInterface
public interface Assembler extends Serializable {
  /** Role in which {@link #everything()} adds side results. */
  String SIDE = "side";

  List<Quantum> assemble(DataId key, List<QuantumInput> inputs, List<QuantumResult> side)
      throws IOException;

  /** One quantum with all that was gathered, and all side results in the role {@link #SIDE}. */
  static Assembler everything() {
    return (key, inputs, side) -> {
      List<QuantumInput> all = new ArrayList<>(inputs);
      side.forEach(result -> all.add(new QuantumInput(SIDE, result)));
      return List.of(Quantum.of(key, all));
    };
  }
}
