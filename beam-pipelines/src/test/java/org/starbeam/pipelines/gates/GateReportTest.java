package org.starbeam.pipelines.gates;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.starbeam.pipelines.gates.Gate.Severity;
import org.starbeam.pipelines.gates.GateResult.Verdict;

/** Which gates end a launch, and what a status that is asked for the exit code says of them. */
class GateReportTest {
  private static GateReport report(boolean own, Severity severity, Verdict verdict) {
    Gate gate =
        new Gate("step1", "seeing", "m", Map.of(), "", null, 1.0, severity, 1, null, 0, 0, 0);
    GateResult result = new GateResult(gate, "m", verdict, 2.0, null, "", 1, List.of(), "", "", "");
    GateDecision decision = new GateDecision(GateDecision.Outcome.PASS, List.of(), "");
    return new GateReport("run", own, List.of(result), decision);
  }

  @Test
  void violatedGateOfTheCampaignThatStopsEndsALaunch() {
    assertThat(report(true, Severity.STOP, Verdict.FAIL).isEnd(false)).isTrue();
    assertThat(report(true, Severity.WARN, Verdict.FAIL).isEnd(true)).isFalse();
    assertThat(report(true, Severity.STOP, Verdict.PASS).isEnd(true)).isFalse();
  }

  @Test
  void reviewEndsOnlyALaunchThatNobodyWatches() {
    assertThat(report(true, Severity.REVIEW, Verdict.FAIL).isEnd(false)).isFalse();
    assertThat(report(true, Severity.REVIEW, Verdict.FAIL).isEnd(true)).isTrue();
    assertThat(report(true, Severity.STOP, Verdict.UNKNOWN).isEnd(true)).isTrue();
  }

  @Test
  void defaultGatesEndNoLaunch() {
    assertThat(report(false, Severity.STOP, Verdict.FAIL).isEnd(true)).isFalse();
  }
}
