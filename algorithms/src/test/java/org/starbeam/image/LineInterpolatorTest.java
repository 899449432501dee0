package org.starbeam.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LineInterpolatorTest {
  private static final LineInterpolator LINE =
      new LineInterpolator(LineInterpolator.Config.defaults());

  private interface Sky {
    double at(int x, int y);
  }

  private static MaskedImage frame(int size, Sky sky) {
    MaskedImage out = new MaskedImage(new Box(-4, 9, size, size));
    for (int y = 0; y < size; y++) {
      for (int x = 0; x < size; x++) {
        out.image().data[y * size + x] = (float) sky.at(x, y);
        out.variance().data[y * size + x] = 100;
      }
    }
    return out;
  }

  private static void badColumns(MaskedImage image, int... columns) {
    for (int x : columns) {
      for (int y = 0; y < image.box().height(); y++) {
        int i = y * image.box().width() + x;
        image.mask().data[i] |= MaskPlanes.BAD;
        image.image().data[i] = 1e6f;
      }
    }
  }

  @Test
  void constantAndLinearImagesComeBack() {
    for (double slope : new double[] {0, 3}) {
      MaskedImage image = frame(60, (x, y) -> 500 + slope * x);
      badColumns(image, 20, 21, 22, 40);
      LINE.fill(image);
      for (int y = 0; y < 60; y++) {
        for (int x : new int[] {20, 21, 22, 40}) {
          assertThat(image.image().data[y * 60 + x])
              .isCloseTo((float) (500 + slope * x), within(1e-5f * 700));
        }
      }
    }
  }

  @Test
  void restoringTheRecordGivesEveryBitBack() {
    MaskedImage image = frame(80, (x, y) -> 100 + x * y);
    badColumns(image, 3, 4, 5, 30, 31, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72);
    image.mask().data[80 * 40 + 79] = MaskPlanes.CR | MaskPlanes.DETECTED;
    image.image().data[80 * 40 + 79] = Float.NaN;
    MaskedImage before = image.copy();
    InterpolationRecord record = LINE.fill(image);
    for (float v : image.image().data) {
      assertThat(v).isFinite();
    }
    InterpolationRecord stored = InterpolationRecord.fromTable(record.toTable());
    stored.restore(image);
    assertThat(image.image().data).isEqualTo(before.image().data);
    assertThat(image.variance().data).isEqualTo(before.variance().data);
    assertThat(image.mask().data).isEqualTo(before.mask().data);
    assertThat(stored.fraction()).isEqualTo((18 * 80 + 1) / 6400.0);
    assertThat(stored.spans(MaskPlanes.CR).area()).isEqualTo(1);
  }

  @Test
  void filledPixelsSayThatTheyHoldNoInformation() {
    MaskedImage image = frame(40, (x, y) -> 100);
    badColumns(image, 20);
    image.variance().data[40 * 7 + 18] = 400;
    LINE.fill(image);
    assertThat(image.variance().data[40 * 7 + 20]).isEqualTo(800);
    assertThat(image.variance().data[40 * 8 + 20]).isEqualTo(200);
    assertThat(image.mask().data[40 * 8 + 20]).isEqualTo(MaskPlanes.BAD | MaskPlanes.INTRP);
  }

  /** Star of FWHM 3.5 px, S/N 500, a dead column through its centre: flux within 1 percent. */
  @Test
  void fluxOfAStarUnderADeadColumnIsKept() {
    double sigma = 3.5 / 2.3548;
    double flux = 500 * Math.sqrt(100 * 4 * Math.PI * sigma * sigma);
    for (double shift : new double[] {0, 0.25, 0.5}) {
      Sky star =
          (x, y) -> {
            double dx = x - 30 - shift;
            double dy = y - 30;
            return flux
                / (2 * Math.PI * sigma * sigma)
                * Math.exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
          };
      assertThat(lossAfterFill(star, 30)).isLessThan(0.01);
      assertThat(lossAfterFill(star, 30, 31)).isLessThan(0.04);
    }
  }

  private static double lossAfterFill(Sky star, int... columns) {
    MaskedImage image = frame(61, star);
    double truth = aperture(image);
    badColumns(image, columns);
    LINE.fill(image);
    return Math.abs(aperture(image) / truth - 1);
  }

  private static double aperture(MaskedImage image) {
    double sum = 0;
    for (int y = 0; y < 61; y++) {
      for (int x = 0; x < 61; x++) {
        if ((x - 30) * (x - 30) + (y - 30) * (y - 30) <= 49) {
          sum += image.image().data[y * 61 + x];
        }
      }
    }
    return sum;
  }

  @Test
  void pureNoiseGivesNoOutliers() {
    SplittableRandom random = new SplittableRandom(4);
    MaskedImage image = frame(300, (x, y) -> 10 * random.nextGaussian());
    badColumns(image, 0, 1, 50, 51, 52, 100, 120, 122, 124, 200, 201, 202, 203, 204, 299);
    LINE.fill(image);
    for (float v : image.image().data) {
      assertThat(Math.abs(v)).isLessThan(50);
    }
  }

  @Test
  void rowAndImageWithoutGoodPixelsAreNoData() {
    MaskedImage image = frame(20, (x, y) -> 7);
    for (int x = 0; x < 20; x++) {
      image.mask().data[20 * 5 + x] = MaskPlanes.SAT;
      image.image().data[20 * 5 + x] = Float.NaN;
    }
    LINE.fill(image);
    int all = MaskPlanes.SAT | MaskPlanes.INTRP | MaskPlanes.NO_DATA;
    assertThat(image.mask().data[20 * 5 + 3]).isEqualTo(all);
    assertThat(image.image().data[20 * 5 + 3]).isEqualTo(7);
    MaskedImage dead = frame(20, (x, y) -> Double.NaN);
    java.util.Arrays.fill(dead.mask().data, MaskPlanes.SAT);
    LINE.fill(dead);
    assertThat(dead.mask().data).containsOnly(all);
    assertThat(dead.image().data).containsOnly(0);
  }

  @Test
  void narrowAxisFillsABadRowFromAboveAndBelow() {
    LineInterpolator narrow = new LineInterpolator(LineInterpolator.Config.forFwhm(3.5));
    MaskedImage image = frame(40, (x, y) -> 100 + 2 * y);
    for (int x = 5; x < 35; x++) {
      image.mask().data[40 * 12 + x] = MaskPlanes.BAD;
      image.image().data[40 * 12 + x] = 0;
    }
    narrow.fill(image);
    assertThat(image.image().data[40 * 12 + 20]).isCloseTo(124, within(2e-3f));
  }
}
