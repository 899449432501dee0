package org.starbeam.detection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.psf.GaussianPsf;

class SpanDetectorTest {
  private static final double SIGMA = 2;

  @Test
  void findsNoiseExcursionsAtTheExpectedRateInBothPolarities() {
    double nu = 4;
    int frames = 20;
    int positive = 0;
    int negative = 0;
    SpanDetector detector = new SpanDetector(SpanDetector.Config.defaults().withThreshold(nu));
    for (int i = 0; i < frames; i++) {
      MaskedImage image = noise(new Box(0, 0, 512, 512), 10, 100 + i);
      SignificanceMap map = detector.significance(image, SIGMA, SIGMA);
      positive += detector.detect(map, SpanDetector.Polarity.POSITIVE).size();
      negative += detector.detect(map, SpanDetector.Polarity.NEGATIVE).size();
    }
    double lambda = 1 / (2 * SIGMA * SIGMA);
    double expected =
        frames * 512 * 512 * lambda * Math.pow(2 * Math.PI, -1.5) * nu * Math.exp(-nu * nu / 2);
    assertThat(positive / expected).isBetween(0.6, 1.2);
    assertThat(Math.abs(positive - negative)).isLessThan(3 * (int) Math.sqrt(positive + negative));
  }

  @Test
  void significanceOfAStarIsItsMatchedFilterSignalToNoise() {
    double sum = 0;
    int n = 200;
    for (int i = 0; i < n; i++) {
      MaskedImage image = noise(new Box(-7, 3, 41, 41), 10, i);
      addStar(image, 13, 23, 10 * 10 * Math.sqrt(4 * Math.PI) * SIGMA);
      SignificanceMap map = SignificanceMap.of(image, SIGMA, SIGMA, 3.5, MaskPlanes.NO_DATA);
      sum += map.significance().get(13, 23);
    }
    assertThat(sum / n).isCloseTo(10, within(0.25));
  }

  @Test
  void negativeSourcesAreFoundWithNegativePolarityOnly() {
    MaskedImage image = noise(new Box(-100, 50, 80, 80), 1, 5);
    addStar(image, -60, 90, -200);
    GaussianPsf psf = new GaussianPsf(SIGMA);
    SpanDetector detector = new SpanDetector(SpanDetector.Config.defaults());
    assertThat(detector.detect(image, psf, SpanDetector.Polarity.POSITIVE).size()).isZero();
    FootprintSet found = detector.detect(image, psf, SpanDetector.Polarity.NEGATIVE);
    assertThat(found.size()).isEqualTo(1);
    Peak peak = found.footprints().get(0).brightest();
    assertThat(peak.x()).isEqualTo(-60);
    assertThat(peak.y()).isEqualTo(90);
    assertThat(peak.significance()).isNegative();
  }

  @Test
  void labelsEqualAFloodFill() {
    Random random = new Random(1);
    for (int trial = 0; trial < 200; trial++) {
      Box box = new Box(-4, 9, 1 + random.nextInt(20), 1 + random.nextInt(20));
      boolean[] map = new boolean[box.area()];
      Coverage coverage = new Coverage(box);
      for (int i = 0; i < map.length; i++) {
        map[i] = random.nextDouble() < 0.45;
        int x = box.x0() + i % box.width();
        coverage.add(box.y0() + i / box.width(), x, map[i] ? x + 1 : x);
      }
      int[] labels = coverage.labels(coverage.parts());
      for (int i = 0; i < map.length; i++) {
        labels[i] = map[i] ? labels[i] : -1;
      }
      assertThat(labels).isEqualTo(floodFill(map, box.width(), box.height()));
    }
  }

