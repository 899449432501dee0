package org.starbeam.photometry;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.fits.FitsTable;
import org.starbeam.image.Box;
import org.starbeam.image.Chebyshev2D;
import org.starbeam.sky.Wcs;

/**
 * Turns electrons of one detector into flux (specs/06 section 13): {@code nJy = electrons x mean x
 * field(x, y)}. The field has mean 1 over the detector and holds the pixel-area ratio of the WCS
 * and the smooth part of the visit's zero point. Negative and NaN fluxes pass through linearly.
 * Immutable.
 *
 * @param mean nJy per electron of the exposure
 * @param meanErr error of the mean, common to all sources; never added to a source
 * @param field ratio to the mean, dimensionless
 * @param method {@code global}, {@code interpolated} or {@code single-frame}
 */
public record PhotoCalib(double mean, double meanErr, Chebyshev2D field, String method) {
  /** AB magnitude of one nanojansky. */
  public static final double NANOJANSKY_ZERO_POINT = 31.4;

  /** Magnitudes per relative change of a flux, 2.5 / ln 10. */
  public static final double MAG_PER_RELATIVE = 2.5 / Math.log(10);

  private static final int FIELD_ORDER = 3;
  private static final int GRID = 16;

  public PhotoCalib {
    if (!(mean > 0) || !Double.isFinite(mean)) {
      throw new IllegalArgumentException("mean calibration " + mean + " nJy per electron");
    }
  }

  /** A smooth dimensionless function over the pixels of a detector. */
  @FunctionalInterface
  public interface Field {
    double at(double x, double y);
  }

  /** The same calibration at every pixel. */
  public static PhotoCalib constant(Box box, double mean, double meanErr, String method) {
    return new PhotoCalib(mean, meanErr, Chebyshev2D.constant(box, 1), method);
  }

  /**
   * The calibration of a zero point that varies over the detector.
   *
   * @param zeroPoint AB magnitude of one electron over the exposure, at a pixel, for fluxes that
   *     have been multiplied by the pixel-area ratio
   * @param zeroPointErr its error, mag
   * @param wcs where the pixel areas come from
   * @param referenceArea pixel area in arcsec^2 that has ratio 1
   */
  public static PhotoCalib of(
      Box box, Field zeroPoint, double zeroPointErr, Wcs wcs, double referenceArea, String method) {
    Field nJyPerElectron =
        (x, y) -> fluxOfMag(zeroPoint.at(x, y)) * wcs.pixelArea(x, y) / referenceArea;
    Chebyshev2D absolute = smooth(box, nJyPerElectron);
    double mean = absolute.mean();
    double meanErr = mean * zeroPointErr * Math.log(10) / 2.5;
    return new PhotoCalib(mean, meanErr, absolute.times(1 / mean), method);
  }

  private static Chebyshev2D smooth(Box box, Field function) {
    int n = GRID * GRID;
    double[] x = new double[n];
    double[] y = new double[n];
    double[] value = new double[n];
    double[] weight = new double[n];
    for (int i = 0; i < n; i++) {
      x[i] = node(box.x0(), box.width(), i % GRID);
      y[i] = node(box.y0(), box.height(), i / GRID);
      value[i] = function.at(x[i], y[i]);
      weight[i] = 1;
    }
    return Chebyshev2D.fit(box, FIELD_ORDER, x, y, value, weight).function();
  }

  private static double node(int first, int length, int k) {
    return first - 0.5 + length * 0.5 * (1 - Math.cos(Math.PI * (k + 0.5) / GRID));
  }

  /** Flux in nJy of a zero point, 10^((31.4 - zp) / 2.5): the flux of one electron. */
  public static double fluxOfMag(double mag) {
    return Math.pow(10, (NANOJANSKY_ZERO_POINT - mag) / 2.5);
  }

  /** AB magnitude of a flux in nJy; NaN when it is not positive. */
  public static double magOfFlux(double nJy) {
    return nJy > 0 ? NANOJANSKY_ZERO_POINT - 2.5 * Math.log10(nJy) : Double.NaN;
  }

  /** nJy per electron at a pixel position. */
  public double nJyPerElectron(double x, double y) {
    return mean * field.evaluate(x, y);
  }

  /** Flux in nJy of a source at a pixel position. */
  public double apply(double electrons, double x, double y) {
    return electrons * nJyPerElectron(x, y);
  }

  /** AB magnitude of one electron over the exposure, at the mean of the field. */
  public double zeroPoint() {
    return magOfFlux(mean);
  }

  /** Error of the zero point, mag. */
  public double zeroPointErr() {
    return meanErr / mean * 2.5 / Math.log(10);
  }

  /** Table PHOTOCALIB: the field in one row, mean, error and method in the header. */
  public FitsTable toTable() {
    FitsTable field = Chebyshev2D.toTable("PHOTOCALIB", List.of(this.field));
    Map<String, Object> header = new LinkedHashMap<>(field.header());
    header.put("PCMEAN", mean);
    header.put("PCERR", meanErr);
    header.put("PCMETHOD", method);
    return new FitsTable("PHOTOCALIB", header, field.columns());
  }

  /** Reads what {@link #toTable} made. */
  public static PhotoCalib fromTable(FitsTable table) {
    return new PhotoCalib(
        table.number("PCMEAN"),
        table.number("PCERR"),
        Chebyshev2D.fromTable(table, 0),
        table.text("PCMETHOD"));
  }
}
