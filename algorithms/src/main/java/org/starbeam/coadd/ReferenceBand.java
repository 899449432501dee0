package org.starbeam.coadd;

import java.util.List;
import java.util.Map;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.MeasuredSource;

/**
 * The band that gives an object its position and shape (specs/04 section 5): the first in order of
 * trust that saw the peak and is clean, unless it is faint there and another is clearly better; the
 * one of the highest S/N when none is clean.
 *
 * @param minSnr reference band of less S/N gives way to a better one
 * @param advantage S/N by which that must be better
 */
record ReferenceBand(double minSnr, double advantage) {
  /**
   * @param detected bands that saw the peak; none stands for all
   * @param byBand free measurements, most trusted band first
   */
  String of(List<String> detected, Map<String, MeasuredSource> byBand) {
    String best = "";
    String firstGood = "";
    for (Map.Entry<String, MeasuredSource> entry : byBand.entrySet()) {
      if (best.isEmpty() || snr(entry.getValue()) > snr(byBand, best)) {
        best = entry.getKey();
      }
      boolean seen = detected.isEmpty() || detected.contains(entry.getKey());
      if (firstGood.isEmpty() && seen && isGood(entry.getValue())) {
        firstGood = entry.getKey();
      }
    }
    if (firstGood.isEmpty()) {
      return best;
    }
    boolean weak = snr(byBand, firstGood) < minSnr;
    boolean better = snr(byBand, best) > snr(byBand, firstGood) + advantage;
    return weak && better ? best : firstGood;
  }

  private static double snr(Map<String, MeasuredSource> byBand, String band) {
    MeasuredSource source = byBand.get(band);
    return source == null ? Double.NEGATIVE_INFINITY : snr(source);
  }

  private static double snr(MeasuredSource source) {
    double snr = source.get(Fields.PSF_FLUX) / source.get(Fields.err(Fields.PSF_FLUX));
    return Double.isFinite(snr) ? snr : Double.NEGATIVE_INFINITY;
  }

  private static boolean isGood(MeasuredSource source) {
    return !source.flag(Fields.pixelFlag("interpolatedCenter"))
        && !source.flag(Fields.pixelFlag("saturatedCenter"))
        && !source.flag(Fields.pixelFlag("edge"))
        && !source.flag(Fields.flag(Fields.PSF_FLUX))
        && Double.isFinite(source.get(Fields.PSF_FLUX));
  }
}