  @Test
  void growthEqualsBruteForceDilation() {
    Random random = new Random(2);
    Box box = new Box(5, -3, 40, 30);
    int[] runs = {0, 10, 13, 1, 9, 12, 2, 20, 22};
    FootprintSet set =
        new FootprintSet(List.of(new Footprint(runs, List.of(new Peak(10, 0, 9)))), box, 5);
    double radius = 2.0 + 3 * random.nextDouble();
    FootprintSet grown = SpanDetector.grow(set, radius);
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        boolean expected = false;
        for (int i = 0; i < runs.length; i += 3) {
          for (int u = runs[i + 1]; u < runs[i + 2]; u++) {
            expected |= Math.hypot(u - x, runs[i] - y) <= radius;
          }
        }
        boolean found = false;
        for (Footprint footprint : grown.footprints()) {
          found |= footprint.contains(x, y);
        }
        assertThat(found).as("pixel %d, %d", x, y).isEqualTo(expected);
      }
    }
  }

  @Test
  void peaksOfABrightStarAreOneAndOfAPairAreTwo() {
    GaussianPsf psf = new GaussianPsf(SIGMA);
    SpanDetector detector = new SpanDetector(SpanDetector.Config.defaults());
    MaskedImage image = noise(new Box(0, 0, 120, 60), 10, 9);
    addStar(image, 30, 30, 200_000);
    addStar(image, 85, 30, 10_000);
    addStar(image, 92, 30, 8_000);
    FootprintSet found = detector.detect(image, psf, SpanDetector.Polarity.POSITIVE);
    assertThat(found.footprints()).hasSize(2);
    assertThat(found.footprints().get(0).peaks()).hasSize(1);
    assertThat(found.footprints().get(1).peaks()).hasSize(2);
  }

  @Test
  void pixelsWithoutDataNeitherShineNorSpread() {
    MaskedImage image = noise(new Box(0, 0, 60, 60), 10, 3);
    for (int y = 20; y < 30; y++) {
      for (int x = 20; x < 30; x++) {
        image.image().set(x, y, Float.NaN);
        image.mask().set(x, y, MaskPlanes.NO_DATA);
      }
    }
    SpanDetector detector = new SpanDetector(SpanDetector.Config.defaults());
    SignificanceMap map = detector.significance(image, SIGMA, SIGMA);
    for (float s : map.significance().data) {
      assertThat(s).isBetween(-5.5f, 5.5f);
    }
    assertThat(map.significance().get(25, 25)).isZero();
    assertThat(detector.detect(map, SpanDetector.Polarity.POSITIVE).size()).isZero();
  }

  private static int[] floodFill(boolean[] map, int width, int height) {
    int[] out = new int[map.length];
    Arrays.fill(out, -1);
    int label = 0;
    for (int start = 0; start < map.length; start++) {
      if (!map[start] || out[start] >= 0) {
        continue;
      }
      ArrayDeque<Integer> queue = new ArrayDeque<>(List.of(start));
      out[start] = label;
      while (!queue.isEmpty()) {
        int p = queue.poll();
        for (int k = 0; k < 9; k++) {
          int x = p % width + k % 3 - 1;
          int y = p / width + k / 3 - 1;
          if (x >= 0 && y >= 0 && x < width && y < height) {
            int q = y * width + x;
            if (map[q] && out[q] < 0) {
              out[q] = label;
              queue.add(q);
            }
          }
        }
      }
      label++;
    }
    return out;
  }

  static MaskedImage noise(Box box, double sigma, long seed) {
    MaskedImage image = new MaskedImage(box);
    Random random = new Random(seed);
    for (int i = 0; i < image.image().data.length; i++) {
      image.image().data[i] = (float) (sigma * random.nextGaussian());
    }
    image.variance().fill((float) (sigma * sigma));
    return image;
  }

  static void addStar(MaskedImage image, double x, double y, double flux) {
    ImageD psf = new GaussianPsf(SIGMA).image(x, y);
    Box box = psf.box().intersect(image.box());
    for (int v = box.y0(); v < box.y1(); v++) {
      for (int u = box.x0(); u < box.x1(); u++) {
        image.image().data[image.image().index(u, v)] += (float) (flux * psf.get(u, v));
      }
    }
  }
}
