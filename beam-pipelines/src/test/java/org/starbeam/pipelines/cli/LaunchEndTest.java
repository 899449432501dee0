package org.starbeam.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.gates.Gate;
import org.starbeam.pipelines.gates.GateDecision;
import org.starbeam.pipelines.gates.GateReport;
import org.starbeam.pipelines.gates.GateResult;
import org.starbeam.pipelines.repository.Completion;

/** What the end of a launch says of gates and chains. */
class LaunchEndTest {
  private static final String EVAL = "starbeam gates eval m1 --repo repo";

  /** A comparison with a month before that does not exist. */
  private static final GateResult FIRST_MONTH =
      new GateResult(
          new Gate(
              "step7",
              "vs-last",
              "*",
              Map.of(),
              "",
              null,
              null,
              Gate.Severity.REVIEW,
              1,
              "chain:rc2/last",
              0,
              0.1,
              4),
          "*",
          GateResult.Verdict.UNKNOWN,
          null,
          null,
          "",
          0,
          List.of(),
          "",
          "no run before",
          "");

  private static Completion.Result ended(
      ExitCode code, boolean own, List<GateResult> results, List<String> chains) {
    GateDecision decision =
        new GateDecision(
            results.isEmpty() ? GateDecision.Outcome.PASS : GateDecision.Outcome.REVIEW,
            List.of("what was decided"),
            "");
    return new Completion.Result(code, new GateReport("m1", own, results, decision), chains, 0);
  }

  @Test
  void runThatWaitsForAReviewSaysSoAlthoughItsExitCodeIsZero() {
    Completion.Result first = ended(ExitCode.SUCCESS, true, List.of(FIRST_MONTH), List.of());
    assertThat(LaunchEnd.verdict(first, true, EVAL))
        .contains("what was decided", "next: " + EVAL)
        .anyMatch(line -> line.contains("in no chain"));
  }

  @Test
  void acceptedRunNamesItsChains() {
    List<String> chains = List.of("rc2-monthly/all", "rc2/last");
    assertThat(LaunchEnd.verdict(ended(ExitCode.SUCCESS, true, List.of(), chains), true, EVAL))
        .containsExactly("accepted: now first in chain:rc2-monthly/all, chain:rc2/last");
  }

  @Test
  void partOfACampaignAndGatesThatAreNotItsOwnHoldNothingUp() {
    Completion.Result first = ended(ExitCode.SUCCESS, true, List.of(FIRST_MONTH), List.of());
    assertThat(LaunchEnd.verdict(first, false, EVAL)).isEmpty();
    Completion.Result other = ended(ExitCode.SUCCESS, false, List.of(FIRST_MONTH), List.of());
    assertThat(LaunchEnd.verdict(other, true, EVAL)).isEmpty();
  }

  @Test
  void gateThatStopsIsTold() {
    Completion.Result stopped = ended(ExitCode.GATE, true, List.of(FIRST_MONTH), List.of());
    assertThat(LaunchEnd.verdict(stopped, false, EVAL))
        .containsExactly("what was decided", "next: " + EVAL);
  }
}
