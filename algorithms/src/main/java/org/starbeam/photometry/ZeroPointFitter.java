package org.starbeam.photometry;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Locale;
import org.starbeam.failure.AlgorithmException;

/**
 * Zero point of one detector from stars with known fluxes (specs/02 section 13): the robust mean of
 * {@code zp = m_ref + 2.5 log10(F)}, F in electrons of the exposure, multiplied by the pixel-area
 * ratio before; Tukey's biweight started from the densest 0.25 mag, intrinsic scatter fitted. A
 * magnitude of one electron.
 */
public final class ZeroPointFitter {

  /**
   * @param minStars fewest stars for an answer
   * @param minSnr stars with a smaller signal to noise are left out
   * @param modeWidthMag width of the densest part that the fit starts from ({@code sigmaMax})
   * @param referenceFloorMag error added to every reference magnitude
   */
  public record Config(int minStars, double minSnr, double modeWidthMag, double referenceFloorMag)
      implements Serializable {
    public static Config defaults() {
      return new Config(3, 10, 0.25, 0.01);
    }
  }

  /**
   * @param zeroPoint AB magnitude of one electron over the exposure
   * @param zeroPointErr its error
   * @param intrinsicMag scatter beyond the errors
   * @param nUsed stars with weight
   * @param slope change of the residual per magnitude of brightness
   * @param nonlinear true when the slope differs from 0 by more than 3 sigma and 5 mmag
   */
  public record Result(
      double zeroPoint,
      double zeroPointErr,
      double intrinsicMag,
      int nUsed,
      double slope,
      boolean nonlinear) {}

  private final Config config;

  public ZeroPointFitter(Config config) {
    this.config = config;
  }

  public ZeroPointFitter() {
    this(Config.defaults());
  }

  /**
   * Fits matched stars; arrays are parallel and not modified. Stars without positive finite fluxes
   * are left out.
   *
   * @param flux electrons times the pixel-area ratio
   * @param fluxErr its error
   * @param refFlux nJy
   * @param refFluxErr nJy; NaN counts as zero
   * @throws AlgorithmException NO_ZERO_POINT with fewer than {@code minStars} usable stars
   */
  public Result fit(double[] flux, double[] fluxErr, double[] refFlux, double[] refFluxErr) {
    int n = flux.length;
    double[] zp = new double[n];
    double[] sigma = new double[n];
    int usable = 0;
    for (int i = 0; i < n; i++) {
      zp[i] = zeroPoint(flux[i], refFlux[i]);
      sigma[i] = error(flux[i], fluxErr[i], refFlux[i], refFluxErr[i], config.referenceFloorMag);
      if (!(flux[i] / fluxErr[i] >= config.minSnr)
          || !Double.isFinite(zp[i])
          || !Double.isFinite(sigma[i])) {
        zp[i] = Double.NaN;
      } else {
        usable++;
      }
    }
    if (usable < config.minStars) {
      throw new AlgorithmException(
          "NO_ZERO_POINT",
          String.format(
              Locale.ROOT,
              "%d of %d matched stars have S/N >= %.0f and a reference flux, needed are %d; the"
                  + " reference catalogue has no flux of this band for %d of them",
              usable,
              n,
              config.minSnr,
              config.minStars,
              Arrays.stream(refFlux).filter(f -> !(f > 0)).count()));
    }
    RobustMean.Result mean = RobustMean.of(zp, sigma, config.modeWidthMag);
    double[] slope = slope(zp, sigma, refFlux, mean);
    return new Result(
        mean.value(),
        mean.error(),
        mean.intrinsic(),
        mean.used(),
        slope[0],
        Math.abs(slope[0]) > Math.max(0.005, 3 * slope[1]));
  }

  /** Magnitude of one electron by one star; NaN when a flux is not positive. */
  static double zeroPoint(double flux, double refFlux) {
    return flux > 0 ? PhotoCalib.magOfFlux(refFlux) + 2.5 * Math.log10(flux) : Double.NaN;
  }

  static double error(
      double flux, double fluxErr, double refFlux, double refFluxErr, double floor) {
    double reference =
        Double.isFinite(refFluxErr) ? PhotoCalib.MAG_PER_RELATIVE * refFluxErr / refFlux : 0;
    double measured = PhotoCalib.MAG_PER_RELATIVE * fluxErr / flux;
    return Math.sqrt(measured * measured + reference * reference + floor * floor);
  }

  /** {slope, error} of the residual against magnitude, among points within 3 sigma. */
  private static double[] slope(
      double[] zp, double[] sigma, double[] refFlux, RobustMean.Result mean) {
    double sw = 0;
    double sx = 0;
    double sy = 0;
    double sxx = 0;
    double sxy = 0;
    for (int i = 0; i < zp.length; i++) {
      double s = Math.hypot(sigma[i], mean.intrinsic());
      double d = zp[i] - mean.value();
      if (Math.abs(d) < 3 * s) {
        double w = 1 / (s * s);
        double x = PhotoCalib.magOfFlux(refFlux[i]) - 18;
        sw += w;
        sx += w * x;
        sy += w * d;
        sxx += w * x * x;
        sxy += w * x * d;
      }
    }
    double det = sw * sxx - sx * sx;
    return det > 0
        ? new double[] {(sw * sxy - sx * sy) / det, Math.sqrt(sw / det)}
        : new double[] {0, Double.POSITIVE_INFINITY};
  }
}
