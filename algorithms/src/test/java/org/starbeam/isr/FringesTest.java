package org.starbeam.isr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleBinaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.calibration.FringeBins;
import org.starbeam.calibration.FringeFit;
import org.starbeam.calibration.FringeFrame;
import org.starbeam.calibration.FringeMaker;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

/** Acceptance lines of specs/01 sections 4.12 and 5.9 on drawn skies. */
class FringesTest {
  private static final Box BOX = new Box(0, 0, 512, 512);
  private static final double SKY = 2000;
  private static final double STAR = 20_000;
  private static final double STAR_SIGMA = 2;

  /** Interference in a layer whose thickness varies: curved bands 40 to 100 pixels apart. */
  private static final DoubleBinaryOperator FIRST =
      (x, y) -> Math.cos(2 * Math.PI * (x / 60 + y / 90 + 0.6 * Math.sin(x / 170 - y / 240)));

  private static final DoubleBinaryOperator SECOND =
      (x, y) -> Math.cos(2 * Math.PI * (x / 75 - y / 50 + 0.4 * Math.cos(y / 130)));

  private final FringeMaker maker = new FringeMaker(FringeMaker.Config.defaults());
  private final FringeCorrector corrector = new FringeCorrector(FringeCorrector.Config.defaults());

  /** A sky with a gradient, noise, stars at places of its own and two patterns. */
  private static MaskedImage exposure(Random random, double first, double second) {
    MaskedImage out = new MaskedImage(BOX);
    double gx = 0.03 * random.nextGaussian();
    double gy = 0.03 * random.nextGaussian();
    for (int y = 0, i = 0; y < BOX.height(); y++) {
      for (int x = 0; x < BOX.width(); x++, i++) {
        double sky = 1 + gx * (x / 256.0 - 1) + gy * (y / 256.0 - 1);
        double fringes = first * FIRST.applyAsDouble(x, y) + second * SECOND.applyAsDouble(x, y);
        double mean = SKY * sky * (1 + fringes);
        out.image().data[i] = (float) (mean + Math.sqrt(mean) * random.nextGaussian());
        out.variance().data[i] = (float) mean;
      }
    }
    for (int k = 0; k < 60; k++) {
      star(out.image(), 10 + 490 * random.nextDouble(), 10 + 490 * random.nextDouble());
    }
    return out;
  }

  private static void star(ImageF image, double cx, double cy) {
    for (int y = (int) cy - 9; y <= cy + 9; y++) {
      for (int x = (int) cx - 9; x <= cx + 9; x++) {
        double r2 = (x - cx) * (x - cx) + (y - cy) * (y - cy);
        image.data[image.index(x, y)] +=
            (float)
                (STAR
                    / (2 * Math.PI * STAR_SIGMA * STAR_SIGMA)
                    * Math.exp(-r2 / 2 / STAR_SIGMA / STAR_SIGMA));
      }
    }
  }

  private List<FringeMaker.Input> inputs(int n, double first, double second) {
    List<FringeMaker.Input> out = new ArrayList<>();
    for (int e = 0; e < n; e++) {
      Random random = new Random(e);
      double a = first * (0.7 + 0.6 * random.nextDouble());
      double b = second * (0.4 + 1.2 * random.nextDouble());
      out.add(new FringeMaker.Input("e" + e, FringeBins.of(exposure(random, a, b), 4)));
    }
    return out;
  }

