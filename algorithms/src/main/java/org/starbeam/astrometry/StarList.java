package org.starbeam.astrometry;

/**
 * Stars measured on one detector, in parallel arrays (not copied, not to be modified).
 *
 * @param x columns, 0-based pixels
 * @param y rows
 * @param sigmaPx centroid error per axis, pixels; NaN or 0 counts as unknown
 * @param flux instrumental flux in electrons, for the order of brightness
 * @param fluxErr its error; NaN or 0 counts as unknown
 */
public record StarList(double[] x, double[] y, double[] sigmaPx, double[] flux, double[] fluxErr) {
  public StarList {
    int n = x.length;
    if (y.length != n || sigmaPx.length != n || flux.length != n || fluxErr.length != n) {
      throw new IllegalArgumentException("star list with columns of different lengths");
    }
  }

  public int size() {
    return x.length;
  }

  /** Signal to noise; 0 when the error is not known. */
  public double snr(int i) {
    double snr = flux[i] / fluxErr[i];
    return Double.isFinite(snr) ? snr : 0;
  }
}
