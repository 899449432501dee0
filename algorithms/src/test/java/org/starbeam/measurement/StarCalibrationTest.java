package org.starbeam.measurement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Sources of which the true log odds are known, 2 - 2 x with x of N(0, 1) for stars and N(2, 1) for
 * galaxies, and told as three times that less 1 (at 22 mag) or half of it (at 24 mag).
 */
class StarCalibrationTest {
  private static double told(double magnitude, double truth) {
    return magnitude < 23 ? 3 * truth - 1 : truth / 2;
  }

  private static List<StarCalibration.Sample> sample(int n, double stars, Random random) {
    List<StarCalibration.Sample> out = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      boolean star = random.nextDouble() < stars;
      double truth = 2 - 2 * (random.nextGaussian() + (star ? 0 : 2));
      double magnitude = i % 2 == 0 ? 22.2 : 24.2;
      out.add(new StarCalibration.Sample(magnitude, told(magnitude, truth), star));
    }
    return out;
  }

  /** Whatever the ratio of stars to galaxies in the sample. */
  @Test
  void theTrueLogOddsAreFoundAgain() {
    for (double stars : new double[] {0.5, 0.8, 0.2}) {
      StarCalibration made = StarCalibration.fit(3, sample(40_000, stars, new Random(4)));
      for (double magnitude : new double[] {22.2, 24.2}) {
        for (double truth = -2; truth <= 2; truth += 0.5) {
          assertThat(made.calibrated(told(magnitude, truth), magnitude))
              .as("%.1f at %.1f", truth, magnitude)
              .isCloseTo(truth, within(0.5));
        }
      }
      assertThat(made.version()).isEqualTo(3);
    }
  }

  @Test
  void itRises() {
    StarCalibration made = StarCalibration.fit(1, sample(2_000, 0.5, new Random(6)));
    double before = Double.NEGATIVE_INFINITY;
    for (double x = -15; x < 15; x += 0.1) {
      double value = made.calibrated(x, 23);
      assertThat(value).isGreaterThanOrEqualTo(before);
      before = value;
    }
    assertThat(made.calibrated(1e6, 22)).as("no surer than the sample").isLessThan(8);
  }

  @Test
  void theOrderOfSourcesChangesNothing() {
    List<StarCalibration.Sample> samples = sample(3_000, 0.5, new Random(8));
    List<StarCalibration.Sample> turned = new ArrayList<>(samples);
    java.util.Collections.shuffle(turned, new Random(9));
    StarCalibration one = StarCalibration.fit(1, samples);
    StarCalibration other = StarCalibration.fit(1, turned);
    for (int i = 0; i < one.observed().size(); i++) {
      assertThat(other.observed().get(i)).isCloseTo(one.observed().get(i), within(1e-9));
    }
  }

  @Test
  void withoutACalibrationLogOddsStay() {
    assertThat(StarCalibration.none().calibrated(-3.25, 22)).isEqualTo(-3.25);
  }

  @Test
  void aSampleThatSaysNothingIsRefused() {
    assertThatThrownBy(() -> StarCalibration.fit(1, sample(50, 0.5, new Random(1))))
        .hasMessageContaining("at least 200");
    assertThatThrownBy(() -> StarCalibration.fit(1, sample(900, 1, new Random(1))))
        .hasMessageContaining("all stars or all galaxies");
  }
}
