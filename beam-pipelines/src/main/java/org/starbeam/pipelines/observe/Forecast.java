package org.starbeam.pipelines.observe;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * When a run will end. What is left of each task costs its mean observed run time, or, before any
 * quantum of it has run, the plan's prediction times the ratio of observed to predicted times of
 * the others; it is worked off by as many quanta at a time as there were in the last minutes.
 *
 * @param remainingQuanta quanta of the plan without a terminal status
 * @param seconds until the end; null when it cannot be told: no plan, or nothing has run yet
 * @param errorFraction one standard deviation of the remaining work, relative; null likewise
 */
public record Forecast(
    long remainingQuanta, @Nullable Double seconds, @Nullable Double errorFraction) {
  private static final double UNSEEN_ERROR = 0.5;
  private static final int RATE_MINUTES = 5;

  static Forecast of(List<TaskTally> tasks, PlanTotals plan, RunLife life) {
    double ratio = ratio(tasks, plan);
    long remaining = 0;
    double work = 0;
    double variance = 0;
    boolean unknown = plan.isEmpty();
    for (PlanTotals.TaskPlan planned : plan.tasks()) {
      TaskTally tally = tally(tasks, planned.task());
      long left = Math.max(0, planned.quanta() - (tally == null ? 0 : tally.ended()));
      remaining += left;
      if (left == 0) {
        continue;
      }
      if (tally != null && tally.executed > 0) {
        work += left * tally.meanWall();
        double scatter = tally.executed < 2 ? tally.meanWall() : tally.scatterOfWall();
        double ofMean = scatter * scatter * left * left / tally.executed;
        variance += left * scatter * scatter + ofMean;
      } else if (Double.isFinite(ratio) && planned.quanta() > 0) {
        double cost = left * planned.coreSeconds() / planned.quanta() * ratio;
        work += cost;
        variance += cost * UNSEEN_ERROR * cost * UNSEEN_ERROR;
      } else {
        unknown = true;
      }
    }
    double concurrency = concurrency(tasks, life);
    if (unknown || !(concurrency > 0)) {
      return new Forecast(remaining, null, null);
    }
    return new Forecast(remaining, work / concurrency, work > 0 ? Math.sqrt(variance) / work : 0.0);
  }

  private static @Nullable TaskTally tally(List<TaskTally> tasks, String name) {
    return tasks.stream().filter(t -> t.task.equals(name)).findFirst().orElse(null);
  }

  /** Observed over predicted run time of the quanta that ran. */
  private static double ratio(List<TaskTally> tasks, PlanTotals plan) {
    double observed = 0;
    double predicted = 0;
    for (TaskTally tally : tasks) {
      PlanTotals.TaskPlan planned = plan.task(tally.task);
      if (planned != null && planned.quanta() > 0 && tally.executed > 0) {
        observed += tally.wallSeconds;
        predicted += planned.coreSeconds() / planned.quanta() * tally.executed;
      }
    }
    return predicted > 0 ? observed / predicted : Double.NaN;
  }

  /** Quanta at a time: run time that ended in the last minutes over those minutes. */
  private static double concurrency(List<TaskTally> tasks, RunLife life) {
    double worked = 0;
    for (TaskTally tally : tasks) {
      if (tally.executed > 0) {
        worked += tally.perMinute(life.nowMjd(), RATE_MINUTES) * tally.meanWall() / 60;
      }
    }
    return life.slots() > 0 ? Math.min(life.slots(), Math.max(worked, 0.5)) : worked;
  }
}
