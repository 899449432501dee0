package org.starbeam.modelfit;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.modelfit.ModelFitter.Model;

/**
 * A neighbour whose light is taken away before a group is fitted.
 *
 * @param fluxes by band, of the whole model
 */
record HeldModel(SourceModel model, double[] fluxes) {
  /** By the best of its fits; before there are any, by its moments and estimated fluxes. */
  static HeldModel of(ModelTarget target, @Nullable Map<Model, ModelFit> fits) {
    ModelFit best = fits == null ? null : ModelLight.best(fits);
    if (best != null) {
      return new HeldModel(best.model(), best.fluxes());
    }
    return new HeldModel(SourceModel.point(target.x(), target.y()), target.fluxes());
  }

  /** Adds the model's light in a band to an image. */
  void add(int band, PsfMixture psf, GaussianRenderer renderer, double[] image) {
    double flux = fluxes[band] * psf.consistency();
    if (Double.isFinite(flux) && flux != 0) {
      renderer.addFlux(image, flux, model.x(), model.y(), model.components().get(0), psf);
    }
  }
}
