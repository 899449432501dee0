package org.starbeam.measurement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleBinaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.Box;

/** The acceptance lines of specs/02 section 8. */
class ApertureCorrectionTest {
  private static final Box BOX = new Box(0, 0, 1024, 1024);
  private static final ApertureCorrection.Config CONFIG = ApertureCorrection.Config.defaults();

  /**
   * Stars of S/N 200 to 500 by their profile, of a percent of noise in an aperture of 12 pixels.
   */
  private static List<ApertureCorrection.Star> stars(
      int count, DoubleBinaryOperator factor, Random random) {
    List<ApertureCorrection.Star> out = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      double x = 1023 * random.nextDouble();
      double y = 1023 * random.nextDouble();
      double truth = 1e5 * (1 + random.nextDouble());
      double flux = truth * (1 + 0.003 * random.nextGaussian());
      double reference = flux * factor.applyAsDouble(x, y) + 0.01 * truth * random.nextGaussian();
      double referenceErr = Math.hypot(0.01, 0.003) * truth;
      out.add(new ApertureCorrection.Star(x, y, reference, referenceErr, flux, 0.003 * truth));
    }
    return out;
  }

  /** {mean, rms} of the error of the map over the image. */
  private static double[] errors(ApertureCorrection map, DoubleBinaryOperator truth) {
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < 100; i++) {
      double x = 51 + 102.3 * (i % 10);
      double y = 51 + 102.3 * (i / 10);
      double error = map.evaluate(x, y) / truth.applyAsDouble(x, y) - 1;
      sum += error;
      squares += error * error;
    }
    return new double[] {sum / 100, Math.sqrt(squares / 100)};
  }

  private static double rms(int stars, DoubleBinaryOperator truth) {
    double squares = 0;
    for (int seed = 0; seed < 50; seed++) {
      List<ApertureCorrection.Star> list = stars(stars, truth, new Random(seed));
      ApertureCorrection map = ApertureCorrection.fit("psfFlux", BOX, list, CONFIG);
      squares += Math.pow(errors(map, truth)[1], 2);
    }
    return Math.sqrt(squares / 50);
  }

  @Test
  void theMapIsWithinFourThousandthsOfTheTruth() {
    assertThat(rms(40, (x, y) -> 1.01 + 4e-6 * (x - 512) - 3e-6 * (y - 512))).isLessThan(0.004);
  }

  @Test
  void noiseOfTheApertureIsNoVariation() {
    assertThat(rms(40, (x, y) -> 1.01)).isLessThan(0.003);
  }

  /** With many stars the prior is nothing: three per cent from side to side come back. */
  @Test
  void manyStarsShowALargeVariation() {
    assertThat(rms(400, (x, y) -> 1.01 + 3e-5 * (x - 512))).isLessThan(0.0025);
  }

  @ParameterizedTest
  @CsvSource({"40,2", "25,1", "10,0"})
  void theDegreeFallsWithTheStars(int count, int degree) {
    ApertureCorrection map =
        ApertureCorrection.fit("psfFlux", BOX, stars(count, (x, y) -> 1, new Random(1)), CONFIG);
    assertThat(map.map().orderX()).isEqualTo(degree);
    assertThat(map.evaluate(512, 512)).isCloseTo(1, within(0.02));
  }

  @ParameterizedTest
  @CsvSource({"3", "0"})
  void lessThanFourStarsAreNamed(int count) {
    List<ApertureCorrection.Star> few = stars(count, (x, y) -> 1, new Random(1));
    assertThatThrownBy(() -> ApertureCorrection.fit("psfFlux", BOX, few, CONFIG))
        .isInstanceOf(AlgorithmException.class)
        .hasMessageContaining("needs 4 stars, there are " + count);
  }

  /** A tenth of the stars 0.2 mag too bright in the aperture: neighbours. */
  @Test
  void outliersMoveTheMeanByLessThanAThousandth() {
    double shift = 0;
    for (int seed = 0; seed < 50; seed++) {
      List<ApertureCorrection.Star> clean = stars(100, (x, y) -> 1.01, new Random(seed));
      List<ApertureCorrection.Star> dirty = new ArrayList<>(clean);
      for (int i = 0; i < 10; i++) {
        ApertureCorrection.Star s = clean.get(i);
        dirty.set(
            i,
            new ApertureCorrection.Star(
                s.x(), s.y(), 1.2 * s.reference(), s.referenceErr(), s.flux(), s.fluxErr()));
      }
      double before = ApertureCorrection.fit("psfFlux", BOX, clean, CONFIG).evaluate(512, 512);
      double after = ApertureCorrection.fit("psfFlux", BOX, dirty, CONFIG).evaluate(512, 512);
      shift += (after - before) / 50;
    }
    assertThat(shift).isCloseTo(0, within(0.001));
  }
}
