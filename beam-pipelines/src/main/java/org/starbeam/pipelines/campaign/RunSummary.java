package org.starbeam.pipelines.campaign;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;

/** Counts of a run's quanta by task and status, and what the failure policy makes of them. */
public final class RunSummary {
  /** Counts of one task. */
  public static final class TaskCount {
    private final String step;
    private final String task;
    private final Map<QuantumStatus, Long> byStatus = new LinkedHashMap<>();
    private long degraded;
    private double coreSeconds;

    TaskCount(String step, String task) {
      this.step = step;
      this.task = task;
    }

    public String step() {
      return step;
    }

    public String task() {
      return task;
    }

    public long count(QuantumStatus status) {
      return byStatus.getOrDefault(status, 0L);
    }

    public long degraded() {
      return degraded;
    }

    public double coreSeconds() {
      return coreSeconds;
    }

    void add(QuantumRecord record) {
      byStatus.merge(record.getStatus(), 1L, Long::sum);
      if (isDegraded(record)) {
        degraded++;
      }
      coreSeconds += record.getCpuSeconds();
    }
  }

  private final List<TaskCount> tasks = new ArrayList<>();
  private final List<QuantumRecord> problems = new ArrayList<>();
  private final Set<String> violated = new TreeSet<>();
  private long running;

  /**
   * @param quanta last record of every quantum, ordered by step and task
   * @param maxFailedFraction share of a task's quanta that may fail
   */
  public RunSummary(List<QuantumRecord> quanta, double maxFailedFraction) {
    Map<String, TaskCount> byTask = new LinkedHashMap<>();
    for (QuantumRecord record : quanta) {
      byTask.computeIfAbsent(record.getTask(), t -> new TaskCount(record.getStep(), t)).add(record);
      if (record.getStatus() == QuantumStatus.RUNNING) {
        running++;
      }
      if (record.getStatus() == QuantumStatus.FAILED
          || record.getStatus() == QuantumStatus.BLOCKED
          || isDegraded(record)) {
        problems.add(record);
      }
    }
    problems.sort(Comparator.comparing(RunSummary::isFinished));
    tasks.addAll(byTask.values());
    for (TaskCount task : tasks) {
      long failed = task.count(QuantumStatus.FAILED);
      long ended = failed + task.count(QuantumStatus.DONE) + task.count(QuantumStatus.ADOPTED);
      if (failed > maxFailedFraction * ended) {
        violated.add(task.task());
      }
    }
  }

  static boolean isDegraded(QuantumRecord record) {
    return record.getCaveats().stream().anyMatch(c -> !c.equals("RETRIED"));
  }

  public List<TaskCount> tasks() {
    return tasks;
  }

  private static boolean isFinished(QuantumRecord record) {
    return record.getStatus() == QuantumStatus.DONE || record.getStatus() == QuantumStatus.ADOPTED;
  }

  /** Failed and blocked quanta, then degraded ones; by step and task. */
  public List<QuantumRecord> problems() {
    return problems;
  }

  public long total(QuantumStatus status) {
    return tasks.stream().mapToLong(t -> t.count(status)).sum();
  }

  public long degraded() {
    return tasks.stream().mapToLong(TaskCount::degraded).sum();
  }

  /** Quanta that were begun and have not ended. */
  public long running() {
    return running;
  }

  /**
   * The exit code of a run that has ended: 4 when a task failed more often than the policy
   * tolerates, 3 when there was nothing at all to do.
   */
  public ExitCode exitCode() {
    if (!violated.isEmpty()) {
      return ExitCode.POLICY;
    }
    return tasks.isEmpty() ? ExitCode.INPUTS : ExitCode.SUCCESS;
  }

  /** One line for people. */
  public String line() {
    return "%d done, %d adopted, %d failed, %d blocked, %d without work, %d degraded"
        .formatted(
            total(QuantumStatus.DONE),
            total(QuantumStatus.ADOPTED),
            total(QuantumStatus.FAILED),
            total(QuantumStatus.BLOCKED),
            total(QuantumStatus.NO_WORK) + total(QuantumStatus.SKIPPED),
            degraded());
  }
}
