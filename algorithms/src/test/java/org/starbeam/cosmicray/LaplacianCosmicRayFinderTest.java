package org.starbeam.cosmicray;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.SpanSet;

class LaplacianCosmicRayFinderTest {
  private static final double FWHM = 2.3548;

  private static LaplacianCosmicRayFinder finder(double fwhm) {
    return new LaplacianCosmicRayFinder(LaplacianCosmicRayFinder.Config.forFwhm(fwhm));
  }

  @Test
  void findsCosmicRaysOnBlankSkyWithoutAPsf() {
    SplittableRandom random = new SplittableRandom(31);
    CosmicRayScene rays = new CosmicRayScene(600);
    for (int k = 0; k < 100; k++) {
      rays.addRay(random, 40 + 520 * random.nextDouble(), 40 + 520 * random.nextDouble());
    }
    MaskedImage image = rays.observe(random);
    MaskI mask = new MaskI(image.box());
    finder(3.6).find(image).setMask(mask);
    int strong = 0;
    int found = 0;
    for (int i = 0; i < mask.data.length; i++) {
      if (rays.electrons()[i] > 8 * CosmicRayScene.SKY_SIGMA) {
        strong++;
        found += mask.data[i] != 0 ? 1 : 0;
      }
    }
    assertThat(found / (double) strong).isGreaterThanOrEqualTo(0.9);
  }

  @Test
  void coresOfStarsAreNotHit() {
    SplittableRandom random = new SplittableRandom(32);
    for (double fwhm : new double[] {2.0, 2.5, 3.6, 6.0}) {
      double sigma = fwhm / FWHM;
      CosmicRayScene stars = new CosmicRayScene(600);
      List<int[]> cores = new ArrayList<>();
      for (int k = 0; k < 100; k++) {
        double x = 40 + k % 10 * 55 + random.nextDouble();
        double y = 40 + k / 10 * 55 + random.nextDouble();
        double snr = 20 * Math.pow(40, random.nextDouble());
        stars.addStar(x, y, CosmicRayScene.fluxOfSnr(snr, sigma), sigma);
        cores.add(new int[] {(int) Math.rint(x), (int) Math.rint(y)});
      }
      MaskedImage image = stars.observe(random);
      MaskI mask = new MaskI(image.box());
      finder(fwhm).find(image).setMask(mask);
      for (int[] core : cores) {
        Box centre = Box.around(core[0], core[1], 1);
        assertThat(SpanSet.ofMask(mask.view(centre), MaskPlanes.CR).isEmpty())
            .as("FWHM " + fwhm)
            .isTrue();
      }
    }
  }

  @Test
  void badAndNotFinitePixelsAreNeverHitNorSpread() {
    MaskedImage image = new CosmicRayScene(60).observe(new SplittableRandom(33));
    image.image().set(20, 20, Float.NaN);
    image.image().set(40, 40, 50_000);
    image.mask().set(40, 40, MaskPlanes.SAT);
    assertThat(finder(3.6).find(image).events()).isEmpty();
  }
}
