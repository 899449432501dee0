package org.starbeam.transforms.quantum;

import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.CanonicalJson;
import org.starbeam.transforms.dataset.ContentHash;

/**
 * What counts of inputs of which some replace others: of the results of one quantum in one role the
 * one of the latest firing.
 */
final class NewestInputs {
  private NewestInputs() {}

  /** The newest of each quantum and role, in canonical order. */
  static List<QuantumInput> of(Iterable<QuantumInput> inputs) {
    TreeMap<String, QuantumInput> newest = new TreeMap<>();
    for (QuantumInput input : inputs) {
      QuantumResult result = input.getResult();
      newest.merge(
          input.getRole() + "|" + result.getTask() + "|" + result.getQuantumId(),
          input,
          (a, b) -> isNewer(b.getResult(), a.getResult()) ? b : a);
    }
    return newest.values().stream().sorted(Quantum.INPUT_ORDER).toList();
  }

  /** The newest result of each quantum, in canonical order. */
  static List<QuantumResult> results(Collection<QuantumResult> results) {
    TreeMap<String, QuantumResult> newest = new TreeMap<>();
    for (QuantumResult result : results) {
      newest.merge(
          result.getTask() + "|" + result.getQuantumId(), result, (a, b) -> isNewer(b, a) ? b : a);
    }
    return newest.values().stream().sorted(QuantumResults.ORDER).toList();
  }

  /** Equal firings are the same result, but an adopted one may come from another launch. */
  private static boolean isNewer(QuantumResult a, QuantumResult b) {
    return a.getFiring() != b.getFiring()
        ? a.getFiring() > b.getFiring()
        : QuantumResults.isPresent(a) && !QuantumResults.isPresent(b);
  }

  /** Two sets of inputs with the same fingerprint make the same quanta. */
  static String fingerprint(List<QuantumInput> inputs) {
    return ContentHash.ofText(
        inputs.stream().map(NewestInputs::line).collect(Collectors.joining("\n")));
  }

  private static String line(QuantumInput input) {
    QuantumResult result = input.getResult();
    String what =
        QuantumResults.isPresent(result)
            ? result.getOutputs().stream()
                .map(DatasetRef::getContentHash)
                .collect(Collectors.joining(","))
            : result.getStatus() + " " + result.getRootCauses();
    Object payload = result.getPayload();
    return input.getRole()
        + "|"
        + result.getTask()
        + "|"
        + result.getDataId()
        + "|"
        + what
        + "|"
        + (payload == null ? "" : CanonicalJson.write(payload));
  }
}