  private static double correlation(ImageF pattern, DoubleBinaryOperator truth) {
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int y = 0, i = 0; y < BOX.height(); y++) {
      for (int x = 0; x < BOX.width(); x++, i++) {
        double a = pattern.data[i];
        double b = truth.applyAsDouble(x, y);
        ab += a * b;
        aa += a * a;
        bb += b * b;
      }
    }
    return ab / Math.sqrt(aa * bb);
  }

  /** Amplitude of a pattern in an image, by projection of what is left over its median. */
  private static double left(MaskedImage image, DoubleBinaryOperator truth) {
    FringeBins bins = FringeBins.of(image, 4);
    float[] pattern = new float[bins.values().length];
    for (int k = 0; k < pattern.length; k++) {
      pattern[k] =
          (float) truth.applyAsDouble(k % bins.width() * 4 + 1.5, k / bins.width() * 4 + 1.5);
    }
    return FringeFit.of(bins, List.of(pattern), 3).amplitudes()[0];
  }

  @Test
  void thePatternOfThirtyExposuresIsTheTruth() {
    FringeFrame frame = maker.make("fringe", inputs(30, 0.01, 0));
    assertThat(frame.patterns()).hasSize(1);
    assertThat(correlation(frame.patterns().get(0), FIRST)).isGreaterThan(0.99);
  }

  @Test
  void twoPatternsAreTakenOutOfAnotherExposure() {
    FringeFrame frame = maker.make("fringe", inputs(20, 0.02, 0.01));
    assertThat(frame.patterns()).hasSize(2);
    MaskedImage image = exposure(new Random(1000), 0.02, 0.015);
    List<FringeCorrector.Amplitude> done = corrector.subtract(image, frame);
    assertThat(done).allMatch(FringeCorrector.Amplitude::subtracted);
    assertThat(Math.abs(left(image, FIRST))).isLessThan(0.05 * 0.02 * SKY);
    assertThat(Math.abs(left(image, SECOND))).isLessThan(0.05 * 0.015 * SKY);
  }

  @Test
  void amplitudesAreRightWithinTheirErrors() {
    FringeFrame frame =
        new FringeFrame(List.of(drawn(FIRST), drawn(SECOND)), List.of(0.0, 0.0), Map.of());
    double chi2 = 0;
    for (int seed = 0; seed < 10; seed++) {
      MaskedImage image = exposure(new Random(50 + seed), 0.02, 0.01);
      List<FringeCorrector.Amplitude> a = corrector.subtract(image, frame);
      assertThat(a.get(0).amplitude()).isCloseTo(0.02 * SKY, within(0.03 * 0.02 * SKY));
      assertThat(a.get(1).amplitude()).isCloseTo(0.01 * SKY, within(0.03 * 0.01 * SKY));
      double pull = (a.get(0).amplitude() - 0.02 * SKY) / a.get(0).error();
      assertThat(Math.abs(pull)).isLessThan(4);
      chi2 += pull * pull;
    }
    assertThat(chi2 / 10).isBetween(0.2, 2.8);
  }

  private static ImageF drawn(DoubleBinaryOperator pattern) {
    ImageF out = new ImageF(BOX);
    for (int i = 0; i < out.data.length; i++) {
      out.data[i] = (float) pattern.applyAsDouble(i % BOX.width(), i / BOX.width());
    }
    return out;
  }

  /** The sum over a star, with and without the fringes, each with the same noise. */
  @Test
  void starsKeepTheirFlux() {
    FringeFrame frame = maker.make("fringe", inputs(12, 0.02, 0));
    MaskedImage with = exposure(new Random(7), 0.02, 0);
    MaskedImage without = exposure(new Random(7), 0.02, 0);
    for (int k = 0; k < 16; k++) {
      star(with.image(), 60 + 100 * (k % 4) + 0.3, 70 + 100 * (k / 4) + 0.2);
    }
    corrector.subtract(with, frame);
    corrector.subtract(without, frame);
    double ratio = 0;
    for (int k = 0; k < 16; k++) {
      Box around = Box.around(60 + 100 * (k % 4), 70 + 100 * (k / 4), 9);
      ratio += (sum(with.image(), around) - sum(without.image(), around)) / STAR / 16;
    }
    assertThat(ratio).isCloseTo(1, within(1e-3));
  }

  private static double sum(ImageF image, Box box) {
    double out = 0;
    for (float v : image.view(box).toArray()) {
      out += v;
    }
    return out;
  }

  @Test
  void aSkyWithoutFringesHasNoPattern() {
    assertThatThrownBy(() -> maker.make("fringe of A", inputs(8, 0, 0)))
        .isInstanceOf(AlgorithmException.class)
        .hasMessageContaining("fringe of A");
    FringeFrame frame = maker.make("fringe", inputs(8, 0.01, 0));
    MaskedImage image = exposure(new Random(3), 0, 0);
    float[] before = image.image().data.clone();
    FringeCorrector.Amplitude found = corrector.subtract(image, frame).get(0);
    assertThat(found.subtracted()).isEqualTo(Math.abs(found.amplitude()) >= 3 * found.error());
    if (!found.subtracted()) {
      assertThat(image.image().data).isEqualTo(before);
    }
    assertThat(Math.abs(found.amplitude())).isLessThan(0.02 * SKY);
  }

  @Test
  void fewExposuresAreRefused() {
    assertThatThrownBy(() -> maker.make("fringe of B", inputs(4, 0.01, 0)))
        .hasMessage("fringe of B: 4 exposures with a sky, needed 5");
  }

  /** Dead columns, a bright galaxy and missing values do not matter. */
  @Test
  void badPixelsAndWidePeaksAreClipped() {
    FringeFrame frame = maker.make("fringe", inputs(10, 0.02, 0));
    MaskedImage clean = exposure(new Random(9), 0.02, 0);
    MaskedImage bad = clean.copy();
    for (int y = 0; y < BOX.height(); y++) {
      for (int x = 200; x < 220; x++) {
        int i = y * BOX.width() + x;
        bad.image().data[i] = y % 2 == 0 ? Float.NaN : 1e6f;
        bad.mask().data[i] |= MaskPlanes.BAD;
      }
      for (int x = 300; x < 420; x++) {
        double r2 = (x - 360.0) * (x - 360.0) + (y - 250.0) * (y - 250.0);
        bad.image().data[y * BOX.width() + x] += (float) (5000 * Math.exp(-r2 / 800));
      }
    }
    double a = corrector.subtract(clean, frame).get(0).amplitude();
    double b = corrector.subtract(bad, frame).get(0).amplitude();
    assertThat(b).isCloseTo(a, within(0.03 * a));
  }

  @Test
  void aFrameComesBackFromItsFile(@TempDir Path directory) {
    FringeFrame frame =
        new FringeFrame(
            List.of(drawn(FIRST), drawn(SECOND)), List.of(1e-6, 4e-6), Map.of("CPPN", 7));
    Path file = directory.resolve("fringe.fits");
    frame.write(file);
    FringeFrame back = FringeFrame.read(file);
    assertThat(back.patterns()).hasSize(2);
    assertThat(back.patterns().get(1).data).isEqualTo(frame.patterns().get(1).data);
    assertThat(back.variances().get(1)).isCloseTo(4e-6, within(1e-12));
    assertThat(back.cards().get("CPPN")).isEqualTo(7);
  }
}
