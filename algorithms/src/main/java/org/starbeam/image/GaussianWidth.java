package org.starbeam.image;

/** Measures of the width of a Gaussian over its standard deviation. */
public final class GaussianWidth {
  /** Full width at half maximum, 2 sqrt(2 ln 2), to four digits. */
  public static final double FWHM_PER_SIGMA = 2.3548;

  /**
   * Median distance from the centre in two dimensions of equal standard deviation, sqrt(2 ln 2), to
   * four digits.
   */
  public static final double MEDIAN_RADIUS_PER_SIGMA = 1.1774;

  private GaussianWidth() {}
}
