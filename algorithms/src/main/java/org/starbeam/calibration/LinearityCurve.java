package org.starbeam.calibration;

import java.util.List;

/**
 * Non-linearity of the amplifiers of a detector: the product {@code linearizer} (specs/01 section
 * 5.10, POLYNOMIAL).
 *
 * @param detector number of the detector
 * @param amplifiers in the order of the detector
 */
public record LinearityCurve(int detector, List<Amplifier> amplifiers) {
  /**
   * One amplifier.
   *
   * @param name of the amplifier
   * @param fit of {@link LinearityFitter}; without coefficients nothing is corrected
   */
  public record Amplifier(String name, LinearityFitter.Fit fit) {}

  public LinearityCurve {
    amplifiers = List.copyOf(amplifiers);
  }

  /** Coefficients c_2, c_3, ... of an amplifier by index. */
  public double[] coefficients(int amplifier) {
    return amplifiers.get(amplifier).fit().coefficients();
  }
}
