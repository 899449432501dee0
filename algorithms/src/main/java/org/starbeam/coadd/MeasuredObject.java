package org.starbeam.coadd;

import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.starbeam.detection.MergedPeak;
import org.starbeam.gaap.Aperture;
import org.starbeam.gaap.GaapFluxes;
import org.starbeam.measurement.MeasuredSource;
import org.starbeam.modelfit.ModelFit;
import org.starbeam.modelfit.ModelFitter.Model;

/**
 * One leaf of a blend, or a sky object, measured in all bands.
 *
 * @param parent index of the parent in the list that was measured; -1 for a sky object
 * @param peak the peak
 * @param family number of peaks of the parent
 * @param blend how it was told from its neighbours; null for a sky object
 * @param refBand band that gives position and shape
 * @param free measured with a centroid of its own, by band
 * @param forced measured at the reference position, by band
 * @param models parametric models of all bands at once; fluxes are in the scale of the calibration
 *     flux
 * @param optimal GAaP aperture of the object's own size, pixel^2
 * @param gaap GAaP fluxes by band
 * @param starLogOdds log odds of a point source without prior; NaN when nothing can tell
 * @param isStarFromModel whether these are of the models, because no band has a size
 */
public record MeasuredObject(
    int parent,
    MergedPeak peak,
    int family,
    @Nullable ObjectBlend blend,
    String refBand,
    Map<String, MeasuredSource> free,
    Map<String, MeasuredSource> forced,
    Map<Model, ModelFit> models,
    Aperture optimal,
    Map<String, GaapFluxes> gaap,
    double starLogOdds,
    boolean isStarFromModel) {
  MeasuredObject withModels(Map<Model, ModelFit> fits) {
    return new MeasuredObject(
        parent,
        peak,
        family,
        blend,
        refBand,
        free,
        forced,
        fits,
        optimal,
        gaap,
        starLogOdds,
        isStarFromModel);
  }

  MeasuredObject withGaap(@Nullable ObjectBlend withDeltas, Map<String, GaapFluxes> fluxes) {
    return new MeasuredObject(
        parent,
        peak,
        family,
        withDeltas,
        refBand,
        free,
        forced,
        models,
        optimal,
        fluxes,
        starLogOdds,
        isStarFromModel);
  }

  /** The measurement in the band that gives position and shape. */
  MeasuredSource reference() {
    return Objects.requireNonNull(free.get(refBand), "no measurement in the reference band");
  }

  /** The measurement at the reference position in a band. */
  MeasuredSource forcedIn(String band) {
    return Objects.requireNonNull(forced.get(band), "no measurement in the band");
  }

  MeasuredObject withStarLogOdds(double logOdds, boolean isFromModel) {
    return new MeasuredObject(
        parent,
        peak,
        family,
        blend,
        refBand,
        free,
        forced,
        models,
        optimal,
        gaap,
        logOdds,
        isFromModel);
  }
}
