package org.starbeam.gaap;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Fluxes of one object in one band.
 *
 * @param circular by aperture, in the order of the configuration
 * @param optimal in the aperture of the object, which is the same in all bands
 * @param psf in the matched aperture of the widest PSF of all bands
 */
public record GaapFluxes(List<GaapFlux> circular, GaapFlux optimal, GaapFlux psf) {
  /** Whether a predicate holds for any aperture. */
  public boolean any(Predicate<GaapFlux> predicate) {
    return circular.stream().anyMatch(predicate) || predicate.test(optimal) || predicate.test(psf);
  }

  /** All fluxes and errors times a factor. */
  public GaapFluxes times(double factor) {
    List<GaapFlux> scaled = new ArrayList<>();
    circular.forEach(f -> scaled.add(f.times(factor)));
    return new GaapFluxes(List.copyOf(scaled), optimal.times(factor), psf.times(factor));
  }
}
