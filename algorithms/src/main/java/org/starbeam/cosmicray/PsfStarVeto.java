package org.starbeam.cosmicray;

import java.io.Serializable;
import java.util.List;
import java.util.function.Predicate;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.SpanSet;
import org.starbeam.psf.PsfModel;

/**
 * Tells a star from a cosmic ray that lies on one or was itself taken for a source (specs/02
 * section 1.1, star veto). For an event within {@link Config#reach} pixels of a source, flux F and
 * a constant are fitted with the PSF at the source's place, with and without the event's pixels.
 *
 * <ul>
 *   <li>Leaving the pixels out lowers chi^2 by no more than {@link Config#minDeltaChi2}: the PSF
 *       explains the event, it is a star.
 *   <li>It lowers it, but by less than {@link Config#maxMisfit} of F^2 sum P^2 / variance over the
 *       event: a star whose PSF is not known well enough. F is the flux without the event's pixels;
 *       where that is less than 1 - {@link Config#maxFluxLoss} of the flux with them, nothing but
 *       the event tells of a star, and F is the flux with them.
 *   <li>Else it is a cosmic ray, on the star or instead of it.
 * </ul>
 *
 * The loss of flux alone would not do: without its pixels nothing is left of a cosmic ray that was
 * taken for a source, nor of a sharp star whose core is hit. A PSF that is 15 percent too narrow
 * misses less than 0.15 of a star's signal in any part of its core, one that is a fifth too broad
 * less than 0.3 in 98 of 100; a hit that {@link GradientCosmicRayFinder} finds on a star rises by
 * two thirds of the star's own light, a misfit of 0.44.
 */
public final class PsfStarVeto implements Predicate<SpanSet> {
  private static final int HALF_SIZE = 7;
  private static final int UNUSABLE =
      MaskPlanes.BAD | MaskPlanes.SAT | MaskPlanes.NO_DATA | MaskPlanes.INTRP;

  /** A pixel belongs to the core where the PSF has at least half its peak. */
  private static final double CORE = 0.5;

  /**
   * @param reach distance of an event from a peak in pixels; default 2
   * @param minDeltaChi2 default 50
   * @param maxFluxLoss default 0.6
   * @param maxMisfit part of a star's signal that the PSF may miss; default 0.3
   * @param suspectSnr S/N of stars that become SUSPECT when their whole core looked like a cosmic
   *     ray; default 50
   */
  public record Config(
      double reach, double minDeltaChi2, double maxFluxLoss, double maxMisfit, double suspectSnr)
      implements Serializable {
    public static Config defaults() {
      return new Config(2, 50, 0.6, 0.3, 50);
    }
  }

  private final Config config;
  private final MaskedImage image;
  private final PsfModel psf;
  private final List<double[]> sources;

  /**
   * @param image background-subtracted
   * @param sources centroids {x, y} of detected sources
   */
  public PsfStarVeto(Config config, MaskedImage image, PsfModel psf, List<double[]> sources) {
    this.config = config;
    this.image = image;
    this.psf = psf;
    this.sources = List.copyOf(sources);
  }

  /** True when the event is a star. */
  @Override
  public boolean test(SpanSet event) {
    return sources.stream().anyMatch(s -> isNear(event, s[0], s[1]) && isStar(event, s[0], s[1]));
  }

  /** True when an event covers the whole core of a bright star. */
  public boolean isWholeCore(SpanSet event) {
    return sources.stream()
        .anyMatch(
            s ->
                isNear(event, s[0], s[1])
                    && coversCore(event, s[0], s[1])
                    && fit(s[0], s[1], SpanSet.EMPTY).snr() >= config.suspectSnr());
  }

  private boolean isNear(SpanSet event, double x, double y) {
    double reach2 = config.reach() * config.reach();
    for (int i = 0; i < event.size(); i++) {
      double dx = Math.max(0, Math.max(event.x0(i) - x, x - (event.x1(i) - 1)));
      double dy = event.y(i) - y;
      if (dx * dx + dy * dy <= reach2) {
        return true;
      }
    }
    return false;
  }

  private boolean isStar(SpanSet event, double x, double y) {
    StarFit all = fit(x, y, SpanSet.EMPTY);
    StarFit without = fit(x, y, event);
    double fall = all.chi2 - without.chi2;
    if (!(fall > config.minDeltaChi2())) {
      return true;
    }
    boolean isLost = all.flux - without.flux >= config.maxFluxLoss() * all.flux;
    double flux = isLost ? all.flux : without.flux;
    return fall < config.maxMisfit() * flux * flux * (all.psf2 - without.psf2);
  }

  private boolean coversCore(SpanSet event, double x, double y) {
    ImageD p = psf.image(x, y);
    Box box = stamp(p, x, y);
    double peak = 0;
    for (double value : p.data) {
      peak = Math.max(peak, value);
    }
    for (int v = box.y0(); v < box.y1(); v++) {
      for (int u = box.x0(); u < box.x1(); u++) {
        if (p.get(u, v) >= CORE * peak && !event.contains(u, v)) {
          return false;
        }
      }
    }
    return true;
  }

  private Box stamp(ImageD p, double x, double y) {
    return Box.around((int) Math.rint(x), (int) Math.rint(y), HALF_SIZE)
        .intersect(p.box())
        .intersect(image.box());
  }

  /**
   * @param variance of the flux
   * @param psf2 sum P^2 / variance of the pixels
   */
  private record StarFit(double flux, double variance, double chi2, double psf2) {
    static final StarFit NONE = new StarFit(0, 1, 0, 0);

    double snr() {
      return flux / Math.sqrt(variance);
    }
  }

  private boolean isUsable(int x, int y) {
    return (image.mask().get(x, y) & UNUSABLE) == 0
        && image.variance().get(x, y) > 0
        && Float.isFinite(image.image().get(x, y));
  }

  /** Fit of PSF * flux + constant to the usable pixels that are not in the event. */
  private StarFit fit(double x, double y, SpanSet event) {
    ImageD p = psf.image(x, y);
    Box box = stamp(p, x, y);
    double s = 0;
    double sp = 0;
    double spp = 0;
    double sd = 0;
    double spd = 0;
    double sdd = 0;
    for (int v = box.y0(); v < box.y1(); v++) {
      for (int u = box.x0(); u < box.x1(); u++) {
        if (event.contains(u, v) || !isUsable(u, v)) {
          continue;
        }
        double w = 1 / (double) image.variance().get(u, v);
        double model = p.get(u, v);
        double data = image.image().get(u, v);
        s += w;
        sp += w * model;
        spp += w * model * model;
        sd += w * data;
        spd += w * model * data;
        sdd += w * data * data;
      }
    }
    double determinant = s * spp - sp * sp;
    if (!(determinant > 0)) {
      return StarFit.NONE;
    }
    double flux = (s * spd - sp * sd) / determinant;
    double constant = (spp * sd - sp * spd) / determinant;
    return new StarFit(flux, s / determinant, sdd - flux * spd - constant * sd, spp);
  }
}
