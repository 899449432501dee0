package org.starbeam.transforms.quantum;

import java.io.Serializable;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What quanta may take, and what is done with those that want more or fail. Nothing here can change
 * a product.
 *
 * @param time how long a quantum may run
 * @param memoryCapBytes largest heap of a child JVM; 0 means what the machine has beside this JVM
 * @param isolate when quanta get a JVM of their own
 * @param tasks what holds for the quanta of a task, by its name, instead of what holds for all
 * @param failures what is made of failures
 * @param syncFiles false to leave it to the operating system when datasets reach the disk, for
 *     trials of scale whose products nobody wants
 */
public record QuantumLimits(
    TimeLimit time,
    long memoryCapBytes,
    Isolate isolate,
    Map<String, TaskLimits> tasks,
    FailureRules failures,
    boolean syncFiles)
    implements Serializable {
  /**
   * How long a quantum may run (specs/05 section 4.6). A limit is declared, not predicted: a
   * prediction that is wrong would end quanta that have nothing wrong with them.
   *
   * @param softSeconds run time after which a quantum is asked to stop
   * @param graceSeconds how long a quantum may ignore that it is asked to stop before it is given
   *     up; one in a JVM of its own is then killed
   * @param diskProbeSeconds pause between two looks whether a full disk has room again
   * @param diskPatienceSeconds how long a run waits for room before it gives up
   */
  public record TimeLimit(
      double softSeconds, double graceSeconds, double diskProbeSeconds, double diskPatienceSeconds)
      implements Serializable {
    public static TimeLimit defaults() {
      return new TimeLimit(3600, 60, 30, 6 * 3600);
    }

    /** The same limits with other run times. */
    public TimeLimit withSeconds(double soft, double grace) {
      return new TimeLimit(soft, grace, diskProbeSeconds, diskPatienceSeconds);
    }

    /** The same limits with another patience with a full disk. */
    public TimeLimit withDisk(double probeSeconds, double patienceSeconds) {
      return new TimeLimit(softSeconds, graceSeconds, probeSeconds, patienceSeconds);
    }
  }

  /**
   * What holds for the quanta of one task.
   *
   * @param softSeconds run time after which a quantum is asked to stop; null as for all tasks
   * @param memoryBytes heap that a quantum takes: it waits until so much is free, and has at least
   *     that in a JVM of its own; 0 when nobody knows, then it does not wait
   * @param isolate when a quantum gets a JVM of its own; null as for all tasks
   */
  public record TaskLimits(
      @Nullable Double softSeconds, long memoryBytes, @Nullable Isolate isolate)
      implements Serializable {
    static final TaskLimits NONE = new TaskLimits(null, 0, null);
  }

  /** When a quantum gets a JVM of its own. */
  public enum Isolate {
    /** After it ran out of memory or time, or when workers died under it twice. */
    AUTO,
    /** Always. */
    PROCESS,
    /** Never; what would need it is tried again where it failed. */
    NEVER
  }

  public QuantumLimits {
    tasks = Map.copyOf(tasks);
  }

  public static QuantumLimits defaults() {
    return new QuantumLimits(
        TimeLimit.defaults(), 0, Isolate.AUTO, Map.of(), FailureRules.strict(), true);
  }

  public QuantumLimits withTime(TimeLimit limit) {
    return new QuantumLimits(limit, memoryCapBytes, isolate, tasks, failures, syncFiles);
  }

  /**
   * @param capBytes largest heap of a child JVM; 0 means what the machine has beside this JVM
   */
  public QuantumLimits withMemoryCap(long capBytes) {
    return new QuantumLimits(time, capBytes, isolate, tasks, failures, syncFiles);
  }

  public QuantumLimits isolating(Isolate when) {
    return new QuantumLimits(time, memoryCapBytes, when, tasks, failures, syncFiles);
  }

  /**
   * @param byTask limits of single tasks by name
   */
  public QuantumLimits withTasks(Map<String, TaskLimits> byTask) {
    return new QuantumLimits(time, memoryCapBytes, isolate, byTask, failures, syncFiles);
  }

  public QuantumLimits withFailures(FailureRules rules) {
    return new QuantumLimits(time, memoryCapBytes, isolate, tasks, rules, syncFiles);
  }

  /** Without waiting for datasets to reach the disk. */
  public QuantumLimits withoutFileSync() {
    return new QuantumLimits(time, memoryCapBytes, isolate, tasks, failures, false);
  }

  /** Seconds after which a quantum of a task is asked to stop. */
  double softSeconds(String task) {
    Double own = of(task).softSeconds;
    return own == null ? time.softSeconds : own;
  }

  /** Heap that a quantum of a task takes; 0 when nobody knows. */
  long memoryBytes(String task) {
    return of(task).memoryBytes;
  }

  /** When a quantum of a task gets a JVM of its own. */
  Isolate isolate(String task) {
    Isolate own = of(task).isolate;
    return own == null ? isolate : own;
  }

  private TaskLimits of(String task) {
    return tasks.getOrDefault(task, TaskLimits.NONE);
  }
}
