package org.starbeam.cosmicray;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.SpanSet;
import org.starbeam.psf.GaussianPsf;

/** Stars and cosmic rays of {@link CosmicRayScene}: what is which is known from the drawing. */
class PsfStarVetoTest {
  private static final double FWHM = 2.3548;
  private static final double CENTRE = 40;

  private static PsfStarVeto veto(MaskedImage image, double sigma, double x, double y) {
    return new PsfStarVeto(
        PsfStarVeto.Config.defaults(), image, new GaussianPsf(sigma), List.of(new double[] {x, y}));
  }

  /** Pixels of a drawing above a level. */
  private static SpanSet above(MaskedImage image, double[] electrons, double level) {
    MaskI mask = new MaskI(image.box());
    for (int i = 0; i < electrons.length; i++) {
      mask.data[i] = electrons[i] > level ? MaskPlanes.CR : 0;
    }
    return SpanSet.ofMask(mask, MaskPlanes.CR);
  }

  private static double[] centreOfLight(double[] electrons, int size) {
    double[] s = new double[3];
    for (int i = 0; i < electrons.length; i++) {
      s[0] += electrons[i];
      s[1] += electrons[i] * (i % size);
      s[2] += electrons[i] * (i / size);
    }
    return new double[] {s[1] / s[0], s[2] / s[0]};
  }

  @Test
  void whatWasTakenForASourceIsStillACosmicRay() {
    SplittableRandom random = new SplittableRandom(21);
    for (double fwhm : new double[] {2, 3.6, 6}) {
      int givenBack = 0;
      for (int k = 0; k < 200; k++) {
        CosmicRayScene ray = new CosmicRayScene(80);
        ray.addRay(random, CENTRE, CENTRE);
        double[] source = centreOfLight(ray.electrons(), 80);
        MaskedImage image = ray.observe(random);
        SpanSet event = above(image, ray.electrons(), 8 * CosmicRayScene.SKY_SIGMA);
        givenBack += veto(image, fwhm / FWHM, source[0], source[1]).test(event) ? 1 : 0;
      }
      assertThat(givenBack).as("of 200 at FWHM " + fwhm).isLessThanOrEqualTo(4);
    }
  }

  @Test
  void coresOfStarsAreGivenBackThoughThePsfIsTooNarrowOrTooBroad() {
    SplittableRandom random = new SplittableRandom(22);
    for (double fwhm : new double[] {2, 2.5, 3.6}) {
      double sigma = fwhm / FWHM;
      for (int k = 0; k < 100; k++) {
        CosmicRayScene star = new CosmicRayScene(80);
        double x = CENTRE + random.nextDouble() - 0.5;
        double y = CENTRE + random.nextDouble() - 0.5;
        double flux = CosmicRayScene.fluxOfSnr(20 * Math.pow(40, random.nextDouble()), sigma);
        star.addStar(x, y, flux, sigma);
        MaskedImage image = star.observe(random);
        double peak = star.electrons()[40 * 80 + 40];
        for (double part : new double[] {0.9, 0.5, 0.1}) {
          SpanSet event = above(image, star.electrons(), part * peak);
          for (double guess : new double[] {0.85, 1, 1.1}) {
            assertThat(veto(image, guess * sigma, x, y).test(event))
                .as("FWHM %s flux %s PSF %s pixels %s", fwhm, flux, guess, event.area())
                .isTrue();
          }
        }
      }
    }
  }

  @Test
  void aHitOnTheWingOfAStarStaysACosmicRay() {
    SplittableRandom random = new SplittableRandom(23);
    double sigma = 3.6 / FWHM;
    for (int k = 0; k < 100; k++) {
      CosmicRayScene hit = new CosmicRayScene(80);
      hit.addHit(CENTRE + 2, CENTRE + 1, 3000);
      CosmicRayScene both = new CosmicRayScene(80);
      both.addHit(CENTRE + 2, CENTRE + 1, 3000);
      both.addStar(CENTRE, CENTRE, CosmicRayScene.fluxOfSnr(100, sigma), sigma);
      MaskedImage image = both.observe(random);
      SpanSet event = above(image, hit.electrons(), 300);
      assertThat(veto(image, sigma, CENTRE, CENTRE).test(event)).isFalse();
    }
  }

  @Test
  void onlyABrightStarsWholeCoreMakesItSuspect() {
    SplittableRandom random = new SplittableRandom(24);
    double sigma = 2.5 / FWHM;
    CosmicRayScene bright = new CosmicRayScene(80);
    bright.addStar(CENTRE, CENTRE, CosmicRayScene.fluxOfSnr(100, sigma), sigma);
    MaskedImage image = bright.observe(random);
    double peak = bright.electrons()[40 * 80 + 40];
    PsfStarVeto veto = veto(image, sigma, CENTRE, CENTRE);
    assertThat(veto.isWholeCore(above(image, bright.electrons(), 0.3 * peak))).isTrue();
    assertThat(veto.isWholeCore(above(image, bright.electrons(), 0.9 * peak))).isFalse();

    CosmicRayScene faint = new CosmicRayScene(80);
    faint.addStar(CENTRE, CENTRE, CosmicRayScene.fluxOfSnr(30, sigma), sigma);
    SpanSet core = above(image, bright.electrons(), 0.3 * peak);
    assertThat(veto(faint.observe(random), sigma, CENTRE, CENTRE).isWholeCore(core)).isFalse();
  }
}
