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
    if (fits != null) {
      for (Model model : new Model[] {Model.SERSIC, Model.EXPONENTIAL, Model.POINT}) {
        ModelFit fit = fits.get(model);
        if (fit != null && !fit.flags().contains(ModelFit.Flag.FAILED)) {
          return new HeldModel(fit.model(), fit.fluxes());
        }
      }
    }
    return new HeldModel(SourceModel.point(target.x(), target.y()), target.fluxes());
  }

  /** Takes the model's light from the pixels of a band. */
  void subtract(int band, BandPixels pixels) {
    double flux = fluxes[band] * pixels.psf().consistency();
    if (!Double.isFinite(flux)) {
      return;
    }
    SourceModel.Component component = model.components().get(0);
    double[][] plane = new double[1][pixels.data().length];
    new GaussianRenderer(pixels.box())
        .add(plane, model.x(), model.y(), component.gaussians(), component.shape(), pixels.psf());
    for (int p = 0; p < plane[0].length; p++) {
      if (pixels.weight()[p] > 0) {
        pixels.data()[p] -= flux * plane[0][p];
      }
    }
  }
}
