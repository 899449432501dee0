package org.starbeam.background;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.Box;
import org.starbeam.image.Chebyshev2D;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.psf.MoffatPsf;

class MeshBackgroundTest {
  @Test
  void removesAGradientFromNoise() {
    MaskedImage image = sky(new Box(100, -50, 512, 512), 3);
    Chebyshev2D surface = new MeshBackground(MeshBackground.Config.defaults()).fit(image);
    for (double[] p : new double[][] {{110, -40}, {356, 206}, {600, 450}}) {
      assertThat(surface.evaluate(p[0], p[1])).isCloseTo(level(p[0], p[1]), within(0.6));
    }
  }

  @Test
  void starsRaiseTheBackgroundByLessThanAFiftiethOfTheNoise() {
    double bias = 0;
    int frames = 4;
    for (int frame = 0; frame < frames; frame++) {
      MaskedImage image = sky(new Box(0, 0, 512, 512), 40 + frame);
      Random random = new Random(frame);
      MoffatPsf psf = new MoffatPsf(3.6, 3, 0, 0, 20);
      for (int i = 0; i < 80; i++) {
        addStar(image, psf, random, 3000 * Math.pow(30, random.nextDouble()));
      }
      SourceFreeBackground.Result result =
          new SourceFreeBackground(SourceFreeBackground.Config.defaults()).estimate(image, 1.6);
      for (int k = 0; k < 64; k++) {
        double x = 32 + 64 * (k % 8);
        double y = 32 + 64 * (k / 8);
        bias += (result.background().evaluate(x, y) - level(x, y)) / 64 / frames;
      }
    }
    assertThat(bias / 20).isBetween(-0.02, 0.035);
  }

  @Test
  void subtractingAndRestoringGivesTheImageBack() {
    MaskedImage image = sky(new Box(0, 0, 64, 48), 1);
    BackgroundList list =
        BackgroundList.empty()
            .plus(Chebyshev2D.constant(image.box(), 400))
            .plus(new Chebyshev2D(image.box(), 1, 1, new double[] {1, 3, -2, 0}));
    ImageF before = image.image().copy();
    list.subtractFrom(image.image());
    BackgroundList.fromTable(list.toTable()).restoreTo(image.image());
    for (int i = 0; i < before.data.length; i++) {
      assertThat(image.image().data[i]).isCloseTo(before.data[i], within(1e-4f));
    }
  }

  @Test
  void aFrameWithoutSkyIsNamed() {
    MaskedImage image = sky(new Box(0, 0, 128, 128), 1);
    image.mask().fill(MaskPlanes.SAT);
    assertThatThrownBy(() -> new MeshBackground(MeshBackground.Config.defaults()).fit(image))
        .isInstanceOf(AlgorithmException.class)
        .hasMessageContaining("usable sky pixels");
  }

  private static double level(double x, double y) {
    return 400 + 0.02 * x - 0.01 * y;
  }

  private static MaskedImage sky(Box box, long seed) {
    MaskedImage image = new MaskedImage(box);
    Random random = new Random(seed);
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        image.image().set(x, y, (float) (level(x, y) + 20 * random.nextGaussian()));
      }
    }
    image.variance().fill(400);
    return image;
  }

  private static void addStar(MaskedImage image, MoffatPsf psf, Random random, double flux) {
    double x = 20 + 472 * random.nextDouble();
    double y = 20 + 472 * random.nextDouble();
    ImageD p = psf.image(x, y);
    Box box = p.box().intersect(image.box());
    for (int v = box.y0(); v < box.y1(); v++) {
      for (int u = box.x0(); u < box.x1(); u++) {
        image.image().data[image.image().index(u, v)] += (float) (flux * p.get(u, v));
        image.variance().data[image.variance().index(u, v)] += (float) (flux * p.get(u, v));
      }
    }
  }

  @Test
  void componentsKeepTheirOrder() {
    Box box = new Box(0, 0, 10, 10);
    BackgroundList list =
        new BackgroundList(List.of(Chebyshev2D.constant(box, 1), Chebyshev2D.constant(box, 2)));
    assertThat(BackgroundList.fromTable(list.toTable())).isEqualTo(list);
  }
}
