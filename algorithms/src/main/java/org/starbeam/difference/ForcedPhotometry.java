package org.starbeam.difference;

import org.starbeam.image.Box;
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
   * @param maskedFraction share of sum P that was left out, 0 to 1 also where a PSF is negative
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
    double masked = maskedFraction(image, psf);
    return new Result(
        fit.flux(), fit.err() * noiseFactor, masked, fit.pixels() == 0 || masked > MAX_MASKED);
  }

  private static double maskedFraction(MaskedImage image, ImageD psf) {
    Box box = psf.box();
    double all = 0;
    double lost = 0;
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        double p = psf.get(x, y);
        all += p;
        boolean used = image.box().contains(x, y) && (image.mask().get(x, y) & EXCLUDED) == 0;
        lost += used ? 0 : p;
      }
    }
    return Math.min(1, Math.max(0, lost / all));
  }
}
