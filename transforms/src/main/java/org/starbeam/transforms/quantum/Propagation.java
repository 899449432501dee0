package org.starbeam.transforms.quantum;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.starbeam.failure.BadInputException;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.QuantumStatus;

/**
 * Whether a quantum may run, by what its inputs became (specs/05 section 4.3).
 *
 * @param incomplete true when it runs although inputs of a gather failed or were blocked
 * @param reason which inputs are missing, for the operator
 */
record Propagation(Verdict verdict, boolean incomplete, String reason) {
  private static final int NAMED = 5;

  /** What the rules say. */
  enum Verdict {
    RUN,
    BLOCKED,
    NO_WORK
  }

  /**
   * Applies the rules in their order.
   *
   * @throws BadInputException {@code MISSING_INPUT} when nothing at all came in a required role
   */
  static Propagation of(TaskSpec spec, Quantum quantum) {
    Set<String> declared =
        spec.inputs().stream().map(TaskSpec.InputRule::role).collect(Collectors.toSet());
    for (QuantumInput input : quantum.inputs()) {
      if (!declared.contains(input.getRole())) {
        throw new IllegalStateException(
            "task " + spec.name() + " has no input role '" + input.getRole() + "'");
      }
    }
    Propagation required = required(spec, quantum);
    return required.verdict == Verdict.RUN ? gathers(spec, quantum) : required;
  }

  private static Propagation required(TaskSpec spec, Quantum quantum) {
    List<QuantumResult> inputs =
        spec.inputs().stream()
            .filter(rule -> rule.kind() == TaskSpec.InputRule.Kind.REQUIRED)
            .flatMap(rule -> requiredInputs(rule, quantum).stream())
            .toList();
    List<QuantumResult> broken = inputs.stream().filter(Propagation::isBroken).toList();
    if (!broken.isEmpty()) {
      return new Propagation(Verdict.BLOCKED, false, "needs " + names(broken));
    }
    List<QuantumResult> absent = inputs.stream().filter(r -> !QuantumResults.isPresent(r)).toList();
    return absent.isEmpty()
        ? new Propagation(Verdict.RUN, false, "")
        : new Propagation(Verdict.NO_WORK, false, "no input from " + names(absent));
  }

  private static List<QuantumResult> requiredInputs(TaskSpec.InputRule rule, Quantum quantum) {
    List<QuantumResult> inputs = ofRole(quantum, rule.role());
    if (inputs.size() < rule.min()) {
      throw new BadInputException(
          "MISSING_INPUT",
          "there is no input in role '"
              + rule.role()
              + "' (found "
              + inputs.size()
              + ", needed "
              + rule.min()
              + ")");
    }
    return inputs;
  }

  private static Propagation gathers(TaskSpec spec, Quantum quantum) {
    boolean incomplete = false;
    StringBuilder reason = new StringBuilder();
    for (TaskSpec.InputRule rule : spec.inputs()) {
      if (rule.kind() != TaskSpec.InputRule.Kind.GATHER) {
        continue;
      }
      List<QuantumResult> inputs = ofRole(quantum, rule.role());
      List<QuantumResult> broken = inputs.stream().filter(Propagation::isBroken).toList();
      long available = inputs.stream().filter(QuantumResults::isPresent).count();
      if (available < rule.min()) {
        String counts =
            rule.role() + ": " + available + " of " + inputs.size() + ", needed " + rule.min();
        return broken.isEmpty()
            ? new Propagation(Verdict.NO_WORK, false, counts)
            : new Propagation(Verdict.BLOCKED, false, counts + ", missing " + names(broken));
      }
      if (!broken.isEmpty()) {
        incomplete = true;
        reason.append(reason.isEmpty() ? "" : "; ");
        reason.append(rule.role()).append(": without ").append(names(broken));
      }
    }
    return new Propagation(Verdict.RUN, incomplete, reason.toString());
  }

  private static List<QuantumResult> ofRole(Quantum quantum, String role) {
    return quantum.inputs().stream()
        .filter(input -> input.getRole().equals(role))
        .map(QuantumInput::getResult)
        .toList();
  }

  private static boolean isBroken(QuantumResult result) {
    return result.getStatus() == QuantumStatus.FAILED
        || result.getStatus() == QuantumStatus.BLOCKED;
  }

  private static String names(List<QuantumResult> results) {
    String first =
        results.stream()
            .limit(NAMED)
            .map(r -> r.getTask() + "(" + r.getDataId() + ")")
            .collect(Collectors.joining(", "));
    int more = results.size() - NAMED;
    return more > 0 ? first + " and " + more + " more" : first;
  }
}
