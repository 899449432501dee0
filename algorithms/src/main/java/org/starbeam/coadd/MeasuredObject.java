package org.starbeam.coadd;

import java.util.Map;
import org.starbeam.detection.MergedPeak;
import org.starbeam.gaap.Aperture;
import org.starbeam.gaap.GaapFluxes;
import org.starbeam.measurement.MeasuredSource;

/**
 * One leaf of a blend, or a sky object, measured in all bands.
 *
 * @param parent index of the parent in the list that was measured; -1 for a sky object
 * @param peak the peak
 * @param family number of peaks of the parent
 * @param deblended false when the blend was left whole in the reference band
 * @param refBand band that gives position and shape
 * @param free measured with a centroid of its own, by band
 * @param forced measured at the reference position, by band
 * @param optimal GAaP aperture of the object's own size, pixel^2
 * @param gaap GAaP fluxes by band
 * @param starLogOdds log odds of a point source without prior; NaN when no band can tell
 */
public record MeasuredObject(
    int parent,
    MergedPeak peak,
    int family,
    boolean deblended,
    String refBand,
    Map<String, MeasuredSource> free,
    Map<String, MeasuredSource> forced,
    Aperture optimal,
    Map<String, GaapFluxes> gaap,
    double starLogOdds) {
  MeasuredObject withStarLogOdds(double logOdds) {
    return new MeasuredObject(
        parent, peak, family, deblended, refBand, free, forced, optimal, gaap, logOdds);
  }
}
