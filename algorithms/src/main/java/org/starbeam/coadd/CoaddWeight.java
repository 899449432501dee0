package org.starbeam.coadd;

/**
 * Integer weights of coadd inputs (specs/03 section 3.2): w = 1 / (median background variance in
 * nJy^2), one number per visit and detector, W = rint(65536 w / w_ref) kept within 1 to 2^20 - 1. W
 * is used wherever the weight appears, so its granularity is not an error.
 */
public final class CoaddWeight {
  /** Reference weight of every band, nJy^-2. */
  public static final double REFERENCE = 1.0 / 900;

  /** Largest integer weight. */
  public static final int MAX = (1 << 20) - 1;

  private CoaddWeight() {}

  /** W of a median background variance in nJy^2; 0 when the variance is not positive and finite. */
  public static int of(double medianVariance) {
    if (!(medianVariance > 0) || !Double.isFinite(medianVariance)) {
      return 0;
    }
    double scaled = Math.rint(65536 / medianVariance / REFERENCE);
    return (int) Math.max(1, Math.min(MAX, scaled));
  }
}
