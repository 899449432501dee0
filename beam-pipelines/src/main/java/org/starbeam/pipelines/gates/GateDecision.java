package org.starbeam.pipelines.gates;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.starbeam.pipelines.gates.GateNumbers.Problem;
import org.starbeam.pipelines.gates.GateNumbers.TaskCounts;
import org.starbeam.transforms.quantum.ErrorSignature;
import org.starbeam.transforms.quantum.FailurePolicy;
import org.starbeam.transforms.quantum.FailureRules;

/**
 * What to do about a run (the decision tree of specs/05 section 5.3): the first of these that
 * applies, with the facts that a person needs and the next command.
 */
public record GateDecision(Outcome outcome, List<String> lines, String next) {
  /** The branches of the tree, in its order. */
  public enum Outcome {
    /** Workers or storage failed: what they were doing is to be done again. */
    RESUME,
    /** Most failures are of a kind that was believed to be mended. */
    STOP_RESOLVED_CAME_BACK,
    /** Most failures are of a kind that is known and tolerated. */
    ACCEPT_KNOWN,
    /** Most failures are of one kind that nobody knows. */
    LOOK_AT_DOMINANT,
    /** Failures of many kinds. */
    LOOK_AT_SEVERAL,
    /** Quanta blocked by failures of a task that itself is within its tolerance. */
    LOOK_AT_BLOCKED,
    /** A gate that stops is violated. */
    STOP_GATE,
    /** A person has to look. */
    REVIEW,
    PASS
  }

  private static final double DOMINANT = 0.5;
  private static final int EXAMPLES = 3;
  private static final int TOP = 5;
  private static final int MOST_PROBLEMS = 100_000;

  /** Looks at a run. */
  static final class Tree {
    private final String run;
    private final GateNumbers numbers;
    private final List<GateResult> results;
    private final FailureRules rules;

    /**
     * @param rules how many quanta of a task may fail, and what is known of errors
     */
    Tree(String run, GateNumbers numbers, List<GateResult> results, FailureRules rules) {
      this.run = run;
      this.numbers = numbers;
      this.results = results;
      this.rules = rules;
    }

    GateDecision decide() {
      List<TaskCounts> tasks = numbers.tasks();
      List<Problem> problems = numbers.problems(MOST_PROBLEMS);
      List<Problem> infrastructure =
          problems.stream().filter(p -> "INFRA".equals(p.errorClass())).toList();
      long open = tasks.stream().mapToLong(TaskCounts::open).sum();
      if (!infrastructure.isEmpty() || open > 0) {
        return resume(infrastructure, open);
      }
      List<TaskCounts> violated =
          tasks.stream()
              .filter(t -> tolerance(t).isViolated(t.failed(), t.failed() + t.done()))
              .sorted(Comparator.comparingLong(TaskCounts::failed).reversed())
              .toList();
      if (!violated.isEmpty()) {
        return failures(violated.get(0), problems);
      }
      List<TaskCounts> blocked =
          tasks.stream()
              .filter(t -> t.blocked() > tolerance(t).maxFailedFraction() * all(t))
              .toList();
      if (!blocked.isEmpty()) {
        return blocked(blocked, problems);
      }
      return gates();
    }

    private FailurePolicy.Tolerance tolerance(TaskCounts task) {
      return rules.policy().of(task.task());
    }

    private static long all(TaskCounts task) {
      return task.done() + task.failed() + task.blocked();
    }

    private GateDecision resume(List<Problem> infrastructure, long open) {
      List<String> lines = new ArrayList<>();
      if (open > 0) {
        lines.add(open + " quanta were begun and have no end");
      }
      infrastructure.stream().limit(EXAMPLES).forEach(p -> lines.add(name(p) + ": " + p.message()));
      return new GateDecision(Outcome.RESUME, lines, "starbeam resume " + run);
    }

    private GateDecision failures(TaskCounts task, List<Problem> problems) {
      List<Problem> failed =
          problems.stream()
              .filter(p -> p.task().equals(task.task()) && p.status().equals("FAILED"))
              .toList();
      Map<String, List<Problem>> bySignature = new TreeMap<>();
      failed.forEach(p -> bySignature.computeIfAbsent(signature(p), s -> new ArrayList<>()).add(p));
      List<Map.Entry<String, List<Problem>>> sorted =
          bySignature.entrySet().stream()
              .sorted(
                  Comparator.comparingInt(
                          (Map.Entry<String, List<Problem>> e) -> e.getValue().size())
                      .reversed())
              .toList();
      List<String> lines = new ArrayList<>();
      lines.add(
          "%s: %d of %d failed, tolerated %.3g %%"
              .formatted(
                  task.task(),
                  task.failed(),
                  task.failed() + task.done(),
                  100 * tolerance(task).maxFailedFraction()));
      String hint =
          Clustering.hint(failed.stream().map(Problem::unit).toList(), numbers.units(task.task()));
      if (!hint.isEmpty()) {
        lines.add(hint);
      }
      Map.Entry<String, List<Problem>> first = sorted.get(0);
      return first.getValue().size() >= DOMINANT * failed.size()
          ? dominant(task, first, failed, lines)
          : several(sorted, lines);
    }

