package org.starbeam.difference;

import org.starbeam.image.ImageD;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.measurement.PsfFlux;

/**
 * Point-source flux at a given position (specs/03 section 8.3): {@code F = sum P I / sum P^2} over
 * the pixels without BAD, NO_DATA, SAT or EDGE, error {@code sqrt(sum P^2 V) / sum P^2} times the
 * factor of correlated noise. Every pixel has the same weight, nothing is re-centred, no local
 * background is taken.
 */
public final class ForcedPhotometry {
  /** Planes whose pixels are left out. */
  public static final int EXCLUDED =
      MaskPlanes.BAD | MaskPlanes.NO_DATA | MaskPlanes.SAT | MaskPlanes.EDGE;

  private static final double MAX_MASKED = 0.5;

  /**
   * @param flux in units of the image; NaN without a usable pixel
   * @param err one sigma
   * @param maskedFraction share of sum P^2 that was left out
   * @param flag nothing usable, or more than half of the weight left out
   */
  public record Result(double flux, double err, double maskedFraction, boolean flag) {}

  private ForcedPhotometry() {}

  /**
   * Measures.
   *
   * @param psf the PSF at the position, in the coordinates of the image
   * @param noiseFactor ratio of the true error to that of independent pixels
   */
  public static Result measure(MaskedImage image, ImageD psf, double noiseFactor) {
    PsfFlux.Result fit = PsfFlux.fit(image, psf, EXCLUDED);
    double masked = 1 - fit.usedFraction();
    return new Result(
        fit.flux(),
        fit.err() * noiseFactor,
        masked,
        fit.pixels() == 0 || masked > MAX_MASKED);
  }
}
