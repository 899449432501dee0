package org.starbeam.coadd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.warp.NoiseCorrelation;

class SkyCorrelationTest {
  private static final int SIZE = 600;
  private static final NoiseCorrelation FALLBACK = NoiseCorrelation.lanczos(3);

  /** White noise of unit variance averaged over 2 x 2 pixels: lags 1 are 1/2, diagonals 1/4. */
  private static MaskedImage smoothedNoise(Box box) {
    Random random = new Random(5);
    int w = box.width() + 1;
    double[] white = new double[w * (box.height() + 1)];
    for (int i = 0; i < white.length; i++) {
      white[i] = random.nextGaussian();
    }
    MaskedImage out = new MaskedImage(box);
    for (int y = 0; y < box.height(); y++) {
      for (int x = 0; x < box.width(); x++) {
        double sum =
            white[y * w + x]
                + white[y * w + x + 1]
                + white[y * w + w + x]
                + white[y * w + w + x + 1];
        double sigma = x < box.width() / 2 ? 3 : 7;
        int i = out.image().index(box.x0() + x, box.y0() + y);
        out.image().data[i] = (float) (40 + sigma * sum / 2);
        out.variance().data[i] = (float) (sigma * sigma);
      }
    }
    return out;
  }

  @Test
  void findsTheCorrelationOfSmoothedNoiseOfTwoDepthsBesideSourcesAndHoles() {
    Box box = new Box(-100, 50, SIZE, SIZE);
    MaskedImage image = smoothedNoise(box);
    subtract(image, 40);
    Random random = new Random(6);
    for (int k = 0; k < 150; k++) {
      addStar(image, random, 60 * Math.exp(random.nextGaussian()));
    }
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x0() + 90; x++) {
        image.mask().set(x, y, MaskPlanes.NO_DATA);
        image.image().set(x, y, Float.NaN);
      }
    }
    NoiseCorrelation found = SkyCorrelation.of(image, FALLBACK);
    assertThat(found.rho(1, 0)).isCloseTo(0.5, within(0.03));
    assertThat(found.rho(0, -1)).isCloseTo(0.5, within(0.03));
    assertThat(found.rho(1, 1)).isCloseTo(0.25, within(0.03));
    assertThat(found.rho(-1, 1)).isCloseTo(0.25, within(0.03));
    assertThat(found.rho(3, 2)).isCloseTo(0, within(0.03));
    assertThat(found.factor(gaussian(2))).isCloseTo(expected(gaussian(2)), within(0.2));
  }

  @Test
  void withoutEnoughSkyTheFallbackStays() {
    MaskedImage image = smoothedNoise(new Box(0, 0, 100, 100));
    assertThat(SkyCorrelation.of(image, FALLBACK)).isSameAs(FALLBACK);
  }

  private static void subtract(MaskedImage image, float level) {
    for (int i = 0; i < image.image().data.length; i++) {
      image.image().data[i] -= level;
    }
  }

  private static void addStar(MaskedImage image, Random random, double peak) {
    Box box = image.box().grow(-10);
    int sx = box.x0() + random.nextInt(box.width());
    int sy = box.y0() + random.nextInt(box.height());
    for (int y = -8; y <= 8; y++) {
      for (int x = -8; x <= 8; x++) {
        float light = (float) (peak * Math.exp(-(x * x + y * y) / 8.0));
        image.image().set(sx + x, sy + y, image.image().get(sx + x, sy + y) + light);
      }
    }
  }

  private static ImageD gaussian(double sigma) {
    ImageD out = new ImageD(new Box(-12, -12, 25, 25));
    for (int y = -12; y <= 12; y++) {
      for (int x = -12; x <= 12; x++) {
        out.set(x, y, Math.exp(-(x * x + y * y) / (2 * sigma * sigma)));
      }
    }
    return out;
  }

  /** The variance of the weighted sum of the smoothed noise, by its weights on the white noise. */
  private static double expected(ImageD phi) {
    double smoothed = 0;
    double plain = 0;
    for (int y = -13; y <= 13; y++) {
      for (int x = -13; x <= 13; x++) {
        double w = 0;
        for (int k = 0; k < 4; k++) {
          int px = x + k % 2;
          int py = y + k / 2;
          w += phi.box().contains(px, py) ? phi.get(px, py) / 2 : 0;
        }
        smoothed += w * w;
        plain += phi.box().contains(x, y) ? phi.get(x, y) * phi.get(x, y) : 0;
      }
    }
    return smoothed / plain;
  }
}
