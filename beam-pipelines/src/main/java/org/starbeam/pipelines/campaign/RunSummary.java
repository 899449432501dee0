package org.starbeam.pipelines.campaign;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.quantum.FailurePolicy;
import org.starbeam.transforms.quantum.FailureRules;

/**
 * Counts of a run's quanta by task and status, and what the failure policy makes of them. It takes
 * the quanta one by one and keeps the first {@value #MOST_PROBLEMS} problems, so a run of any size
 * will do.
 */
public final class RunSummary {
  /** Problems that are kept; the others are counted. */
  public static final int MOST_PROBLEMS = 20_000;

  private static final Comparator<QuantumRecord> BY_TASK =
      Comparator.comparingInt((QuantumRecord r) -> Template.ALL_STEPS.indexOf(r.getStep()))
          .thenComparing(QuantumRecord::getTask)
          .thenComparing(QuantumRecord::getDataId);

  /** Counts of one task. */
  public static final class TaskCount {
    private final String step;
    private final String task;
    private final Map<QuantumStatus, Long> byStatus = new EnumMap<>(QuantumStatus.class);
    private final Map<String, Long> knownErrors = new HashMap<>();
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

    /** Quanta that failed or are done. */
    long ended() {
      return count(QuantumStatus.FAILED) + count(QuantumStatus.DONE) + count(QuantumStatus.ADOPTED);
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
      if (record.getStatus() == QuantumStatus.FAILED && record.getSignature() != null) {
        knownErrors.merge(record.getSignature(), 1L, Long::sum);
      }
      coreSeconds += record.getCpuSeconds();
    }
  }

  private final FailureRules rules;
  private final Map<String, TaskCount> byTask = new HashMap<>();
  private final List<QuantumRecord> problems = new ArrayList<>();

  private RunSummary(FailureRules rules) {
    this.rules = rules;
  }

  /** The summary of a run. */
  public static RunSummary of(RunCatalog catalog, FailureRules rules) {
    RunSummary out = new RunSummary(rules);
    out.readAll(catalog::forEachLastWithoutInputs);
    return out;
  }

  /** The summary of the last records of quanta. */
  public static RunSummary of(Iterable<QuantumRecord> quanta, FailureRules rules) {
    RunSummary out = new RunSummary(rules);
    out.readAll(quanta::forEach);
    return out;
  }

  /**
   * @param quanta last record of every quantum
   * @param maxFailedFraction share of a task's quanta that may fail
   */
  public RunSummary(List<QuantumRecord> quanta, double maxFailedFraction) {
    this(FailureRules.of(FailurePolicy.ofFraction(maxFailedFraction)));
    readAll(quanta::forEach);
  }

  private void readAll(Consumer<Consumer<QuantumRecord>> source) {
    source.accept(this::add);
    problems.sort(Comparator.comparing(RunSummary::isFinished).thenComparing(BY_TASK));
  }

  private void add(QuantumRecord record) {
    byTask.computeIfAbsent(record.getTask(), t -> new TaskCount(record.getStep(), t)).add(record);
    boolean problem =
        record.getStatus() == QuantumStatus.FAILED
            || record.getStatus() == QuantumStatus.BLOCKED
            || isDegraded(record);
    if (problem && problems.size() < MOST_PROBLEMS) {
      problems.add(record);
    }
  }

  static boolean isDegraded(QuantumRecord record) {
    return record.getCaveats().stream().anyMatch(c -> !c.equals("RETRIED"));
  }

  /** By step, then by name. */
  public List<TaskCount> tasks() {
    return byTask.values().stream()
        .sorted(
            Comparator.comparingInt((TaskCount t) -> Template.ALL_STEPS.indexOf(t.step()))
                .thenComparing(TaskCount::task))
        .toList();
  }

  private static boolean isFinished(QuantumRecord record) {
    return record.getStatus() == QuantumStatus.DONE || record.getStatus() == QuantumStatus.ADOPTED;
  }

  /**
   * Failed and blocked quanta, then degraded ones; by step and task. At most {@value
   * #MOST_PROBLEMS} of them.
   */
  public List<QuantumRecord> problems() {
    return problems;
  }

  public long total(QuantumStatus status) {
    return byTask.values().stream().mapToLong(t -> t.count(status)).sum();
  }

  public long degraded() {
    return byTask.values().stream().mapToLong(TaskCount::degraded).sum();
  }

  /** Tasks that failed more often than the policy tolerates. */
  public Set<String> violated() {
    Set<String> out = new TreeSet<>();
    for (TaskCount task : byTask.values()) {
      long failed = task.count(QuantumStatus.FAILED);
      if (rules.isViolated(task.task(), failed, task.ended(), task.knownErrors)) {
        out.add(task.task());
      }
    }
    return out;
  }

  /**
   * The exit code of a run that has ended: 4 when a task failed more often than the policy
   * tolerates, 3 when there was nothing at all to do.
   */
  public ExitCode exitCode() {
    if (!violated().isEmpty()) {
      return ExitCode.POLICY;
    }
    return byTask.isEmpty() ? ExitCode.INPUTS : ExitCode.SUCCESS;
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