    private GateDecision dominant(
        TaskCounts task,
        Map.Entry<String, List<Problem>> group,
        List<Problem> failed,
        List<String> lines) {
      Problem example = group.getValue().get(0);
      lines.add(
          "%d of %d failures: %s"
              .formatted(group.getValue().size(), failed.size(), group.getKey()));
      ErrorSignature error = rules.signature(example.signature());
      if (error != null) {
        lines.add(known(error));
        if (error.resolved()) {
          return new GateDecision(
              Outcome.STOP_RESOLVED_CAME_BACK,
              lines,
              "open " + ticket(error) + " again; it was believed to be resolved");
        }
        if (isTolerated(task, failed)) {
          return new GateDecision(
              Outcome.ACCEPT_KNOWN, lines, "starbeam gates eval " + run + " after the next step");
        }
      }
      group.getValue().stream()
          .limit(EXAMPLES)
          .forEach(
              p ->
                  lines.add(
                      "starbeam logs %s --task %s --where \"%s\"   %s"
                          .formatted(
                              run, p.task(), p.dataId().replace(",", " AND "), p.message())));
      return new GateDecision(
          Outcome.LOOK_AT_DOMINANT, lines, "starbeam status " + run + " --failed");
    }

    /** True when what is above the policy's tolerance is what is tolerated of known errors. */
    private boolean isTolerated(TaskCounts task, List<Problem> failed) {
      Map<String, Long> known =
          failed.stream()
              .map(Problem::signature)
              .filter(Objects::nonNull)
              .collect(Collectors.groupingBy(name -> name, Collectors.counting()));
      return !rules.isViolated(task.task(), task.failed(), task.failed() + task.done(), known);
    }

    private static String known(ErrorSignature error) {
      String note = error.note() == null ? "" : " " + error.note();
      return "known: %s%s, tolerated %.3g %%"
          .formatted(ticket(error), note, 100 * error.tolerance());
    }

    private static String ticket(ErrorSignature error) {
      return error.ticket() == null ? error.name() : error.ticket();
    }

    private GateDecision several(
        List<Map.Entry<String, List<Problem>>> sorted, List<String> lines) {
      sorted.stream()
          .limit(TOP)
          .forEach(
              g ->
                  lines.add(
                      "%d  %s  e.g. %s"
                          .formatted(g.getValue().size(), g.getKey(), name(g.getValue().get(0)))));
      return new GateDecision(
          Outcome.LOOK_AT_SEVERAL, lines, "starbeam status " + run + " --failed");
    }

    private static String signature(Problem p) {
      return p.signature() != null
          ? p.signature()
          : p.errorClass()
              + " "
              + p.errorCode()
              + (p.stackHash() == null ? "" : " " + p.stackHash());
    }

    private static String name(Problem p) {
      return p.task() + "(" + p.dataId() + ")";
    }

    private GateDecision blocked(List<TaskCounts> tasks, List<Problem> problems) {
      List<String> lines = new ArrayList<>();
      tasks.forEach(
          t -> lines.add("%s: %d of %d blocked".formatted(t.task(), t.blocked(), all(t))));
      Map<String, Long> roots =
          problems.stream()
              .filter(p -> p.status().equals("BLOCKED") && !p.rootCauses().isEmpty())
              .flatMap(p -> java.util.Arrays.stream(p.rootCauses().split("; ")))
              .collect(Collectors.groupingBy(c -> c, LinkedHashMap::new, Collectors.counting()));
      roots.entrySet().stream()
          .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
          .limit(TOP)
          .forEach(
              r ->
                  lines.add(
                      "%d blocked by %s%s"
                          .formatted(r.getValue(), r.getKey(), reason(r.getKey(), problems))));
      return new GateDecision(
          Outcome.LOOK_AT_BLOCKED, lines, "starbeam status " + run + " --failed");
    }

    private static String reason(String root, List<Problem> problems) {
      return problems.stream()
          .filter(p -> p.status().equals("FAILED") && name(p).equals(root))
          .findFirst()
          .map(p -> ": " + p.errorClass() + " " + p.errorCode())
          .orElse("");
    }

    private GateDecision gates() {
      List<GateResult> stops = results.stream().filter(GateResult::isStop).toList();
      if (!stops.isEmpty()) {
        List<String> lines = new ArrayList<>();
        for (GateResult stop : stops) {
          lines.add(
              "%s %s: %s, allowed %s"
                  .formatted(stop.gate().step(), stop.id(), stop.why(), stop.allowed()));
          if (!stop.hint().isEmpty()) {
            lines.add("  " + stop.hint());
          }
          stop.worst()
              .forEach(
                  w -> lines.add("  %s  %s".formatted(w.unit(), GateEvaluation.text(w.value()))));
        }
        return new GateDecision(Outcome.STOP_GATE, lines, "starbeam report " + run);
      }
      List<GateResult> reviews = results.stream().filter(GateResult::isReview).toList();
      if (!reviews.isEmpty()) {
        List<String> lines = new ArrayList<>();
        for (GateResult r : reviews) {
          lines.add(
              "%s %s: value %s, baseline %s, %s"
                  .formatted(
                      r.gate().step(),
                      r.id(),
                      GateEvaluation.text(r.value()),
                      GateEvaluation.text(r.baseline()),
                      r.why()));
        }
        GateResult first = reviews.get(0);
        return new GateDecision(
            Outcome.REVIEW,
            lines,
            "starbeam gates accept %s %s %s --why \"...\""
                .formatted(run, first.gate().step(), first.id()));
      }
      List<String> lines = new ArrayList<>();
      results.stream()
          .filter(r -> r.verdict() == GateResult.Verdict.FAIL)
          .forEach(
              r ->
                  lines.add(
                      "%s: %s %s: %s, allowed %s"
                          .formatted(
                              r.isReview() || r.accepted().isEmpty() ? "warning" : "accepted",
                              r.gate().step(),
                              r.id(),
                              r.why(),
                              r.allowed())));
      lines.add(0, lines.isEmpty() ? "all gates passed" : "nothing holds the run up");
      return new GateDecision(Outcome.PASS, lines, "starbeam report " + run);
    }
  }
}
