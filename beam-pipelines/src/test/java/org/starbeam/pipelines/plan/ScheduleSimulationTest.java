package org.starbeam.pipelines.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.starbeam.pipelines.plan.CostModel.Driver;
import org.starbeam.pipelines.plan.CostModel.Line;
import org.starbeam.pipelines.plan.CostModel.TaskCost;
import org.starbeam.pipelines.plan.ScheduleSimulation.Config;
import org.starbeam.pipelines.plan.ScheduleSimulation.Result;

/** Truth: schedules that can be worked out by hand. */
class ScheduleSimulationTest {
  private static final double SECONDS = 10;

  private static Plan plan(int frames, int visits) {
    return new Plan(
        List.of(
            task("step1", "singleFrame", frames),
            task("step2", "isolatedStars", 1),
            task("step2", "finalVisit", frames),
            task("step2", "visitTables", visits)));
  }

  private static Plan.Task task(String step, String name, int quanta) {
    Histogram n = new Histogram();
    n.add(1, quanta);
    return new Plan.Task(step, name, n, quanta, quanta);
  }

  private static CostModel costs(double memory) {
    TaskCost one =
        new TaskCost(
            Driver.ONE,
            1,
            1,
            1,
            new Line(SECONDS, 0),
            0,
            new Line(memory, 0),
            Map.of("intermediate", new Line(100, 0)));
    return new CostModel(
        "by hand",
        Map.of(
            "singleFrame", one,
            "isolatedStars", one,
            "finalVisit", one,
            "visitTables", one,
            "selectVisits", one),
        1);
  }

  private static Result run(Plan plan, int slots) {
    return ScheduleSimulation.run(plan, costs(1), Config.ofSlots(slots).exact());
  }

  @Test
  void equalQuantaFillTheSlotsInRounds() {
    Plan frames = new Plan(List.of(task("step1", "singleFrame", 10)));
    assertThat(run(frames, 4).makespanSeconds()).isEqualTo(3 * SECONDS);
    assertThat(run(frames, 4).utilisation()).isCloseTo(10 / 12.0, within(1e-9));
    assertThat(run(frames, 100).makespanSeconds()).isEqualTo(SECONDS);
  }

  /** finalVisit reads singleFrame of its own detector; isolatedStars gathers all of them. */
  @Test
  void gathersWaitForEverything() {
    Result result = run(plan(4, 1), 100);
    assertThat(result.spans().get(1).beginSeconds()).isEqualTo(SECONDS);
    assertThat(result.makespanSeconds()).isEqualTo(3 * SECONDS);
    assertThat(result.criticalPath()).startsWith("singleFrame").endsWith("visitTables");
  }

  /** selectVisits reads finalVisit, not visitTables; with barriers it waits for the whole step2. */
  @Test
  void withBarriersAStepWaitsForTheOneBefore() {
    Plan plan =
        new Plan(
            List.of(
                task("step1", "singleFrame", 2),
                task("step2", "finalVisit", 2),
                task("step2", "visitTables", 2),
                task("step3", "selectVisits", 2)));
    Config barred = new Config(2, true, 0, 0, 0, 0, 1);
    assertThat(run(plan, 2).spans().get(3).beginSeconds()).isEqualTo(2 * SECONDS);
    assertThat(ScheduleSimulation.run(plan, costs(1), barred).spans().get(3).beginSeconds())
        .isEqualTo(3 * SECONDS);
  }

  @Test
  void aLargeQuantumTakesSeveralSlots() {
    Plan frames = new Plan(List.of(task("step1", "singleFrame", 4)));
    Config config = new Config(4, false, 0, 1, 0, 0, 1);
    assertThat(ScheduleSimulation.run(frames, costs(2), config).makespanSeconds())
        .isEqualTo(2 * SECONDS);
  }

  @Test
  void theSmallestNumberOfSlotsForADeadlineIsFound() {
    Plan frames = new Plan(List.of(task("step1", "singleFrame", 100)));
    Config config = Config.ofSlots(1).exact();
    assertThat(ScheduleSimulation.slotsFor(frames, costs(1), config, 50)).isEqualTo(20);
    assertThat(ScheduleSimulation.slotsFor(frames, costs(1), config, 9)).isZero();
  }

  @Test
  void storedIntermediatesGoWhenTheyAreConsumed() {
    Plan plan =
        new Plan(
            List.of(
                task("step1", "singleFrame", 2),
                task("step2", "finalVisit", 2),
                task("step2", "visitTables", 2)));
    assertThat(run(plan, 2).peakBytes().get("intermediate")).isEqualTo(400);
    assertThat(run(plan, 2)).usingRecursiveComparison().isEqualTo(run(plan, 2));
  }
}
