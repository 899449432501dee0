package org.starbeam.transforms.quantum;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.DataId;

/**
 * One task applied to one data id, with its inputs in canonical order (role, task, data id with
 * numbers by value). Built by the harness inside the worker; it is never an element of a
 * collection.
 */
public final class Quantum {
  /** Canonical order of inputs. */
  public static final Comparator<QuantumInput> INPUT_ORDER =
      Comparator.comparing(QuantumInput::getRole)
          .thenComparing(i -> i.getResult().getTask())
          .thenComparing(i -> i.getResult().getDataId(), DataId.TEXT_ORDER)
          .thenComparing(i -> i.getResult().getQuantumId());

  private final DataId dataId;
  private final String window;
  private final List<QuantumInput> inputs;

  public Quantum(DataId dataId, String window, List<QuantumInput> inputs) {
    this.dataId = dataId;
    this.window = window;
    this.inputs = canonical(inputs);
  }

  /** Inputs in their order, equal ones once. Most come sorted, because they were before. */
  private static List<QuantumInput> canonical(List<QuantumInput> inputs) {
    boolean ascending = true;
    for (int i = 1; ascending && i < inputs.size(); i++) {
      ascending = INPUT_ORDER.compare(inputs.get(i - 1), inputs.get(i)) < 0;
    }
    if (ascending) {
      return List.copyOf(inputs);
    }
    List<QuantumInput> sorted = new ArrayList<>(inputs);
    sorted.sort(INPUT_ORDER);
    List<QuantumInput> out = new ArrayList<>(sorted.size());
    int first = 0;
    for (QuantumInput input : sorted) {
      if (!out.isEmpty() && INPUT_ORDER.compare(out.get(out.size() - 1), input) != 0) {
        first = out.size();
      }
      if (!out.subList(first, out.size()).contains(input)) {
        out.add(input);
      }
    }
    return List.copyOf(out);
  }

  /** A quantum whose window the harness fills in; what an {@link Assembler} returns. */
  public static Quantum of(DataId dataId, List<QuantumInput> inputs) {
    return new Quantum(dataId, "all", inputs);
  }

  Quantum inWindow(String name) {
    return new Quantum(dataId, name, inputs);
  }

  public DataId dataId() {
    return dataId;
  }

  /** Name of the campaign window that the quantum belongs to. */
  public String window() {
    return window;
  }

  /** All inputs, absence markers included. */
  public List<QuantumInput> inputs() {
    return inputs;
  }

  /** Results of a role that are there (absence markers left out), in canonical order. */
  public List<QuantumResult> results(String role) {
    return inputs.stream()
        .filter(i -> i.getRole().equals(role))
        .map(QuantumInput::getResult)
        .filter(QuantumResults::isPresent)
        .toList();
  }

  /** Datasets of one type among the results of a role, in canonical order. */
  public List<DatasetRef> refs(String role, String datasetType) {
    return results(role).stream()
        .flatMap(r -> r.getOutputs().stream())
        .filter(o -> o.getDatasetType().equals(datasetType))
        .toList();
  }

  /** The one dataset of a type in a role; an error when there is none or more than one. */
  public DatasetRef ref(String role, String datasetType) {
    List<DatasetRef> found = refs(role, datasetType);
    if (found.size() != 1) {
      throw new IllegalStateException(
          "quantum "
              + dataId
              + " has "
              + found.size()
              + " datasets "
              + datasetType
              + " in role "
              + role
              + ", expected 1");
    }
    return found.get(0);
  }
}
