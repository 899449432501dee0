package org.starbeam.coadd;

import java.util.Map;
import java.util.TreeMap;
import org.starbeam.deblend.DeblendMethod;
import org.starbeam.deblend.DeblendedChild;
import org.starbeam.deblend.Redistribution;
import org.starbeam.deblend.ScarletBlend;

/**
 * How an object was told from its neighbours.
 *
 * @param method rung of the ladder
 * @param failed whether no rung held: all light of the parent counts as the object's
 * @param children objects of the parent
 * @param blendX column of the first pixel of the sub-blend, which names it; -1 when it has none
 * @param blendY row of that pixel
 * @param blendChildren objects of the sub-blend
 * @param iterations of the fit
 * @param converged false when the fit was stopped
 * @param components of its model
 * @param maxOverlap part of its model under those of its neighbours, largest over bands
 * @param chi2 mean square of the residuals of the model, in deviations of the sky; NaN without one
 * @param unassignedFraction of the parent's light that is in no model
 * @param strayFlux whether an isolated source does not account for its parent's light
 * @param modelPsfNarrow whether the PSF of a band is narrower than the model's
 * @param incompleteData whether a band is missing from the model
 * @param bands by name
 */
public record ObjectBlend(
    DeblendMethod method,
    boolean failed,
    int children,
    int blendX,
    int blendY,
    int blendChildren,
    int iterations,
    boolean converged,
    int components,
    double maxOverlap,
    double chi2,
    double unassignedFraction,
    boolean strayFlux,
    boolean modelPsfNarrow,
    boolean incompleteData,
    Map<String, Band> bands) {

  /**
   * One band; the first six as in {@link DeblendedChild.BandLight}.
   *
   * @param flux that the deblender gives it
   * @param psfFluxDelta point-source flux of its share of the pixels less that after subtraction of
   *     the neighbours, in units of the error
   * @param gaapFluxDelta the same of the GAaP flux of 1 arcsec
   */
  public record Band(
      double flux,
      double fluxOverlap,
      double fluxOverlapFraction,
      double blendedness,
      double dataCoverage,
      boolean zeroFlux,
      double psfFluxDelta,
      double gaapFluxDelta) {
    private Band withGaapFluxDelta(double delta) {
      return new Band(
          flux,
          fluxOverlap,
          fluxOverlapFraction,
          blendedness,
          dataCoverage,
          zeroFlux,
          psfFluxDelta,
          delta);
    }
  }

  ObjectBlend withGaapFluxDeltas(Map<String, Double> deltas) {
    Map<String, Band> changed = new TreeMap<>();
    bands.forEach(
        (name, band) ->
            changed.put(name, band.withGaapFluxDelta(deltas.getOrDefault(name, Double.NaN))));
    return new ObjectBlend(
        method,
        failed,
        children,
        blendX,
        blendY,
        blendChildren,
        iterations,
        converged,
        components,
        maxOverlap,
        chi2,
        unassignedFraction,
        strayFlux,
        modelPsfNarrow,
        incompleteData,
        changed);
  }

  static ObjectBlend of(
      Redistribution split, DeblendedChild child, int children, Map<String, Double> psfDeltas) {
    Map<String, Band> bands = new TreeMap<>();
    for (DeblendedChild.BandLight light : child.bands()) {
      bands.put(
          light.band(),
          new Band(
              light.flux(),
              light.fluxOverlap(),
              light.fluxOverlapFraction(),
              light.blendedness(),
              light.dataCoverage(),
              light.zeroFlux(),
              psfDeltas.getOrDefault(light.band(), Double.NaN),
              Double.NaN));
    }
    ScarletBlend model = child.blend() < 0 ? null : split.models().get(child.blend());
    return new ObjectBlend(
        child.method(),
        split.hasFailed(),
        children,
        model == null ? -1 : model.firstX(),
        model == null ? -1 : model.firstY(),
        model == null ? 1 : sourcesOf(split, model),
        model == null ? 0 : model.iterations(),
        model == null || model.converged(),
        child.components(),
        child.maxOverlap(),
        child.chi2(),
        split.unassignedFraction(),
        split.hasStrayFlux(),
        split.isModelPsfNarrow(),
        !split.missingBands().isEmpty(),
        bands);
  }

  /** Peaks of a sub-blend, which may have been fitted in blocks. */
  private static int sourcesOf(Redistribution split, ScarletBlend blend) {
    int n = 0;
    for (ScarletBlend each : split.models()) {
      if (each.firstX() == blend.firstX() && each.firstY() == blend.firstY()) {
        n += (int) each.sources().stream().filter(s -> s.peak() >= 0).count();
      }
    }
    return n;
  }
}
