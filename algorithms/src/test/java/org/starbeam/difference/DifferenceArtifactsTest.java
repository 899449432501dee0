package org.starbeam.difference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.detection.SignificanceMap;
import org.starbeam.difference.AlardLuptonSolver.Stamp;
import org.starbeam.difference.DiaMeasurer.DiaSource;
import org.starbeam.difference.ImageSubtractor.Difference;
import org.starbeam.difference.ImageSubtractor.Exposure;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskedImage;
import org.starbeam.psf.GaussianPsf;

/** What differences hold that nothing on the sky has done. */
class DifferenceArtifactsTest {
  private static final int SIZE = 500;
  private static final double SCIENCE_PSF = 2.0;
  private static final double TEMPLATE_PSF = 1.7;

  private static MaskedImage noise(double sigma, Random random) {
    MaskedImage out = new MaskedImage(new Box(0, 0, SIZE, SIZE));
    for (int i = 0; i < SIZE * SIZE; i++) {
      out.image().data[i] = (float) (sigma * random.nextGaussian());
      out.variance().data[i] = (float) (sigma * sigma);
    }
    return out;
  }

  private static void add(MaskedImage to, double x, double y, double flux, double sigma) {
    ImageD p = new GaussianPsf(sigma).image(x, y);
    Box box = p.box().intersect(to.box());
    for (int v = box.y0(); v < box.y1(); v++) {
      for (int u = box.x0(); u < box.x1(); u++) {
        to.image().data[to.image().index(u, v)] += (float) (flux * p.get(u, v));
      }
    }
  }

  /** A hit of a charged particle: three pixels in a row. */
  private static void hit(MaskedImage image, int x, int y, double flux) {
    for (int k = 0; k < 3; k++) {
      image.image().data[image.image().index(x + k, y)] += (float) (flux / 3);
    }
  }

  /** 64 stars of S/N 300 seen twice. */
  private static final class Pair {
    private final MaskedImage science;
    private final MaskedImage template;
    private final List<Stamp> stamps = new ArrayList<>();

    Pair(long seed) {
      Random random = new Random(seed);
      science = noise(10, random);
      template = noise(4, random);
      for (int i = 0; i < 64; i++) {
        double x = 40 + 60 * (i % 8) + random.nextDouble();
        double y = 40 + 60 * (i / 8) + random.nextDouble();
        star(x, y, 2e4);
        stamps.add(new Stamp(i, (int) Math.rint(x), (int) Math.rint(y)));
      }
    }

    void star(double x, double y, double flux) {
      add(science, x, y, flux, SCIENCE_PSF);
      add(template, x, y, flux, TEMPLATE_PSF);
    }

    Exposure visit() {
      return new Exposure(science, new GaussianPsf(SCIENCE_PSF));
    }

    Difference subtract() {
      return new ImageSubtractor(ImageSubtractor.Config.defaults())
          .subtract(visit(), new Exposure(template, new GaussianPsf(TEMPLATE_PSF)), stamps);
    }

    List<DiaSource> measure(Difference difference) {
      return new DiaMeasurer(DiaMeasurer.Config.defaults()).measure(difference, visit());
    }
  }

  private static List<DiaSource> near(List<DiaSource> sources, double x, double y) {
    return sources.stream().filter(s -> Math.hypot(s.x() - x, s.y() - y) < 5).toList();
  }

  @Test
  void cosmicRaysOfEitherImageAreToldFromChanges() {
    Pair pair = new Pair(5);
    pair.star(130, 70, 2e4);
    hit(pair.template, 133, 75, 5000);
    hit(pair.template, 250, 70, 3000);
    hit(pair.science, 310, 70, 4000);
    add(pair.science, 370, 70, 3000, SCIENCE_PSF);
    add(pair.template, 70, 130, 3000, TEMPLATE_PSF);
    pair.star(130, 130, 2e4);
    add(pair.science, 130, 130, 3000, SCIENCE_PSF);
    List<DiaSource> sources = pair.measure(pair.subtract());
    assertThat(near(sources, 134, 75)).as("hit beside a star of the template").hasSize(1);
    assertThat(near(sources, 251, 70)).as("hit in the template").hasSize(1);
    assertThat(near(sources, 311, 70)).as("hit in the visit").hasSize(1);
    for (double[] place : new double[][] {{134, 75}, {251, 70}, {311, 70}}) {
      assertThat(near(sources, place[0], place[1]))
          .as("hit at %s", place[0])
          .allMatch(s -> s.source().flag("pixelFlags_cr"));
    }
    for (double[] place : new double[][] {{370, 70}, {70, 130}, {130, 130}}) {
      assertThat(near(sources, place[0], place[1]))
          .as("change at %s, %s", place[0], place[1])
          .hasSize(1)
          .noneMatch(s -> s.source().flag("pixelFlags_cr"));
    }
  }

  @Test
  void whatTheMatchingMovesAroundABrightStarIsNoSource() {
    Pair pair = new Pair(6);
    double flux = 1.5e6;
    pair.star(250, 250, flux);
    Difference difference = pair.subtract();
    add(difference.image(), 259, 250, 0.001 * flux, SCIENCE_PSF);
    add(difference.image(), 250, 310, 0.001 * flux, SCIENCE_PSF);
    List<DiaSource> sources = pair.measure(difference);
    assertThat(near(sources, 259, 250)).as("a thousandth of a star 4 sigma beside it").isEmpty();
    assertThat(near(sources, 250, 310)).as("the same far from it").hasSize(1);
  }

  private static SignificanceMap map(MaskedImage image) {
    return SignificanceMap.of(image, SCIENCE_PSF, SCIENCE_PSF, 3.5, 0);
  }

  @Test
  void varianceFollowsNoiseThatIsLargerThanItSaysAndNothingElse() {
    MaskedImage image = noise(1, new Random(7));
    Box noisy = new Box(200, 200, 80, 80);
    for (int y = noisy.y0(); y < noisy.y1(); y++) {
      for (int x = noisy.x0(); x < noisy.x1(); x++) {
        image.image().data[image.image().index(x, y)] *= 1.5f;
      }
    }
    add(image, 400, 100, 1000, SCIENCE_PSF);
    assertThat(LocalNoise.raise(image, map(image))).isTrue();
    assertThat(median(image, noisy.grow(-16))).as("noise is 1.5 times").isCloseTo(2.25, within(.2));
    assertThat(median(image, new Box(370, 70, 60, 60)))
        .as("around a source of S/N 140")
        .isCloseTo(1, within(0.02));
    assertThat(median(image, new Box(0, 0, 150, 150))).as("white noise").isCloseTo(1, within(0.01));
  }

  private static double median(MaskedImage image, Box box) {
    float[] values = image.variance().view(box).toArray();
    Arrays.sort(values);
    return values[values.length / 2];
  }
}
