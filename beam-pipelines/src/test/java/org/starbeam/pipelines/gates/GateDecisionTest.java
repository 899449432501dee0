package org.starbeam.pipelines.gates;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.starbeam.pipelines.gates.GateDecision.Outcome;
import org.starbeam.transforms.quantum.ErrorSignature;
import org.starbeam.transforms.quantum.FailurePolicy;
import org.starbeam.transforms.quantum.FailureRules;

/** Scripted runs reach the branch of the decision tree that they should. */
class GateDecisionTest {
  private static final String GATES =
      """
      step1:
        - {id: failed, metric: quanta.singleFrame.failed_fraction, max: 0.01, severity: stop}
        - {id: degraded, metric: quanta.singleFrame.degraded_fraction, max: 0.05, severity: warn}
        - {id: seeing, metric: detector.seeing.median, range: [0.4, 1.8], severity: warn}
        - {id: psf, metric: detector.psf.p95, max: 0.02, severity: stop, minSamples: 50}
        - {id: outliers, metric: detector.psf.fraction_beyond(0.05), max: 0.02, severity: review}
        - {id: offset, metric: run.offset, where: {band: [r]}, range: [-0.01, 0.01], severity: stop, minSamples: 20}
        - {id: last, metric: "*", baseline: "chain:x/last", relative: 0.1, sigma: 4, severity: review}
      """;
  private static final FailureRules RULES =
      new FailureRules(
          FailurePolicy.ofFraction(0.01),
          List.of(
              known("amp-saturated", 0.1, "SB-12", "bright stars", false),
              known("old-bug", 0, "SB-7", "mended in 0.2", true)),
          false,
          List.of());

  private static ErrorSignature known(
      String name, double tolerance, String ticket, String note, boolean resolved) {
    return new ErrorSignature(name, "X", null, null, null, tolerance, ticket, note, resolved);
  }

