package org.starbeam.psf;

import java.util.List;
import java.util.Set;

/**
 * A PSF model and how it came about.
 *
 * @param model the PSF
 * @param stars what the fit found for every star, in the order in which the stars were given
 * @param used number of stars that shaped the model
 * @param degree total degree in position; 0 for a constant PSF, -1 when not known
 * @param chi2 median reduced chi^2 of the used stars; NaN without a pixel model
 * @param flags fall-backs that were taken
 */
public record PsfFit(
    PsfModel model, List<Star> stars, int used, int degree, double chi2, Set<Flag> flags) {

  /**
   * A model that an earlier pass has fitted and that stays as it is: its stars are known, their
   * residuals (NaN) and the degree (-1) are not.
   *
   * @param shaping keys of the stars that shaped it
   */
  public static PsfFit kept(PsfModel model, List<Long> shaping) {
    List<Star> stars =
        shaping.stream()
            .map(key -> new Star(key, true, Double.NaN, Double.NaN, Double.NaN, 0, Double.NaN))
            .toList();
    return new PsfFit(model, stars, stars.size(), -1, Double.NaN, Set.of());
  }

  /** The fit of a frame without a star that shaped it, with the model of somebody else. */
  public PsfFit with(PsfModel other) {
    return new PsfFit(other, stars, 0, -1, Double.NaN, Set.of(Flag.LOW_STARS, Flag.KEPT));
  }

  /** The same fit with another form of its model. */
  public PsfFit withModel(PsfModel other) {
    return new PsfFit(other, stars, used, degree, chi2, flags);
  }

  /** Fall-backs (specs/02 section 7.4). */
  public enum Flag {
    /** Fewer than ten stars. */
    LOW_STARS,
    /** Fewer than four: a Moffat profile of the size and shape of the stars. */
    MOFFAT_FROM_STARS,
    /** No star: a round Moffat profile of the prior seeing. */
    FROM_PRIOR,
    /** No star: the model that an earlier pass or the other detectors of the visit gave. */
    KEPT
  }

  /**
   * One star in the fit.
   *
   * @param key the star's
   * @param used whether it shaped the model
   * @param x fitted column
   * @param y fitted row
   * @param flux fitted flux
   * @param background fitted constant per pixel
   * @param chi2 reduced chi^2; NaN when the stamp had too few good pixels
   */
  public record Star(
      long key, boolean used, double x, double y, double flux, double background, double chi2) {}
}
