package org.starbeam.transforms.quantum;

import java.io.Serializable;

/**
 * What a quantum may take before it is stopped (specs/05 section 4.6).
 *
 * @param softSeconds run time after which a quantum is asked to stop
 */
public record QuantumLimits(double softSeconds) implements Serializable {
  public static QuantumLimits defaults() {
    return new QuantumLimits(3600);
  }
}
