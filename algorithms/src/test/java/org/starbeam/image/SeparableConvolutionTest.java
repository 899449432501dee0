package org.starbeam.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SeparableConvolutionTest {
  private static final SeparableConvolution GAUSS = SeparableConvolution.gaussian(1.3);

  private static MaskedImage random(boolean holes) {
    MaskedImage out = new MaskedImage(new Box(3, -2, 37, 29));
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < out.image().data.length; i++) {
      out.image().data[i] = (float) (100 + 10 * random.nextGaussian());
      out.variance().data[i] = (float) (50 + 10 * random.nextDouble());
      if (holes && random.nextInt(20) == 0) {
        out.mask().data[i] = MaskPlanes.NO_DATA;
        out.image().data[i] = Float.NaN;
      }
      if (random.nextInt(100) == 0) {
        out.mask().data[i] |= MaskPlanes.SAT | MaskPlanes.DETECTED;
      }
    }
    return out;
  }

  /** Truth: the double sum of the class comment. */
  @Test
  void equalsTheDirectSumWithAndWithoutHoles() {
    for (boolean holes : new boolean[] {false, true}) {
      MaskedImage in = random(holes);
      MaskedImage out = GAUSS.convolve(in.view(new Box(5, 0, 30, 25)));
      double[] k = GAUSS.kernel();
      int r = GAUSS.radius();
      Box box = out.box();
      for (int y = box.y0(); y < box.y1(); y++) {
        for (int x = box.x0(); x < box.x1(); x++) {
          double sum = 0;
          double var = 0;
          double weight = 0;
          int bits = 0;
          for (int dy = -r; dy <= r; dy++) {
            for (int dx = -r; dx <= r; dx++) {
              if (!box.contains(x + dx, y + dy)) {
                bits |= MaskPlanes.EDGE;
                continue;
              }
              int m = in.mask().get(x + dx, y + dy);
              bits |= m & MaskPlanes.SAT;
              if ((m & MaskPlanes.NO_DATA) == 0) {
                double w = k[dx + r] * k[dy + r];
                weight += w;
                sum += w * in.image().get(x + dx, y + dy);
                var += w * w * in.variance().get(x + dx, y + dy);
              }
            }
          }
          boolean none = holes && weight < 0.5;
          if (none) {
            assertThat(out.mask().get(x, y) & MaskPlanes.NO_DATA).isNotZero();
            assertThat(out.variance().get(x, y)).isEqualTo(Float.POSITIVE_INFINITY);
          } else {
            assertThat((double) out.image().get(x, y)).isCloseTo(sum / weight, within(1e-4));
            assertThat((double) out.variance().get(x, y))
                .isCloseTo(var / weight / weight, within(1e-4));
            assertThat(out.mask().get(x, y)).isEqualTo(bits);
          }
        }
      }
    }
  }

  @Test
  void constantImageStaysConstantToItsBorder() {
    ImageF image = new ImageF(50, 20);
    image.fill(7);
    for (float v : GAUSS.convolve(image).data) {
      assertThat(v).isCloseTo(7, within(1e-5f));
    }
  }
}
