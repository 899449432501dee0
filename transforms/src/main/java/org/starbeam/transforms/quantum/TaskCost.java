package org.starbeam.transforms.quantum;

import java.io.Serializable;

/**
 * What a quantum of a task takes, predicted from the number of its inputs n: {@code cpu = a + b n},
 * {@code mem = c + d n} (specs/05 section 1.9).
 *
 * @param cpuSeconds a, run time of half of the quanta
 * @param cpuSecondsPerInput b
 * @param memoryBytes c, heap of 95 % of the quanta
 * @param memoryBytesPerInput d
 */
public record TaskCost(
    double cpuSeconds, double cpuSecondsPerInput, double memoryBytes, double memoryBytesPerInput)
    implements Serializable {
  double seconds(int inputs) {
    return cpuSeconds + cpuSecondsPerInput * inputs;
  }

  long bytes(int inputs) {
    return (long) (memoryBytes + memoryBytesPerInput * inputs);
  }
}
