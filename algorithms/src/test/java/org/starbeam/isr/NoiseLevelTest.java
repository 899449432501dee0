package org.starbeam.isr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.starbeam.image.ImageF;

class NoiseLevelTest {
  private static final double READ_NOISE = 6;

  /** Counted photons of a sky over a level, with stars, a gradient and read noise, whole ADU. */
  private static NoiseLevel.Channel channel(double level, double sky, double gain, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    ImageF image = new ImageF(400, 500);
    for (int y = 0; y < image.height(); y++) {
      for (int x = 0; x < image.width(); x++) {
        double expected =
            sky * (1 + 0.02 * (y - 250) / 500.0) + (x % 97 < 3 && y % 89 < 3 ? 4000 : 0);
        double electrons = expected + Math.sqrt(expected) * random.nextGaussian();
        double noise = READ_NOISE * random.nextGaussian();
        image.set(x, y, (float) Math.rint(level + (electrons + noise) / gain));
      }
    }
    return new NoiseLevel.Channel(image, gain, READ_NOISE);
  }

  @Test
  void levelsOfChannelsAreFoundBelowTheirCommonSky() {
    double[] levels =
        NoiseLevel.of(
            List.of(
                channel(964, 800, 1.77, 1),
                channel(1042, 800, 1.66, 2),
                channel(1005, 800, 1.7, 3)));
    assertThat(levels[0]).isCloseTo(964, within(0.02 * 800 / 1.77));
    assertThat(levels[1] - levels[0]).as("step").isCloseTo(1042 - 964, within(1.0));
    assertThat(levels[2] - levels[0]).as("step").isCloseTo(1005 - 964, within(1.0));
  }

  @Test
  void noiseBelowTheReadNoiseMeansNoSky() {
    ImageF flat = new ImageF(50, 50);
    flat.fill(1000);
    assertThat(NoiseLevel.of(List.of(new NoiseLevel.Channel(flat, 2, 6)))).containsExactly(1000);
    assertThat(NoiseLevel.of(List.of())).isEmpty();
  }
}
