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
 * Tells a star from a cosmic ray that lies on one (specs/02 section 1.1, star veto). For an event
 * within {@link Config#reach} pixels of a source, flux and constant are fitted with the PSF at the
 * source's place, with and without the event's pixels. The event stays a cosmic ray only if leaving
 * its pixels out lowers chi^2 by more than {@link Config#minDeltaChi2} <em>and</em> the flux by
 * less than {@link Config#maxFluxLoss} of itself.
 */
public final class PsfStarVeto implements Predicate<SpanSet> {
  private static final int UNUSABLE =
      MaskPlanes.BAD | MaskPlanes.SAT | MaskPlanes.NO_DATA | MaskPlanes.INTRP;

  /**
   * @param reach distance of an event from a peak in pixels; default 2
   * @param minDeltaChi2 default 50
   * @param maxFluxLoss default 0.6
   */
  public record Config(double reach, double minDeltaChi2, double maxFluxLoss)
      implements Serializable {
    public static Config defaults() {
      return new Config(2, 50, 0.6);
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
    for (double[] source : sources) {
      if (isNear(event, source[0], source[1]) && isStar(event, source[0], source[1])) {
        return true;
      }
    }
    return false;
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
    ImageD p = psf.image(x, y);
    Box box = Box.around((int) Math.rint(x), (int) Math.rint(y), 7);
    box = box.intersect(p.box()).intersect(image.box());
    double[] all = fit(p, box, SpanSet.EMPTY);
    double[] without = fit(p, box, event);
    boolean isHit =
        all[1] - without[1] > config.minDeltaChi2()
            && all[0] - without[0] < config.maxFluxLoss() * all[0];
    return !isHit;
  }

  /** Flux and chi^2 of PSF * flux + constant on the usable pixels that are not in the event. */
  private double[] fit(ImageD p, Box box, SpanSet event) {
    double s = 0;
    double sp = 0;
    double spp = 0;
    double sd = 0;
    double spd = 0;
    double sdd = 0;
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        float v = image.variance().get(x, y);
        if ((image.mask().get(x, y) & UNUSABLE) != 0 || !(v > 0) || event.contains(x, y)) {
          continue;
        }
        double w = 1 / v;
        double model = p.get(x, y);
        double data = image.image().get(x, y);
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
      return new double[] {0, 0};
    }
    double flux = (s * spd - sp * sd) / determinant;
    double constant = (spp * sd - sp * spd) / determinant;
    return new double[] {flux, sdd - flux * spd - constant * sd};
  }
}
