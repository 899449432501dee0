package org.starbeam.modelfit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;

class PsfMixtureFitterTest {
  /** A Moffat profile averaged over pixels, of sum 1 in the stamp. */
  static ImageD moffat(int half, double fwhm, double beta, double e) {
    ImageD out = new ImageD(new Box(-half, -half, 2 * half + 1, 2 * half + 1));
    double alpha = fwhm / (2 * Math.sqrt(Math.pow(2, 1 / beta) - 1));
    double sum = 0;
    int fine = 5;
    for (int y = -half; y <= half; y++) {
      for (int x = -half; x <= half; x++) {
        double value = 0;
        for (int j = 0; j < fine; j++) {
          for (int i = 0; i < fine; i++) {
            double dx = (x + (i + 0.5) / fine - 0.5) * (1 - e);
            double dy = (y + (j + 0.5) / fine - 0.5) * (1 + e);
            value += Math.pow(1 + (dx * dx + dy * dy) / (alpha * alpha), -beta);
          }
        }
        out.set(x, y, value);
        sum += value;
      }
    }
    for (int i = 0; i < out.data.length; i++) {
      out.data[i] /= sum;
    }
    return out;
  }

  @Test
  void aMixtureOfTwoGaussiansIsFoundAgain() {
    ImageD image = new ImageD(new Box(-20, -20, 41, 41));
    double[][] plane = new double[1][image.data.length];
    PsfMixture truth =
        PsfMixture.exact(
            new PsfMixture.Component(0.7, new EllipseShape(1.5, 1.6, 0.05)),
            new PsfMixture.Component(0.3, new EllipseShape(3.1, 3, 0)));
    new GaussianRenderer(image.box()).add(plane, 0, 0, SersicMixture.ONE, null, truth);
    System.arraycopy(plane[0], 0, image.data, 0, image.data.length);
    PsfMixture found = PsfMixtureFitter.fit(image);
    assertThat(found.components()).hasSize(2);
    assertThat(found.consistency()).isCloseTo(1, within(1e-4));
    assertThat(found.components().get(0).fraction()).isCloseTo(0.7, within(0.01));
    assertThat(found.components().get(0).shape().sigmaX()).isCloseTo(1.5, within(0.01));
    assertThat(found.components().get(1).shape().sigmaX()).isCloseTo(3.1, within(0.05));
  }

  @Test
  void theWingsOfAMoffatAreFollowed() {
    for (double fwhm : new double[] {3, 4, 6}) {
      PsfMixture found = PsfMixtureFitter.fit(moffat(22, fwhm, 2.8, 0.03));
      assertThat(found.isFallback()).isFalse();
      assertThat(found.residual()).as("FWHM %s", fwhm).isLessThan(0.06);
      assertThat(found.consistency()).isCloseTo(1, within(0.02));
    }
  }

  /**
   * The flux of an exponential whose structure is known, over the consistency factor of the PSF.
   * Two Gaussians, which leave 1.7 percent of the profile of the atmosphere, would make it 0.3 to
   * 0.5 percent too high.
   */
  @Test
  void largeGalaxiesThroughTheAtmosphereKeepTheirFlux() {
    for (double fwhm : new double[] {3, 4.5}) {
      SersicImages images = new SersicImages(60, fwhm, 4.765);
      PsfMixture found = PsfMixtureFitter.fit(images.psfStamp(22));
      assertThat(found.residual()).isLessThan(0.004);
      for (double radius : new double[] {1.5, 6, 10}) {
        EllipseShape shape = new EllipseShape(radius, radius, 0.01);
        double[] image = images.render(0, 0, shape, 1);
        double[][] model = new double[1][image.length];
        new GaussianRenderer(Box.around(0, 0, 60))
            .add(model, 0, 0, SersicMixture.EIGHT.at(1), shape, found);
        double cross = 0;
        double square = 0;
        for (int p = 0; p < image.length; p++) {
          cross += image[p] * model[0][p];
          square += model[0][p] * model[0][p];
        }
        assertThat(cross / square / found.consistency())
            .as("FWHM %s, radius %s", fwhm, radius)
            .isCloseTo(1, within(0.0015));
      }
    }
  }
}
