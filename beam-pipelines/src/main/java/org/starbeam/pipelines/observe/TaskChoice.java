package org.starbeam.pipelines.observe;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.starbeam.failure.Suggestion;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.TaskGraph;
import org.starbeam.pipelines.campaign.Template;

/**
 * Tasks that somebody wants to see.
 *
 * @param steps names of steps; empty for all
 * @param tasks names of tasks; empty for all
 */
public record TaskChoice(Set<String> steps, Set<String> tasks) {
  /** Every task. */
  public static final TaskChoice ALL = new TaskChoice(Set.of(), Set.of());

  public TaskChoice {
    steps = Set.copyOf(steps);
    tasks = Set.copyOf(tasks);
  }

  /**
   * A choice as it is written.
   *
   * @param state the run, which may have tasks of its own
   * @throws UserException for a step or a task that does not exist
   */
  public static TaskChoice of(Collection<String> steps, Collection<String> tasks, RunState state) {
    List<String> ofRun = state.tasks().stream().map(RunState.TaskState::task).toList();
    List<String> all =
        Stream.concat(ofRun.stream(), TaskGraph.tasks().stream()).distinct().toList();
    Stream<String> stepsOfRun = state.tasks().stream().map(RunState.TaskState::step);
    require(
        "--step",
        steps,
        Stream.concat(Template.ALL_STEPS.stream(), stepsOfRun).distinct().toList());
    require("--task", tasks, all);
    return new TaskChoice(Set.copyOf(steps), Set.copyOf(tasks));
  }

  private static void require(String option, Collection<String> names, List<String> known) {
    for (String name : names) {
      if (!known.contains(name)) {
        throw new UserException(
            ExitCode.USAGE,
            option + " " + name + ": not known" + Suggestion.amongKnown(name, known));
      }
    }
  }

  /** True when every task is wanted. */
  public boolean isAll() {
    return equals(ALL);
  }

  boolean accepts(String step, String task) {
    return (steps.isEmpty() || steps.contains(step)) && (tasks.isEmpty() || tasks.contains(task));
  }

  /** What a state says of the wanted tasks; when the run began and how long it took stays. */
  public RunState of(RunState whole) {
    if (isAll()) {
      return whole;
    }
    List<RunState.TaskState> own =
        whole.tasks().stream().filter(t -> accepts(t.step(), t.task())).toList();
    Set<String> names = Set.copyOf(own.stream().map(RunState.TaskState::task).toList());
    return new RunState(
        whole.run(),
        whole.state(),
        whole.launchExitCode(),
        whole.planned(),
        whole.step(),
        whole.startedAt(),
        whole.changedAt(),
        whole.elapsedSeconds(),
        whole.slots(),
        whole.slotEfficiency(),
        own.stream().mapToDouble(RunState.TaskState::coreSeconds).sum(),
        counts(own),
        whole.forecast(),
        steps(whole, own),
        own,
        whole.failures().stream().filter(k -> names.contains(k.task())).toList(),
        whole.caveats().stream().filter(k -> names.contains(k.task())).toList(),
        whole.slowest().stream().filter(q -> names.contains(q.task())).toList(),
        tasks.isEmpty()
            ? whole.windows().stream().filter(w -> steps.contains(w.step())).toList()
            : List.of(),
        whole.ledgerRecords());
  }

  private static Counts counts(List<RunState.TaskState> tasks) {
    return tasks.stream().map(RunState.TaskState::counts).reduce(Counts.none(), Counts::plus);
  }

  /** The steps of the wanted tasks, with the counts of these. */
  private static List<RunState.StepState> steps(RunState whole, List<RunState.TaskState> own) {
    return whole.steps().stream()
        .filter(step -> own.stream().anyMatch(t -> t.step().equals(step.step())))
        .map(
            step -> {
              List<RunState.TaskState> inStep =
                  own.stream().filter(t -> t.step().equals(step.step())).toList();
              return new RunState.StepState(
                  step.step(),
                  counts(inStep),
                  inStep.stream().mapToDouble(RunState.TaskState::perMinute).sum(),
                  step.secondsLeft(),
                  inStep.stream().mapToDouble(RunState.TaskState::coreSeconds).sum());
            })
        .toList();
  }
}
