package org.starbeam.calibration;

import java.util.List;

/**
 * What the serial registers of a detector hold back and give up late: the product {@code cti}
 * (specs/01 section 5.10, after Snyder et al. 2021, JATIS 7, 048002).
 *
 * @param detector number of the detector
 * @param amplifiers in the order of the detector
 */
public record DeferredCharge(int detector, List<Amplifier> amplifiers) {
  /**
   * One amplifier; all zero where nothing is corrected.
   *
   * @param name of the amplifier
   * @param globalCti share of a pixel's charge that stays behind in each transfer, b
   * @param globalCtiError standard deviation of globalCti
   * @param driftScale local offset of the electronics: share of the signal that the next pixels
   *     see, A_L
   * @param decayPixels over which the local offset falls to 1/e, tau_L
   * @param trapSize charge that the traps of the register hold when they are full, electrons
   * @param trapFill signal at which 1 - 1/e of the traps is full, electrons
   * @param emissionPixels over which the traps empty to 1/e, tau
   * @param levels flats in the fit
   * @param chi2 of the fit
   * @param degrees degrees of freedom of chi2
   */
  public record Amplifier(
      String name,
      double globalCti,
      double globalCtiError,
      double driftScale,
      double decayPixels,
      double trapSize,
      double trapFill,
      double emissionPixels,
      int levels,
      double chi2,
      int degrees) {
    /** An amplifier of which nothing is known. */
    public static Amplifier none(String name) {
      return new Amplifier(name, 0, Double.NaN, 0, 1, 0, 1, 1, 0, Double.NaN, 0);
    }

    /**
     * Charge that the traps hold in equilibrium with a signal.
     *
     * @param signal electrons
     */
    public double held(double signal) {
      return trapSize == 0 || signal <= 0 ? 0 : trapSize * -Math.expm1(-signal / trapFill);
    }
  }

  public DeferredCharge {
    amplifiers = List.copyOf(amplifiers);
  }
}