  private static List<Gate> gates() {
    try {
      return Gate.parseAll(
          new YAMLMapper().readTree(GATES),
          (key, code, message) -> {
            throw new AssertionError(key + " " + code + " " + message);
          });
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** A good run: 20 detectors, 30 visits. */
  private static ScriptedNumbers good() {
    return new ScriptedNumbers(20, 30)
        .detector("seeing", i -> 0.8 + 0.01 * (i % 7))
        .detector("psf", i -> 0.01)
        .run("offset", "r", 0.002, 500, 0.001)
        .run("depth", "r", 24.5, 500, 0.01);
  }

  private static ScriptedNumbers withPsf(java.util.function.IntToDoubleFunction psf) {
    return new ScriptedNumbers(20, 30)
        .detector("seeing", i -> 0.8)
        .detector("psf", psf)
        .run("offset", "r", 0.002, 500, 0.001)
        .run("depth", "r", 24.5, 500, 0.01);
  }

  private static ScriptedNumbers withRun(double offset, long n, double depth) {
    return new ScriptedNumbers(20, 30)
        .detector("seeing", i -> 0.8)
        .detector("psf", i -> 0.01)
        .run("offset", "r", offset, n, 0.001)
        .run("depth", "r", depth, n, 0.01);
  }

  private static ScriptedNumbers failing(int number, UnaryOperator<String> code) {
    ScriptedNumbers run = good();
    for (int i = 0; i < number; i++) {
      run.fail("singleFrame", 7 * i % 600, "DEFECT", code.apply("E" + i), null);
    }
    return run;
  }

  private static ScriptedNumbers signed(int number, String signature) {
    ScriptedNumbers run = good();
    for (int i = 0; i < number; i++) {
      run.fail("singleFrame", 11 * i % 600, "BAD_INPUT", "X", signature);
    }
    return run;
  }

  private static ScriptedNumbers oneDetector(int detector, int number) {
    ScriptedNumbers run = good();
    for (int i = 0; i < number; i++) {
      run.fail("singleFrame", i * 20 + detector, "ALGORITHM", "too-few-stars", null);
    }
    return run;
  }

  private static ScriptedNumbers blockedRun(int number) {
    ScriptedNumbers run = good().task("finalVisit");
    run.fail("singleFrame", 3, "BAD_INPUT", "TRUNCATED", null);
    for (int i = 0; i < number; i++) {
      run.block("finalVisit", i, "singleFrame(" + run.unit(3) + ")");
    }
    return run;
  }

  private static Arguments of(
      String name, ScriptedNumbers run, List<GateNumbers> earlier, Outcome outcome, String text) {
    return Arguments.of(name, run, earlier, outcome, text);
  }

  private static List<GateNumbers> last() {
    return List.of(good());
  }

  static Stream<Arguments> scenarios() {
    List<GateNumbers> year = new ArrayList<>();
    for (int month = 0; month < 12; month++) {
      year.add(withRun(0.002, 500, 24.5 + 0.05 * Math.sin(month)));
    }
    return Stream.of(
        of("good", good(), last(), Outcome.PASS, "all gates passed"),
        of("good, the same as last month", good(), year, Outcome.PASS, "all gates"),
        of("a few failures within tolerance", failing(5, c -> "SAME"), last(), Outcome.PASS, ""),
        of(
            "degraded above a warning",
            good().degraded("singleFrame", 100),
            last(),
            Outcome.PASS,
            ""),
        of("seeing outside of a warning", bad("seeing"), last(), Outcome.PASS, ""),
        of(
            "slightly bad: outliers to review",
            withPsf(i -> i % 30 == 0 ? 0.06 : 0.01),
            last(),
            Outcome.REVIEW,
            "outliers"),
        of(
            "p95 of the PSF beyond its limit",
            withPsf(i -> i % 10 == 0 ? 0.04 : 0.01),
            last(),
            Outcome.STOP_GATE,
            "psf"),
        of("all of the PSF bad", withPsf(i -> 0.03), last(), Outcome.STOP_GATE, "allowed <= 0.02"),
        of(
            "PSF bad on one detector",
            withPsf(i -> i % 20 < 2 ? 0.05 : 0.01),
            last(),
            Outcome.STOP_GATE,
            "of detector"),
        of("offset above", withRun(0.012, 500, 24.5), last(), Outcome.STOP_GATE, "above 0.01"),
        of("offset below", withRun(-0.02, 500, 24.5), last(), Outcome.STOP_GATE, "below -0.01"),
        of(
            "offset at the limit",
            withRun(0.01, 500, 24.5),
            List.of(withRun(0.01, 500, 24.5)),
            Outcome.PASS,
            ""),
        of(
            "too few samples",
            withRun(0.012, 15, 24.5),
            last(),
            Outcome.REVIEW,
            "15 values, at least 20"),
        of(
            "too few samples, good value",
            withRun(0.001, 15, 24.5),
            last(),
            Outcome.REVIEW,
            "15 values"),
        of(
            "no such metric",
            new ScriptedNumbers(20, 30)
                .detector("psf", i -> 0.01)
                .run("depth", "r", 24.5, 500, 0.01),
            last(),
            Outcome.REVIEW,
            "no values"),
        of("missing baseline", good(), List.of(), Outcome.REVIEW, "no value to compare with"),
        of(
            "baseline without the metric",
            good(),
            List.of(new ScriptedNumbers(1, 1)),
            Outcome.REVIEW,
            "no value to compare"),
        of("depth changed by 4 mag", withRun(0.002, 500, 20.4), last(), Outcome.REVIEW, "depth[r]"),
        of("depth fell in a year", withRun(0.002, 500, 20.4), year, Outcome.REVIEW, ", z -8.373"),
        of("depth changed within 10 percent", withRun(0.002, 500, 24.0), last(), Outcome.PASS, ""),
        of("offset changed within 4 errors", withRun(0.005, 500, 24.5), last(), Outcome.PASS, ""),
        of(
            "offset changed beyond 4 errors",
            withRun(0.0085, 500, 24.5),
            last(),
            Outcome.REVIEW,
            "offset[r]"),
        of(
            "dominant unknown failure",
            failing(60, c -> "SAME"),
            last(),
            Outcome.LOOK_AT_DOMINANT,
            "60 of 60 failures"),
        of(
            "dominant failure shows logs",
            failing(60, c -> "SAME"),
            last(),
            Outcome.LOOK_AT_DOMINANT,
            "starbeam logs RUN --task singleFrame"),
        of(
            "failures of many kinds",
            failing(60, c -> c),
            last(),
            Outcome.LOOK_AT_SEVERAL,
            "e.g. singleFrame("),
        of(
            "dominant failure that is tolerated",
            signed(60, "amp-saturated"),
            last(),
            Outcome.ACCEPT_KNOWN,
            "SB-12"),
        of(
            "dominant known failure beyond what is tolerated of it",
            signed(70, "amp-saturated"),
            last(),
            Outcome.LOOK_AT_DOMINANT,
            "SB-12"),
        of(
            "dominant failure that was mended",
            signed(60, "old-bug"),
            last(),
            Outcome.STOP_RESOLVED_CAME_BACK,
            "SB-7"),
        of(
            "dominant failure without an entry",
            signed(60, "other"),
            last(),
            Outcome.LOOK_AT_DOMINANT,
            "other"),
        of(
            "failures on one detector",
            oneDetector(13, 20),
            last(),
            Outcome.LOOK_AT_DOMINANT,
            "20 of 20 bad units are of detector 13"),
        of(
            "infrastructure failed",
            good().fail("singleFrame", 1, "INFRA", "No space left", null),
            last(),
            Outcome.RESUME,
            "No space left"),
        of(
            "quanta without an end",
            good().open("singleFrame", 4),
            last(),
            Outcome.RESUME,
            "4 quanta"),
        of(
            "blocked by one root",
            blockedRun(30),
            last(),
            Outcome.LOOK_AT_BLOCKED,
            "30 blocked by singleFrame("),
        of(
            "infrastructure before failures",
            failing(60, c -> "SAME").open("singleFrame", 1),
            last(),
            Outcome.RESUME,
            ""),
        of(
            "failures before gates",
            withPsfAndFailures(),
            last(),
            Outcome.LOOK_AT_DOMINANT,
            "60 of 60"));
  }

  private static ScriptedNumbers bad(String seeing) {
    return new ScriptedNumbers(20, 30)
        .detector(seeing, i -> 2.5)
        .detector("psf", i -> 0.01)
        .run("offset", "r", 0.002, 500, 0.001)
        .run("depth", "r", 24.5, 500, 0.01);
  }

  private static ScriptedNumbers withPsfAndFailures() {
    ScriptedNumbers run = withPsf(i -> 0.03);
    for (int i = 0; i < 60; i++) {
      run.fail("singleFrame", 9 * i % 600, "DEFECT", "SAME", null);
    }
    return run;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("scenarios")
  void aScenarioReachesItsDecision(
      String name, ScriptedNumbers run, List<GateNumbers> earlier, Outcome outcome, String text) {
    List<GateResult> results = new GateEvaluation(run, b -> earlier).evaluate(gates());
    GateDecision decision = new GateDecision.Tree("RUN", run, results, RULES).decide();
    assertThat(decision.outcome()).as(String.join("\n", decision.lines())).isEqualTo(outcome);
    assertThat(String.join("\n", decision.lines())).contains(text);
    assertThat(decision.next()).isNotEmpty();
  }

  @Test
  void thirtyScenariosAreScripted() {
    assertThat(scenarios().count()).isGreaterThanOrEqualTo(30);
  }

  @Test
  void anAcceptedReviewIsNoLongerPending() {
    GateResult pending =
        new GateEvaluation(withRun(0.001, 15, 24.5), b -> last())
            .evaluate(gates()).stream().filter(GateResult::isReview).findFirst().orElseThrow();
    assertThat(pending.acceptedBy("me").isReview()).isFalse();
  }

  @Test
  void theHintNamesTheBadDetector() {
    Random random = new Random(20250601);
    int cases = 1000;
    int named = 0;
    int wrong = 0;
    for (int c = 0; c < cases; c++) {
      ScriptedNumbers camera =
          new ScriptedNumbers(10 + random.nextInt(180), 20 + random.nextInt(60));
      int detectors =
          camera.units("").stream().mapToInt(u -> (int) (long) u.detector()).max().orElseThrow()
              + 1;
      int bad = random.nextInt(detectors);
      List<GateNumbers.Unit> failed = new ArrayList<>();
      int wanted = 10 + random.nextInt(20);
      while (failed.size() < wanted) {
        boolean clustered = random.nextDouble() < 0.7;
        int visit = random.nextInt(camera.size() / detectors);
        failed.add(camera.unit(visit * detectors + (clustered ? bad : random.nextInt(detectors))));
      }
      Clustering.Cluster cluster = Clustering.find(failed, camera.units(""));
      boolean right =
          cluster != null && cluster.dimension().equals("detector") && cluster.value() == bad;
      named += right ? 1 : 0;
      wrong += cluster != null && !right ? 1 : 0;
    }
    System.out.printf("clustering: %d of %d named, %d wrong%n", named, cases, wrong);
    assertThat(named).isGreaterThanOrEqualTo((int) (0.95 * cases));
  }

  @Test
  void failuresSpreadByChanceGetNoHint() {
    Random random = new Random(3);
    int cases = 500;
    int hints = 0;
    for (int c = 0; c < cases; c++) {
      ScriptedNumbers camera = new ScriptedNumbers(30, 40);
      List<GateNumbers.Unit> failed = new ArrayList<>();
      for (int i = 0; i < 30; i++) {
        failed.add(camera.unit(random.nextInt(camera.size())));
      }
      hints += Clustering.find(failed, camera.units("")) == null ? 0 : 1;
    }
    System.out.printf("clustering: %d hints in %d cases of chance%n", hints, cases);
    assertThat(hints).isLessThan(cases / 20);
  }
}
