package org.starbeam.measurement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;
import org.starbeam.image.MaskedImage;
import org.starbeam.psf.GaussianPsf;

class BlendednessTest {
  private static final double WIDTH = 2;

  private static MaskedImage image(double neighbour, double distance, double noise, long seed) {
    MaskedImage image = new MaskedImage(Box.around(0, 0, 40));
    Random random = new Random(seed);
    for (int y = -40; y <= 40; y++) {
      for (int x = -40; x <= 40; x++) {
        double near = x - distance;
        double value =
            1000 * Math.exp(-(x * x + y * y) / (2 * WIDTH * WIDTH))
                + neighbour * Math.exp(-(near * near + y * y) / (2 * WIDTH * WIDTH));
        image.image().set(x, y, (float) (value + noise * random.nextGaussian()));
      }
    }
    image.variance().fill((float) (noise * noise));
    return image;
  }

  private static MeasuredSource measured(MaskedImage own, MaskedImage all) {
    MeasuredSource source = MeasuredSource.at(0, 0);
    source.set(Fields.IXX, WIDTH * WIDTH);
    source.set(Fields.IYY, WIDTH * WIDTH);
    source.set(Fields.IXY, 0);
    new Blendedness().measure(new MeasurementFrame(own, all, new GaussianPsf(WIDTH)), source);
    return source;
  }

  @Test
  void aSourceThatNothingWasTakenFromHasNone() {
    MaskedImage alone = image(0, 0, 5, 1);
    MeasuredSource source = measured(alone, alone);
    assertThat(source.get(Fields.BLENDEDNESS_ABS)).isZero();
    assertThat(source.get(Fields.BLENDEDNESS_RAW)).isZero();
    assertThat(source.flag("blendedness_flag")).isFalse();
  }

  /** Two Gaussians: the other's part is e^(-d^2 / 4 sigma^2) of the own, times their ratio. */
  @Test
  void twoGaussiansHaveTheirOverlap() {
    for (double distance : new double[] {2, 4, 5}) {
      double other = 0.5 * Math.exp(-distance * distance / (4 * WIDTH * WIDTH));
      MeasuredSource source = measured(image(0, 0, 0, 1), image(500, distance, 0, 1));
      assertThat(source.get(Fields.BLENDEDNESS_RAW))
          .isCloseTo(other / (1 + other), within(0.02 * other));
      assertThat(source.get(Fields.BLENDEDNESS_ABS))
          .isEqualTo(source.get(Fields.BLENDEDNESS_RAW), within(1e-12));
    }
  }

  @Test
  void noiseChangesLittleOfTheAbsoluteForm() {
    MeasuredSource clean = measured(image(0, 0, 0, 1), image(500, 4, 0, 1));
    double mean = 0;
    for (int seed = 0; seed < 40; seed++) {
      MeasuredSource noisy = measured(image(0, 0, 50, seed), image(500, 4, 50, seed));
      mean += noisy.get(Fields.BLENDEDNESS_ABS) / 40;
    }
    assertThat(mean).isCloseTo(clean.get(Fields.BLENDEDNESS_ABS), within(0.01));
  }

  @Test
  void aPixelWithoutNoiseIsItselfAndEveryDepthIsFinite() {
    for (double t = -60; t <= 60; t += 0.5) {
      double value = Blendedness.withoutNoise(3 * t, 9);
      assertThat(value).isFinite().isLessThanOrEqualTo(Math.abs(3 * t));
      if (Math.abs(t) > 8) {
        assertThat(value).isCloseTo(Math.abs(3 * t), within(3.0));
      }
    }
    assertThat(Blendedness.withoutNoise(-7, 0)).isEqualTo(7);
  }

  @Test
  void withoutAShapeThereIsAFlag() {
    MaskedImage alone = image(0, 0, 5, 1);
    MeasuredSource source = MeasuredSource.at(0, 0);
    new Blendedness().measure(new MeasurementFrame(alone, new GaussianPsf(WIDTH)), source);
    assertThat(source.flag("blendedness_flag")).isTrue();
    assertThat(source.flag("blendedness_flag_noShape")).isTrue();
    assertThat(source.get(Fields.BLENDEDNESS_ABS)).isNaN();
  }
}
