package org.starbeam.runners;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.LaunchSettings;
import org.starbeam.pipelines.campaign.CampaignRunner;
import org.starbeam.pipelines.campaign.CampaignSettings;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.campaign.Template;
import org.starbeam.pipelines.cli.Main;
import org.starbeam.pipelines.mock.MockFault;
import org.starbeam.pipelines.mock.MockOracle;
import org.starbeam.pipelines.mock.MockPlan;
import org.starbeam.pipelines.repository.RepositoryFile;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.quantum.QuantumLimits.Isolate;

/**
 * Mock campaigns with injected failures: status, error class, attempts, caveats and root causes of
 * every quantum are those that an evaluation of the rules without graph and harness gives. The full
 * size (100,000 quanta, 20 seeds) runs with {@code -Dstarbeam.full=true}.
 */
class MockCampaignTest {
  private static final boolean FULL = Boolean.getBoolean("starbeam.full");
  private static final Map<MockFault, Double> FAULTS =
      Map.of(
          MockFault.EXCEPTION, 1.0,
          MockFault.CORRUPT, 1.0,
          MockFault.NO_ANSWER, 1.0,
          MockFault.MEMORY, 1.0,
          MockFault.TIME, 0.1,
          MockFault.STORAGE, 0.5,
          MockFault.HICCUP, 1.0);

  @TempDir Path repository;

  private static MockPlan plan(int seed, double rate) {
    MockPlan size = FULL ? MockPlan.of(480, 50, 8, 25) : MockPlan.of(24, 6, 4, 3);
    return size.failing(seed, rate, FAULTS).limited(0.5, Isolate.NEVER);
  }

  private CampaignRunner.Result launch(String run, String runner, int parallelism, MockPlan plan) {
    Map<String, String> values = Map.of("input", repository.toString());
    CampaignSettings settings =
        new CampaignSettings(
            Template.load("ci"),
            values,
            Template.ALL_STEPS,
            repository,
            run,
            runner,
            LaunchSettings.ofParallelism(parallelism));
    return new CampaignRunner("test").mocking(plan).run(settings);
  }

  /** Whatever becomes of a launch, what it leaves is a repository. */
  @Test
  void theFirstLaunchMakesARepositoryOfItsDirectory() {
    launch("first", "direct", 2, MockPlan.of(2, 2, 1, 1));
    assertThat(RepositoryFile.read(repository).path("format").asInt())
        .isEqualTo(RepositoryFile.FORMAT);
  }

  private Map<String, String> recorded(String run) {
    Map<String, String> out = new TreeMap<>();
    RunCatalog.open(repository, run)
        .forEachLast(r -> out.put(r.getTask() + "(" + r.getDataId() + ")", text(r)));
    return out;
  }

  private static String text(QuantumRecord r) {
    List<String> caveats = new ArrayList<>(r.getCaveats());
    return r.getStatus()
        + " "
        + r.getErrorClass()
        + " attempts "
        + r.getAttempt()
        + " "
        + caveats
        + " "
        + r.getRootCauses();
  }

  private static Map<String, String> expected(MockPlan plan) {
    Map<String, String> out = new TreeMap<>();
    MockOracle.forEach(
        plan,
        (name, end) -> {
          List<String> caveats = new ArrayList<>();
          if (end.degraded() && end.status().equals("DONE")) {
            caveats.add("UPSTREAM_MISSING");
          }
          if (end.retried()) {
            caveats.add("RETRIED");
          }
          out.put(
              name,
              end.status()
                  + " "
                  + end.errorClass()
                  + " attempts "
                  + end.attempts()
                  + " "
                  + caveats
                  + " "
                  + end.firstRoots());
        });
    return out;
  }

  private void assertThatEveryQuantumEndedAsTheOracleSays(String run, MockPlan plan) {
    Map<String, String> recorded = recorded(run);
    Map<String, String> expected = expected(plan);
    List<String> wrong = new ArrayList<>();
    expected.forEach(
        (name, end) -> {
          if (!end.equals(recorded.get(name))) {
            wrong.add(name + ": expected " + end + ", was " + recorded.get(name));
          }
        });
    assertThat(wrong.subList(0, Math.min(10, wrong.size()))).isEmpty();
    assertThat(recorded.keySet()).isEqualTo(expected.keySet());
  }

  @ParameterizedTest
  @CsvSource({"direct,1,0.02", "direct,8,0.2", "flink,2,0.05"})
  void everyQuantumEndsAsTheOracleSays(String runner, int parallelism, double rate) {
    MockPlan plan = plan(parallelism, rate);
    CampaignRunner.Result result = launch("mock", runner, parallelism, plan);
    assertThatEveryQuantumEndedAsTheOracleSays("mock", plan);
    long failed = expected(plan).values().stream().filter(end -> end.startsWith("FAILED")).count();
    assertThat(result.summary().total(QuantumStatus.FAILED)).isEqualTo(failed);
    assertThat(result.exitCode()).isEqualTo(failed == 0 ? ExitCode.SUCCESS : ExitCode.POLICY);
  }

