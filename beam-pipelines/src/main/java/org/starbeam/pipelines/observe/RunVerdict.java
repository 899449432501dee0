package org.starbeam.pipelines.observe;

import org.starbeam.pipelines.ExitCode;
import org.starbeam.transforms.quantum.FailurePolicy;

/** The exit code that a run has, or would have if it ended now. */
public final class RunVerdict {
  private RunVerdict() {}

  /**
   * The code of the last launch when its lease has it; else 9 while quanta run; 4 when a task
   * failed more often than tolerated, 3 when there was nothing to do.
   *
   * @param policy how many quanta of a task may fail
   */
  public static ExitCode of(RunState state, FailurePolicy policy) {
    if (state.launchExitCode() >= 0) {
      return ExitCode.of(state.launchExitCode());
    }
    if (state.totals().running() > 0 || state.state().equals("running")) {
      return ExitCode.RUNNING;
    }
    for (RunState.TaskState task : state.tasks()) {
      Counts c = task.counts();
      if (policy.of(task.task()).isViolated(c.failed(), c.failed() + c.done() + c.adopted())) {
        return ExitCode.POLICY;
      }
    }
    return state.tasks().isEmpty() ? ExitCode.INPUTS : ExitCode.SUCCESS;
  }
}
