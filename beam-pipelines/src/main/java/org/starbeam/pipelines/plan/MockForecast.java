package org.starbeam.pipelines.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.starbeam.pipelines.mock.MockGraph;
import org.starbeam.pipelines.mock.MockPlan;
import org.starbeam.pipelines.plan.CostModel.Driver;
import org.starbeam.pipelines.plan.CostModel.Line;
import org.starbeam.pipelines.plan.CostModel.TaskCost;

/**
 * A mock campaign as plan and cost model, so that its run can be predicted like that of any other.
 * Quanta that a fault keeps from running are counted all the same.
 */
public record MockForecast(Plan plan, CostModel costs) {
  /** What a mock campaign will do. */
  public static MockForecast of(MockPlan mock) {
    Map<String, Long> counts = mock.counts();
    List<Plan.Task> tasks = new ArrayList<>();
    Map<String, TaskCost> costs = new TreeMap<>();
    for (MockGraph.MockStage stage : MockGraph.stages()) {
      long quanta = counts.getOrDefault(stage.task(), 0L);
      Histogram n = new Histogram();
      n.add(1, quanta);
      tasks.add(new Plan.Task(stage.step(), stage.task(), n, quanta, quanta, stage.inputs()));
      costs.put(stage.task(), cost(mock.cost(stage.task()), mock.speed(), quanta));
    }
    return new MockForecast(new Plan(tasks), new CostModel("a mock file", costs, 1));
  }

  private static TaskCost cost(MockPlan.MockCost cost, double speed, long quanta) {
    return new TaskCost(
        Driver.ONE,
        quanta,
        1,
        1,
        new Line(cost.seconds() / speed, 0),
        cost.sigma(),
        Line.ZERO,
        Map.of("intermediate", new Line(cost.bytes(), 0)));
  }
}