  /**
   * The limit of specs/05 section 4 holds for the runner that is made for campaigns of this size;
   * the direct runner spends half a millisecond on each key of each gather whatever is done there.
   */
  @ParameterizedTest
  @ValueSource(strings = {"flink", "direct"})
  void aSecondLaunchAdoptsEverythingAndRunsNothing(String runner) {
    MockPlan plan = plan(1, 0);
    launch("mock", runner, 2, plan);
    int quanta = expected(plan).size();
    long start = System.nanoTime();
    double cpu = cpuSeconds();
    CampaignRunner.Result second = launch("mock", runner, 2, plan);
    double seconds = (System.nanoTime() - start) / 1e9;
    cpu = cpuSeconds() - cpu;
    System.out.printf(
        "%,d quanta adopted by %s in %.1f s, %.1f s of CPU%n", quanta, runner, seconds, cpu);
    assertThat(second.continued()).isTrue();
    assertThat(second.summary().total(QuantumStatus.ADOPTED)).isEqualTo(quanta);
    assertThat(second.summary().total(QuantumStatus.DONE)).isZero();
    if (FULL && runner.equals("flink")) {
      assertThat(seconds).isLessThanOrEqualTo(10);
    }
  }

  @Test
  void whatFailedOfAnInputThatWasTakenAwayCountsNoMore() {
    MockPlan all = plan(1, 0.05);
    launch("mock", "direct", 2, all);
    MockPlan less =
        MockPlan.of(6, all.detectors(), all.fields(), all.patches())
            .failing(1, 0.05, FAULTS)
            .limited(0.5, Isolate.NEVER);
    launch("mock", "direct", 2, less);
    Map<String, String> expected = expected(less);
    Map<String, String> recorded = recorded("mock");
    recorded.forEach(
        (quantum, end) -> {
          if (expected.containsKey(quantum)) {
            String status = expected.get(quantum).split(" ")[0];
            assertThat(end.replaceFirst("^ADOPTED", "DONE")).as(quantum).startsWith(status);
          } else {
            assertThat(end).as(quantum).doesNotStartWith("FAILED").doesNotStartWith("BLOCKED");
          }
        });
    assertThat(recorded.values()).anyMatch(end -> end.startsWith("SKIPPED"));
  }

  /**
   * 20 seeds with 1 % of failures, two with 3 %, the first and the last on the direct runner; one
   * of each without the full size.
   */
  @Test
  void manySeedsGiveWhatTheOracleSays() {
    int many = FULL ? 20 : 1;
    for (int seed = 1; seed <= many + (FULL ? 2 : 1); seed++) {
      MockPlan plan = plan(seed, seed <= many ? 0.01 : 0.03);
      long start = System.nanoTime();
      double cpu = cpuSeconds();
      launch("seed" + seed, seed == 1 || seed > many ? "direct" : "flink", 2, plan);
      double seconds = (System.nanoTime() - start) / 1e9;
      cpu = cpuSeconds() - cpu;
      assertThatEveryQuantumEndedAsTheOracleSays("seed" + seed, plan);
      System.out.printf(
          "seed %d, %.0f %% fail: %,d quanta as expected in %.0f s, %.0f s of CPU%n",
          seed, 100 * plan.failures().rate(), expected(plan).size(), seconds, cpu);
      if (seed == 1) {
        assertThatLogsShowEveryFailure("seed1", plan);
      }
    }
  }

  /** One command for each task that has failures. */
  private void assertThatLogsShowEveryFailure(String run, MockPlan plan) {
    Map<String, Set<String>> failed = new TreeMap<>();
    expected(plan)
        .forEach(
            (name, end) -> {
              if (end.startsWith("FAILED")) {
                String task = name.substring(0, name.indexOf('('));
                String id = name.substring(task.length() + 1, name.length() - 1);
                failed.computeIfAbsent(task, t -> new TreeSet<>()).add(id);
              }
            });
    assertThat(failed).isNotEmpty();
    failed.forEach(
        (task, ids) -> {
          JsonNode answer = logs(run, "--failed", "--task", task);
          assertThat(answer.path("quanta").asInt()).as(task).isEqualTo(ids.size());
          Set<String> said = new TreeSet<>();
          for (JsonNode line : answer.path("lines")) {
            assertThat(line.path("task").asText()).isEqualTo(task);
            said.add(line.path("dataId").asText());
          }
          assertThat(said).as(task).isEqualTo(ids);
        });
    System.out.printf(
        "logs --failed shows the %d failures of %d tasks%n",
        failed.values().stream().mapToInt(Set::size).sum(), failed.size());
  }

  private JsonNode logs(String run, String... options) {
    List<String> words = new ArrayList<>(List.of("logs", run, "--json"));
    words.addAll(List.of("--repo", repository.toString()));
    words.addAll(List.of(options));
    PrintStream before = System.out;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    try {
      assertThat(Main.execute(words.toArray(String[]::new))).isZero();
      return new ObjectMapper().readTree(out.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      System.setOut(before);
    }
  }

  private static double cpuSeconds() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
            .getProcessCpuTime()
        / 1e9;
  }
}
