package org.starbeam.pipelines.observe;

import java.util.Map;
import java.util.stream.Collectors;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.transforms.quantum.FailureRules;

/** The exit code that a run has, or would have if it ended now. */
public final class RunVerdict {
  private RunVerdict() {}

  /**
   * The code of the last launch when its lease has it; else 9 while quanta run; 4 when a task
   * failed more often than tolerated, 3 when there was nothing to do.
   *
   * @param rules how many quanta of a task may fail
   */
  public static ExitCode of(RunState state, FailureRules rules) {
    if (state.launchExitCode() >= 0) {
      return ExitCode.of(state.launchExitCode());
    }
    if (state.totals().running() > 0 || state.state().equals("running")) {
      return ExitCode.RUNNING;
    }
    for (RunState.TaskState task : state.tasks()) {
      Counts c = task.counts();
      long ended = c.failed() + c.done() + c.adopted();
      if (rules.isViolated(task.task(), c.failed(), ended, known(state, task.task()))) {
        return ExitCode.POLICY;
      }
    }
    return state.tasks().isEmpty() ? ExitCode.INPUTS : ExitCode.SUCCESS;
  }

  private static Map<String, Long> known(RunState state, String task) {
    return state.failures().stream()
        .filter(kind -> kind.task().equals(task) && !kind.signature().isEmpty())
        .collect(
            Collectors.groupingBy(
                RunState.ProblemKind::signature,
                Collectors.summingLong(RunState.ProblemKind::count)));
  }
}
