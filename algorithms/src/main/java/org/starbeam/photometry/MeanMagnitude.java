package org.starbeam.photometry;

/**
 * Weighted mean of the magnitudes of one star in one band: weights {@code 1 / err^2}, err the error
 * of a magnitude by that of its flux. Fluxes that are not positive, or without a positive error, do
 * not count. Sums run in the order in which fluxes are added.
 */
public final class MeanMagnitude {

  private int count;
  private double weights;
  private double mean;
  private double chi2;
  private double plainMean;
  private double squares;

  /** Adds a measurement, nJy. */
  public void add(double flux, double fluxErr) {
    double error = PhotoCalib.MAG_PER_RELATIVE * fluxErr / flux;
    if (!(flux > 0 && error > 0) || !Double.isFinite(error)) {
      return;
    }
    double mag = PhotoCalib.magOfFlux(flux);
    count++;
    double weight = 1 / (error * error);
    weights += weight;
    double step = mag - mean;
    mean += step * weight / weights;
    chi2 += weight * step * (mag - mean);
    double plainStep = mag - plainMean;
    plainMean += plainStep / count;
    squares += plainStep * (mag - plainMean);
  }

  /** Measurements that count. */
  public int count() {
    return count;
  }

  /** AB magnitude; NaN without a measurement. */
  public double mean() {
    return count > 0 ? mean : Double.NaN;
  }

  /** Error of the mean by the errors of the fluxes. */
  public double error() {
    return count > 0 ? 1 / Math.sqrt(weights) : Double.NaN;
  }

  /** Standard deviation of one measurement, all with equal weight; NaN below two. */
  public double scatter() {
    return count > 1 ? Math.sqrt(squares / (count - 1)) : Double.NaN;
  }

  /** Chi-square about the mean, of count - 1 degrees of freedom; NaN below two. */
  public double chi2() {
    return count > 1 ? chi2 : Double.NaN;
  }
}
