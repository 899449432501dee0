package org.starbeam.pipelines.gates;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.LaunchRules;
import org.starbeam.pipelines.repository.Collections;
import org.starbeam.transforms.dataset.RepositoryPaths;

/**
 * The gates of a run, evaluated from its registry at any time, and what to do.
 *
 * @param own true when the gates are the campaign's, false for the default set
 */
public record GateReport(String run, boolean own, List<GateResult> results, GateDecision decision) {
  private static final int MONTHS = 12;

  /** Evaluates the gates that the run's campaign has, else the default set. */
  public static GateReport of(Path root, String run) {
    return of(root, run, GateSet.of(root, run));
  }

  /** Evaluates other gates. */
  public static GateReport of(Path root, String run, GateSet set) {
    List<RegistryNumbers> opened = new ArrayList<>();
    try {
      RegistryNumbers numbers = new RegistryNumbers(root, run);
      opened.add(numbers);
      GateEvaluation evaluation =
          new GateEvaluation(numbers, baseline -> history(root, run, baseline, opened));
      List<GateResult> results = new Acceptances(root, run).apply(evaluation.evaluate(set.gates()));
      GateDecision decision =
          new GateDecision.Tree(run, numbers, results, LaunchRules.failures(root, run)).decide();
      return new GateReport(run, set.isOwn(), results, decision);
    } finally {
      opened.forEach(RegistryNumbers::close);
    }
  }

  /** The earlier runs of a run or chain, newest first, at most twelve. */
  private static List<GateNumbers> history(
      Path root, String run, String baseline, List<RegistryNumbers> opened) {
    List<String> runs;
    try {
      runs = Collections.runs(root, baseline);
    } catch (org.starbeam.failure.BadInputException e) {
      return List.of();
    }
    List<GateNumbers> history = new ArrayList<>();
    for (String earlier : runs) {
      boolean usable =
          !earlier.equals(run)
              && history.size() < MONTHS
              && Files.isDirectory(RepositoryPaths.ledger(root, earlier));
      if (usable) {
        RegistryNumbers numbers = new RegistryNumbers(root, earlier);
        opened.add(numbers);
        history.add(numbers);
      }
    }
    return history;
  }

  /**
   * Records that a person accepts a gate that needs a review.
   *
   * @param id of one number, as {@code vs-last:rows}, or of a gate of many, as {@code vs-last}, for
   *     all of its numbers that wait for a review
   */
  public static void accept(Path root, String run, String step, String id, String why) {
    List<GateResult> named =
        of(root, run).results.stream()
            .filter(r -> r.gate().step().equals(step))
            .filter(r -> r.id().equals(id) || r.gate().id().equals(id))
            .toList();
    if (named.isEmpty()) {
      throw new UserException(
          ExitCode.USAGE,
          "run " + run + " has no gate " + step + " " + id,
          "starbeam gates eval " + run);
    }
    named.stream().filter(GateResult::isStop).findFirst().ifPresent(GateReport::refuse);
    List<GateResult> waiting = named.stream().filter(GateResult::isReview).toList();
    if (waiting.isEmpty()) {
      throw new UserException(
          ExitCode.USAGE,
          "gate " + step + " " + id + " needs no decision: " + named.get(0).verdict());
    }
    Acceptances acceptances = new Acceptances(root, run);
    waiting.forEach(result -> acceptances.accept(result, why));
  }

  private static void refuse(GateResult result) {
    throw new UserException(
        ExitCode.GATE,
        "gate %s %s stops the run (%s) and cannot be accepted; mend the cause, or change the gate in the template"
            .formatted(result.gate().step(), result.id(), result.why()));
  }

  /** True when a gate that stops is violated. */
  public boolean isStopped() {
    return results.stream().anyMatch(GateResult::isStop);
  }

  /** True when a person has to look at something. */
  public boolean isReviewPending() {
    return results.stream().anyMatch(GateResult::isReview);
  }

  /**
   * True when the campaign's own gates make a good run end with exit code 5; the default set never
   * does.
   *
   * @param auto true when nobody is there to review a gate
   */
  public boolean isEnd(boolean auto) {
    return own && (isStopped() || (auto && isReviewPending()));
  }

  /** True when nothing holds up what comes after a step. */
  public boolean isPassed(String step) {
    return results.stream()
        .filter(r -> r.gate().step().equals(step))
        .noneMatch(r -> r.isStop() || r.isReview());
  }

  /** 5 when a stop gate is violated or a review is pending, else 0. */
  public ExitCode exitCode() {
    return isStopped() || isReviewPending() ? ExitCode.GATE : ExitCode.SUCCESS;
  }

  /** For programs. */
  public ObjectNode json() {
    ObjectNode out = new ObjectMapper().createObjectNode();
    out.put("run", run).put("gatesOf", own ? "campaign" : "default");
    ArrayNode array = out.putArray("gates");
    for (GateResult r : results) {
      ObjectNode node = array.addObject();
      node.put("step", r.gate().step()).put("id", r.id()).put("metric", r.subject());
      node.put("severity", lower(r.gate().severity())).put("verdict", lower(r.verdict()));
      node.put("value", r.value()).put("baseline", r.baseline()).put("allowed", r.allowed());
      node.put("n", r.n()).put("why", r.why()).put("hint", r.hint());
      node.put("accepted", r.accepted());
      ArrayNode worst = node.putArray("worst");
      r.worst()
          .forEach(w -> worst.addObject().put("unit", w.unit().toString()).put("value", w.value()));
    }
    ObjectNode decided = out.putObject("decision");
    decided.put("outcome", lower(decision.outcome()));
    ArrayNode lines = decided.putArray("lines");
    decision.lines().forEach(lines::add);
    decided.put("next", decision.next());
    out.put("exitCode", exitCode().code());
    return out;
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  /** For people. */
  public String text() {
    int width = results.stream().mapToInt(r -> r.id().length()).max().orElse(0);
    String line = "%-8s%-" + Math.max(20, width + 2) + "s%-10s%-9s%12s%12s  %s%n";
    StringBuilder out = new StringBuilder();
    out.append(
        line.formatted("step", "gate", "severity", "verdict", "value", "baseline", "allowed"));
    for (GateResult r : results) {
      out.append(
          line.formatted(
              r.gate().step(),
              r.id(),
              lower(r.gate().severity()),
              lower(r.verdict()),
              GateEvaluation.text(r.value()),
              GateEvaluation.text(r.baseline()),
              r.allowed() + note(r)));
    }
    out.append('\n').append(lower(decision.outcome()).replace('_', ' ')).append('\n');
    decision.lines().forEach(reason -> out.append("  ").append(reason).append('\n'));
    return out.append("next: ").append(decision.next()).append('\n').toString();
  }

  private static String note(GateResult r) {
    if (!r.accepted().isEmpty()) {
      return "  accepted by " + r.accepted();
    }
    return r.verdict() == GateResult.Verdict.UNKNOWN ? "  (" + r.why() + ")" : "";
  }
}
