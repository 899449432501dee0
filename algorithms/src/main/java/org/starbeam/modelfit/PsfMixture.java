package org.starbeam.modelfit;

import java.util.List;

/**
 * The PSF of a band as a sum of centred Gaussians of total 1, pixel included (specs/04 section
 * 9.3).
 *
 * @param consistency sum(P m) / sum(m m) of the PSF's image P and this mixture m: model fluxes are
 *     divided by it, so that the flux of a star is its PSF flux
 * @param residual sum of the absolute differences of image and mixture
 * @param isFallback true when the fit failed and this is one Gaussian of the same noise area
 */
public record PsfMixture(
    List<Component> components, double consistency, double residual, boolean isFallback) {
  /**
   * @param fraction of the flux
   */
  public record Component(double fraction, EllipseShape shape) {}

  public PsfMixture {
    components = List.copyOf(components);
  }

  /** A mixture that is the PSF exactly. */
  public static PsfMixture exact(Component... components) {
    return new PsfMixture(List.of(components), 1, 0, false);
  }

  /** Sigma of the round Gaussian with the same noise area, pixels. */
  public double effectiveSigma() {
    double sum = 0;
    for (Component a : components) {
      for (Component b : components) {
        double xx = a.shape.xx() + b.shape.xx();
        double xy = a.shape.xy() + b.shape.xy();
        double yy = a.shape.yy() + b.shape.yy();
        sum += a.fraction * b.fraction / (2 * Math.PI * Math.sqrt(xx * yy - xy * xy));
      }
    }
    return Math.sqrt(1 / (4 * Math.PI * sum));
  }
}
