package org.starbeam.photometry;

/**
 * Magnitude of a point source with S/N 5 (specs/07 section 11.3): m5 = ZP - 2.5 log10(5 noise
 * sqrt(area)), for sources whose light is small beside that of the sky.
 */
public final class LimitingMagnitude {
  private static final double SNR = 5;

  private LimitingMagnitude() {}

  /**
   * Magnitude at S/N 5; NaN where one of the numbers is NaN.
   *
   * @param zeroPoint magnitude of one unit of flux
   * @param skyNoise standard deviation of a pixel of the sky, in units of flux
   * @param psfArea effective area of the PSF, 1 / sum of its squares, pixels
   */
  public static double of(double zeroPoint, double skyNoise, double psfArea) {
    return zeroPoint - 2.5 * Math.log10(SNR * skyNoise * Math.sqrt(psfArea));
  }
}
