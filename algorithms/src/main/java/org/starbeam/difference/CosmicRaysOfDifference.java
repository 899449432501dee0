package org.starbeam.difference;

import org.starbeam.cosmicray.CosmicRays;
import org.starbeam.cosmicray.GradientCosmicRayFinder;
import org.starbeam.cosmicray.PsfFalloff;
import org.starbeam.difference.ImageSubtractor.Difference;
import org.starbeam.image.GaussianWidth;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskedImage;
import org.starbeam.psf.PsfModel;

/**
 * Cosmic rays on a difference (specs/03 section 7.8): positive ones that the visit's own search has
 * missed, negative ones that are in the template. Pixels keep their values and have CR.
 *
 * <p>A rise must exceed what the matching may leave of the stars: to the variance the square of
 * {@value #LIGHT} times the subtracted light is added, so that a hit on a star rises by a third of
 * the star's own light. What has the other sign counts as sky, so that the slope between the lobes
 * of a dipole is not taken for a hit.
 */
final class CosmicRaysOfDifference {
  private static final double LIGHT = 0.05;

  private CosmicRaysOfDifference() {}

  /** Sets CR in the mask of the difference. */
  static void mark(Difference difference) {
    MaskedImage image = difference.image();
    PsfModel psf = difference.psf();
    double[] c = psf.averagePosition();
    double[] shape = psf.shape(c[0], c[1]);
    double fwhm = GaussianWidth.FWHM_PER_SIGMA * Math.sqrt((shape[0] + shape[1]) / 2);
    GradientCosmicRayFinder.Config d = GradientCosmicRayFinder.Config.defaults();
    GradientCosmicRayFinder finder =
        new GradientCosmicRayFinder(
            new GradientCosmicRayFinder.Config(
                    d.minSigma(), d.c(), d.f(), 0, d.growthPasses(), d.maxFraction())
                .forFwhm(fwhm));
    ImageF variance = variance(image.variance(), difference.matchedTemplate());
    CosmicRays inVisit = find(finder, image, variance, 1, psf);
    CosmicRays inTemplate = find(finder, image, variance, -1, psf);
    inVisit.setMask(image.mask());
    inTemplate.setMask(image.mask());
  }

  private static CosmicRays find(
      GradientCosmicRayFinder finder, MaskedImage image, ImageF variance, int sign, PsfModel psf) {
    ImageF signed = image.image().copy();
    for (int i = 0; i < signed.data.length; i++) {
      signed.data[i] = Math.max(0, sign * signed.data[i]);
    }
    return finder.find(new MaskedImage(signed, image.mask(), variance), PsfFalloff.of(psf));
  }

  private static ImageF variance(ImageF variance, ImageF light) {
    ImageF out = variance.copy();
    for (int y = out.box().y0(); y < out.box().y1(); y++) {
      for (int x = out.box().x0(); x < out.box().x1(); x++) {
        double left = LIGHT * light.get(x, y);
        out.data[out.index(x, y)] += (float) (left * left);
      }
    }
    return out;
  }
}
