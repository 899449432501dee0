package org.starbeam.deblend;

import java.util.List;
import org.starbeam.image.ImageF;
import org.starbeam.image.SpanSet;

/**
 * What belongs to one peak of a blend.
 *
 * @param method how its light was told from that of its neighbours
 * @param blend number of its model in the list of models; -1 when it has none
 * @param bands in the order in which they were given
 * @param components of its model
 * @param maxOverlap part of its model that lies under those of its neighbours, in the band where it
 *     is largest: sum of min(c, T - c) over sum of c
 * @param chi2 mean over the good pixels of its model, all bands, of (D - T)^2 / V; NaN without one
 */
public record DeblendedChild(
    DeblendMethod method,
    int blend,
    List<BandLight> bands,
    int components,
    double maxOverlap,
    double chi2) {

  /** Its light in a band that was handed in. */
  public BandLight band(String name) {
    return bands.stream().filter(b -> b.band().equals(name)).findFirst().orElseThrow();
  }

  /**
   * Its light in one band; c is its model image, T the sum of all of the parent, D the data.
   *
   * @param band name
   * @param pixels of the parent where it has light
   * @param ratio D c / T on these pixels
   * @param subtracted D - (T - c) on the pixels of the parent in the box of the ratio image
   * @param flux sum of D c / T
   * @param fluxOverlap sum of T - c where c is not 0
   * @param fluxOverlapFraction that over the sum of c
   * @param blendedness 1 - sum c c / sum T c
   * @param dataCoverage part of the pixels of the model that are good
   * @param edgePixels pixels of the model beyond the image
   * @param zeroFlux whether the model has no light in the band
   */
  public record BandLight(
      String band,
      SpanSet pixels,
      ImageF ratio,
      ImageF subtracted,
      double flux,
      double fluxOverlap,
      double fluxOverlapFraction,
      double blendedness,
      double dataCoverage,
      int edgePixels,
      boolean zeroFlux) {}
}
