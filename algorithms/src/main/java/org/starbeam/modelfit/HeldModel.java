package org.starbeam.modelfit;

/**
 * A neighbour whose light is taken away before a group is fitted.
 *
 * @param fluxes by band, of the whole model
 */
record HeldModel(SourceModel model, double[] fluxes) {
  /** Before it was fitted: a point of the estimated fluxes. */
  static HeldModel of(ModelTarget target) {
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
