package org.starbeam.isr;

import java.util.List;
import org.starbeam.calibration.LinearityCurve;

/**
 * Correction of the non-linearity of the electronics: {@code L(x) = x + sum over k >= 2 of c_k
 * x^k}, x in ADU above the overscan (specs/01 section 4.5, POLYNOMIAL). The argument is clamped to
 * 0 and above.
 *
 * @param coefficients c_2, c_3, ... per amplifier
 */
public record Linearizer(List<double[]> coefficients) {
  public Linearizer {
    coefficients = List.copyOf(coefficients);
  }

  /** The correction that a certified curve says. */
  public static Linearizer of(LinearityCurve curve) {
    return new Linearizer(curve.amplifiers().stream().map(a -> a.fit().coefficients()).toList());
  }

  /**
   * Corrects pixels in electrons in place.
   *
   * @param amplifier index of the amplifier
   * @param gain with which ADU became electrons
   */
  public void correct(float[] electrons, int amplifier, double gain) {
    double[] c = coefficients.get(amplifier);
    for (int i = 0; i < electrons.length; i++) {
      double x = Math.max(0, electrons[i] / gain);
      double power = 0;
      for (int k = c.length - 1; k >= 0; k--) {
        power = (power + c[k]) * x;
      }
      electrons[i] += (float) (gain * power * x);
    }
  }
}
