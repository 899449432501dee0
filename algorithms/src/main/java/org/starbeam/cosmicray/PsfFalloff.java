package org.starbeam.cosmicray;

import org.starbeam.image.ImageD;
import org.starbeam.psf.PsfModel;

/**
 * How steeply a PSF falls from its central pixel to the neighbours: the mean of the two neighbours
 * along y and along x, and of the four diagonal ones, over the centre, for a PSF centred on a
 * pixel.
 *
 * @param vertical (P(0, 1) + P(0, -1)) / 2 P(0, 0)
 * @param horizontal (P(1, 0) + P(-1, 0)) / 2 P(0, 0)
 * @param diagonal mean of the four diagonal neighbours / P(0, 0)
 */
public record PsfFalloff(double vertical, double horizontal, double diagonal) {

  /** The fall-off at a place of an image. */
  public interface Field {
    PsfFalloff at(double x, double y);
  }

  /** The same Gaussian everywhere. */
  public static Field gaussian(double sigma) {
    double side = Math.exp(-0.5 / (sigma * sigma));
    PsfFalloff falloff = new PsfFalloff(side, side, side * side);
    return (x, y) -> falloff;
  }

  /** That of a PSF model. */
  public static Field of(PsfModel psf) {
    return (x, y) -> {
      ImageD p = psf.kernelImage(x, y);
      double centre = p.get(0, 0);
      return new PsfFalloff(
          0.5 * (p.get(0, 1) + p.get(0, -1)) / centre,
          0.5 * (p.get(1, 0) + p.get(-1, 0)) / centre,
          0.25 * (p.get(1, 1) + p.get(-1, -1) + (p.get(1, -1) + p.get(-1, 1))) / centre);
    };
  }
}
