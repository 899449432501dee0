package org.starbeam.transforms.quantum;

import java.io.Serializable;
import java.util.Map;

/**
 * What quanta may take, and what is done with those that want more or fail. Nothing here can change
 * a product.
 *
 * @param time how long a quantum may run
 * @param memoryCapBytes largest heap of a child JVM; 0 means what the machine has beside this JVM
 * @param isolate when quanta get a JVM of their own
 * @param costs predicted needs by task; a task without has no memory permit
 * @param failures what is made of failures
 * @param syncFiles false to leave it to the operating system when datasets reach the disk, for
 *     trials of scale whose products nobody wants
 */
public record QuantumLimits(
    TimeLimit time,
    long memoryCapBytes,
    Isolate isolate,
    Map<String, TaskCost> costs,
    FailureRules failures,
    boolean syncFiles)
    implements Serializable {
  private static final double SLOWNESS = 8;

  /**
   * How long a quantum may run (specs/05 section 4.6).
   *
   * @param softSeconds run time after which a quantum of a task without a prediction is asked to
   *     stop
   * @param leastSoftSeconds the same, at least, for a task with a prediction; beyond that it is
   *     eight times the prediction
   * @param graceSeconds how long a quantum may ignore that it is asked to stop before it is given
   *     up; one in a JVM of its own is then killed
   * @param diskProbeSeconds pause between two looks whether a full disk has room again
   * @param diskPatienceSeconds how long a run waits for room before it gives up
   */
  public record TimeLimit(
      double softSeconds,
      double leastSoftSeconds,
      double graceSeconds,
      double diskProbeSeconds,
      double diskPatienceSeconds)
      implements Serializable {
    public static TimeLimit defaults() {
      return new TimeLimit(3600, 600, 60, 30, 6 * 3600);
    }

    /** The same limits with other run times. */
    public TimeLimit withSeconds(double soft, double leastSoft, double grace) {
      return new TimeLimit(soft, leastSoft, grace, diskProbeSeconds, diskPatienceSeconds);
    }

    /** The same limits with another patience with a full disk. */
    public TimeLimit withDisk(double probeSeconds, double patienceSeconds) {
      return new TimeLimit(
          softSeconds, leastSoftSeconds, graceSeconds, probeSeconds, patienceSeconds);
    }
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
    costs = Map.copyOf(costs);
  }

  public static QuantumLimits defaults() {
    return new QuantumLimits(
        TimeLimit.defaults(), 0, Isolate.AUTO, Map.of(), FailureRules.strict(), true);
  }

  public QuantumLimits withTime(TimeLimit limit) {
    return new QuantumLimits(limit, memoryCapBytes, isolate, costs, failures, syncFiles);
  }

  /**
   * @param capBytes largest heap of a child JVM; 0 means what the machine has beside this JVM
   */
  public QuantumLimits withMemoryCap(long capBytes) {
    return new QuantumLimits(time, capBytes, isolate, costs, failures, syncFiles);
  }

  public QuantumLimits isolating(Isolate when) {
    return new QuantumLimits(time, memoryCapBytes, when, costs, failures, syncFiles);
  }

  public QuantumLimits withCosts(Map<String, TaskCost> byTask) {
    return new QuantumLimits(time, memoryCapBytes, isolate, byTask, failures, syncFiles);
  }

  public QuantumLimits withFailures(FailureRules rules) {
    return new QuantumLimits(time, memoryCapBytes, isolate, costs, rules, syncFiles);
  }

  /** Without waiting for datasets to reach the disk. */
  public QuantumLimits withoutFileSync() {
    return new QuantumLimits(time, memoryCapBytes, isolate, costs, failures, false);
  }

  /** Seconds after which a quantum with so many inputs is asked to stop. */
  double softSeconds(String task, int inputs) {
    TaskCost cost = costs.get(task);
    return cost == null
        ? time.softSeconds
        : Math.max(time.leastSoftSeconds, SLOWNESS * cost.seconds(inputs));
  }

  /** Heap that a quantum with so many inputs is predicted to need; 0 when nobody knows. */
  long memoryBytes(String task, int inputs) {
    TaskCost cost = costs.get(task);
    return cost == null ? 0 : cost.bytes(inputs);
  }
}
