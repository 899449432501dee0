package org.starbeam.runners;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starbeam.pipelines.LaunchSettings;
import org.starbeam.pipelines.campaign.CampaignRunner;
import org.starbeam.pipelines.campaign.CampaignSettings;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.campaign.Template;
import org.starbeam.pipelines.mock.MockGraph;
import org.starbeam.pipelines.mock.MockPlan;
import org.starbeam.pipelines.mock.MockPlan.MockCost;
import org.starbeam.pipelines.plan.MockForecast;
import org.starbeam.pipelines.plan.ScheduleSimulation;

/**
 * What a plan says before a run is what the run then does. Times are compared with {@code
 * -Dstarbeam.full=true}, on a machine with nothing else to do.
 */
class MockScheduleTest {
  private static final double SECONDS = 0.06;

  /** Time of a quantum beside its task on this machine, from a trial on one slot. */
  private static double overheadSeconds = Double.NaN;

  @TempDir Path repository;

  private void launch(String run, int slots, MockPlan plan) {
    CampaignSettings settings =
        new CampaignSettings(
            Template.load("ci"),
            Map.of("input", repository.toString()),
            Template.ALL_STEPS,
            repository,
            run,
            "direct",
            LaunchSettings.ofParallelism(slots));
    new CampaignRunner("test").mocking(plan).run(settings);
  }

  /** Seconds from the beginning of the first quantum to the end of the last. */
  private double makespan(String run) {
    double[] ends = {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
    RunCatalog.open(repository, run)
        .forEachLast(
            record -> {
              ends[0] = Math.min(ends[0], record.getStartTaiMjd());
              ends[1] = Math.max(ends[1], record.getEndTaiMjd());
            });
    return (ends[1] - ends[0]) * 86_400;
  }

  private static MockPlan plan(int visits, int detectors, Map<String, MockCost> tasks) {
    MockPlan size = MockPlan.of(visits, detectors, 4, 3);
    return new MockPlan(
        size.visits(),
        size.detectors(),
        size.fields(),
        size.patches(),
        size.bands(),
        tasks,
        false,
        1,
        size.failures(),
        size.timeLimitSeconds(),
        size.isolate());
  }

  private static Map<String, MockCost> costs(double seconds, double sigma, String heavy) {
    Map<String, MockCost> out = new TreeMap<>();
    for (MockGraph.MockStage stage : MockGraph.stages()) {
      out.put(stage.task(), new MockCost(seconds, 0, sigma));
    }
    if (heavy != null) {
      out.put(heavy, new MockCost(20 * seconds, 0, sigma));
    }
    return out;
  }

  /** Slots, scatter of the run times, and a task that takes twenty times as long as the others. */
  @ParameterizedTest
  @CsvSource({
    "1, 12, 0, ",
    "4, 24, 0, ",
    "8, 24, 0.5, ",
    "4, 24, 0, isolatedStars",
    "8, 24, 0.3, visitSummary"
  })
  void theSimulationPredictsTheTimeOfARunWithinATenth(
      int slots, int visits, double sigma, String heavy) {
    requireTime();
    MockPlan plan = plan(visits, 6, costs(SECONDS, sigma, heavy));
    MockForecast forecast = MockForecast.of(plan);
    ScheduleSimulation.Config config =
        new ScheduleSimulation.Config(slots, false, -1, 0, 0, overheadSeconds, 1);
    double predicted =
        ScheduleSimulation.run(forecast.plan(), forecast.costs(), config).makespanSeconds();
    launch("run", slots, plan);
    double measured = makespan("run");
    System.out.printf(
        "%d slots, %d quanta: predicted %.2f s, measured %.2f s (%+.1f %%)%n",
        slots, forecast.plan().quanta(), predicted, measured, 100 * (predicted / measured - 1));
    assertThat(predicted).isCloseTo(measured, within(0.1 * measured));
  }

  /**
   * A machine with so much else to do that a quantum of 60 ms takes 80 has nothing to say about
   * schedules.
   */
  private void requireTime() {
    assumeThat(Boolean.getBoolean("starbeam.full")).as("-Dstarbeam.full=true").isTrue();
    if (Double.isNaN(overheadSeconds)) {
      launch("warm", 4, MockPlan.of(24, 6, 4, 3));
      MockPlan trial = plan(4, 6, costs(SECONDS, 0, null));
      launch("trial", 1, trial);
      long quanta = MockForecast.of(trial).plan().quanta();
      overheadSeconds = makespan("trial") / quanta - SECONDS;
    }
    assumeThat(overheadSeconds).as("seconds of a quantum beside its task").isLessThan(0.02);
  }

  @Test
  void asManyQuantaAreExecutedAsWerePlanned() {
    for (MockPlan plan :
        List.of(MockPlan.of(24, 6, 4, 3), MockPlan.of(5, 2, 4, 3), MockPlan.of(7, 9, 2, 20))) {
      String run = "visits" + plan.visits();
      launch(run, 2, plan);
      Map<String, Long> executed = new TreeMap<>();
      RunCatalog.open(repository, run).forEachLast(r -> executed.merge(r.getTask(), 1L, Long::sum));
      assertThat(executed).isEqualTo(plan.counts());
    }
  }
}
