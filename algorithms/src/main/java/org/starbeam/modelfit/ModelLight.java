package org.starbeam.modelfit;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;
import org.starbeam.modelfit.ModelFitter.Model;

/** The light of a fitted object in the pixels of a band. */
public final class ModelLight {
  private ModelLight() {}

  /** Sersic, else exponential, else point; null when all failed or were not made. */
  public static @Nullable ModelFit best(Map<Model, ModelFit> fits) {
    for (Model model : new Model[] {Model.SERSIC, Model.EXPONENTIAL, Model.POINT}) {
      ModelFit fit = fits.get(model);
      if (fit != null && !fit.flags().contains(ModelFit.Flag.FAILED)) {
        return fit;
      }
    }
    return null;
  }

  /** Half-light radius, pixels: square root of the product of the semi-axes; 0 for a point. */
  public static double meanRadius(ModelFit fit) {
    EllipseShape shape = fit.model().components().get(0).shape();
    return shape == null ? 0 : shape.meanRadius();
  }

  /**
   * Pixels of a box, row by row.
   *
   * @param flux of the whole model
   * @param psf of the band at the object
   */
  public static double[] pixels(ModelFit fit, double flux, PsfMixture psf, Box box) {
    double[] out = new double[box.area()];
    new HeldModel(fit.model(), new double[] {flux}).add(0, psf, new GaussianRenderer(box), out);
    return out;
  }
}
