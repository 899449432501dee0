package org.starbeam.difference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskedImage;
import org.starbeam.warp.LanczosWarper;
import org.starbeam.warp.NoiseCorrelation;
import org.starbeam.warp.PixelMap;
import org.starbeam.warp.TransformGrid;
import org.starbeam.warp.WarpSource;

/**
 * Noise of two visits that really goes through both warps: onto a turned grid, the mean of both,
 * and back. What is told is an average over sub-pixel phases that are independent in both warps; of
 * the visit itself they are not, which makes 2 % of the variance here.
 */
class TemplateNoiseTest {
  private static final Box VISIT = new Box(0, 0, 640, 640);
  private static final Box INNER = new Box(174, 174, 292, 292);
  private static final double[] TURN = {0.99875, -0.04998, 0.04998, 0.99875};
  private static final double[] BACK = {0.99875, 0.04998, -0.04998, 0.99875};

  private static final double[] OTHER = {0.99619, -0.08716, 0.08716, 0.99619};
  private static final double DX = 0.3;
  private static final double DY = -0.2;

  private final MaskedImage science = noise(1);
  private final MaskedImage template = template(science, noise(2));
  private final TemplateNoise told =
      TemplateNoise.resampled(NoiseCorrelation.lanczos(3), 3, TURN, ones());

  private static MaskedImage noise(long seed) {
    Random random = new Random(seed);
    MaskedImage out = new MaskedImage(VISIT);
    for (int i = 0; i < VISIT.area(); i++) {
      out.image().data[i] = (float) (10 * random.nextGaussian());
      out.variance().data[i] = 100;
    }
    return out;
  }

  private static ImageF ones() {
    ImageF out = new ImageF(VISIT);
    out.fill(1f);
    return out;
  }

  /** The grids turn about pixel (320, 320) and are displaced by (u, v) in that of the source. */
  private static MaskedImage warped(MaskedImage image, double[] a, double u, double v, Box to) {
    double[] shift = {320 + u - 320 * (a[0] + a[1]), 320 + v - 320 * (a[2] + a[3])};
    PixelMap map = PixelMap.affine(a, shift);
    TransformGrid grid = TransformGrid.of(map, to, TransformGrid.Config.defaults());
    return new LanczosWarper(LanczosWarper.Config.defaults())
        .warp(WarpSource.of(image), grid, to)
        .pixels();
  }

  private static MaskedImage template(MaskedImage own, MaskedImage other) {
    Box tract = new Box(94, 94, 452, 452);
    MaskedImage mean = warped(own, BACK, DX, DY, tract);
    MaskedImage second = warped(other, OTHER, 11.4, 3.1, tract);
    for (int i = 0; i < tract.area(); i++) {
      mean.image().data[i] = (mean.image().data[i] + second.image().data[i]) / 2;
      mean.variance().data[i] = (mean.variance().data[i] + second.variance().data[i]) / 4;
    }
    double u = -TURN[0] * DX - TURN[1] * DY;
    double v = -TURN[2] * DX - TURN[3] * DY;
    return warped(mean, TURN, u, v, INNER.grow(8));
  }

  private static double covariance(ImageF a, ImageF b, int dx, int dy) {
    double sum = 0;
    for (int y = INNER.y0(); y < INNER.y1(); y++) {
      for (int x = INNER.x0(); x < INNER.x1(); x++) {
        sum += a.get(x, y) * b.get(x + dx, y + dy);
      }
    }
    return sum / INNER.area();
  }

  private double templateVariance() {
    double sum = 0;
    for (int y = INNER.y0(); y < INNER.y1(); y++) {
      for (int x = INNER.x0(); x < INNER.x1(); x++) {
        sum += template.variance().get(x, y);
      }
    }
    return sum / INNER.area();
  }

  @Test
  void covariancesAreThoseOfNoiseThatWasResampledTwice() {
    double v = templateVariance();
    int[][] lags = {{0, 0}, {1, 0}, {0, 1}, {1, 1}, {1, -1}, {2, 0}, {3, 1}};
    for (int[] lag : lags) {
      assertThat(told.covariance().get(lag[0], lag[1]))
          .isCloseTo(
              covariance(template.image(), template.image(), lag[0], lag[1]) / v, within(0.03));
    }
    ImageF shifted = template.image();
    double sum = 0;
    double expected = 0;
    for (int dy = -3; dy <= 3; dy++) {
      for (int dx = -3; dx <= 3; dx++) {
        sum += covariance(science.image(), shifted, dx, dy) / v;
        expected += told.shared().get(dx, dy);
      }
    }
    assertThat(sum).isCloseTo(expected, within(0.08));
  }

  /** The white formula for independent images would be off by a factor of 1.6 in variance. */
  @Test
  void differenceOfAVisitThatIsHalfOfItsTemplateHasTheNoiseThatIsTold() {
    ImageD kernel = new ImageD(Box.around(0, 0, 3));
    kernel.set(0, 0, 1);
    double v = templateVariance();
    Decorrelator.Filter filter =
        Decorrelator.filter(
            kernel, new Decorrelator.Noise(100, v, v, null, told.covariance(), told.shared()));
    ImageF difference = new ImageF(INNER.grow(8));
    for (int y = difference.box().y0(); y < difference.box().y1(); y++) {
      for (int x = difference.box().x0(); x < difference.box().x1(); x++) {
        difference.set(x, y, science.image().get(x, y) - template.image().get(x, y));
      }
    }
    ImageF white = Decorrelator.apply(difference, difference.box(), filter.psi());
    double expected = filter.w1() * 100 + filter.w2() * v - filter.w3() * v;
    double zero = covariance(white, white, 0, 0);
    assertThat(zero / expected).isCloseTo(1, within(0.03));
    assertThat(covariance(white, white, 1, 0) / zero).isCloseTo(0, within(0.02));
    assertThat(covariance(white, white, 0, 1) / zero).isCloseTo(0, within(0.02));
    assertThat(covariance(white, white, 1, 1) / zero).isCloseTo(0, within(0.02));
  }
}
