package org.starbeam.isr;

/**
 * Variance of an image in electrons before the flat (specs/01 section 4.15):
 *
 * <pre>V = max(S, 0) + D t + readNoise^2 + V_bias + t^2 V_dark</pre>
 *
 * with S the signal after bias and dark, D t the dark charge taken out, V_bias the variance of the
 * master bias and V_dark that of the master dark, (e-/s)^2. Always positive.
 *
 * @param readNoise electrons
 * @param biasVariance of the master bias, electrons^2
 * @param darkVariance of the master dark, (electrons/s)^2
 * @param darkTime seconds
 */
public record VarianceModel(
    double readNoise, double biasVariance, double darkVariance, double darkTime) {

  /** The part that does not depend on the pixel. */
  public float constant() {
    return (float) (readNoise * readNoise + biasVariance + darkTime * darkTime * darkVariance);
  }
}
