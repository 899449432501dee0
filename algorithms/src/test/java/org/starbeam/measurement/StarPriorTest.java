package org.starbeam.measurement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * A sky whose stars become fewer with latitude and magnitude, and one measurable number of each
 * source: N(0, 1) of stars, N(2, 1) of galaxies, so that the true log odds are 2 - 2 x.
 */
class StarPriorTest {
  private static final List<Double> LATITUDES = List.of(10.0, 90.0);
  private static final List<Double> MAGNITUDES = List.of(18.0, 25.0);

  private static final StarPrior PRIOR =
      new StarPrior(LATITUDES, MAGNITUDES, List.of(30.0, 0.5, 3.0, 0.02));

  private record Seen(double latitude, double magnitude, double logOdds, boolean star) {}

  /** The true odds: ln odds fall by ln 10 from 10 to 90 degrees at 18 mag, and with magnitude. */
  private static double trueLogOdds(double latitude, double magnitude) {
    double u = (latitude - 10) / 80;
    double v = (magnitude - 18) / 7;
    return (1 - u) * ((1 - v) * Math.log(30) + v * Math.log(0.5))
        + u * ((1 - v) * Math.log(3) + v * Math.log(0.02));
  }

  private static List<Seen> sky(int n, Random random) {
    List<Seen> out = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      double latitude = 10 + 80 * random.nextDouble();
      double magnitude = 18 + 7 * random.nextDouble();
      double star = 1 / (1 + Math.exp(-trueLogOdds(latitude, magnitude)));
      boolean isStar = random.nextDouble() < star;
      double x = random.nextGaussian() + (isStar ? 0 : 2);
      double sign = random.nextBoolean() ? 1 : -1;
      out.add(new Seen(sign * latitude, magnitude, 2 - 2 * x, isStar));
    }
    return out;
  }

  private static double worst(List<Seen> sky, StarPrior prior) {
    double[] sum = new double[10];
    int[] stars = new int[10];
    int[] all = new int[10];
    for (Seen s : sky) {
      double p =
          StarGalaxyOdds.probability(s.logOdds(), prior.logOdds(s.latitude(), s.magnitude()));
      int bin = Math.min(9, (int) (10 * p));
      sum[bin] += p;
      all[bin]++;
      stars[bin] += s.star() ? 1 : 0;
    }
    double worst = 0;
    for (int b = 0; b < 10; b++) {
      worst = Math.max(worst, all[b] > 200 ? Math.abs(stars[b] - sum[b]) / all[b] : 0);
    }
    return worst;
  }

  @Test
  void theProbabilityIsTheFrequencyWhereTheSkyIsAsThePriorSays() {
    List<Seen> sky = sky(80_000, new Random(1));
    for (boolean low : new boolean[] {true, false}) {
      for (boolean bright : new boolean[] {true, false}) {
        List<Seen> part =
            sky.stream()
                .filter(s -> Math.abs(s.latitude()) < 50 == low && s.magnitude() < 21.5 == bright)
                .toList();
        assertThat(worst(part, PRIOR)).isLessThan(0.05);
      }
    }
    List<Seen> faint = sky.stream().filter(s -> s.magnitude() > 23).toList();
    assertThat(worst(faint, StarPrior.even())).as("without it").isGreaterThan(0.1);
  }

  @Test
  void theTableIsLinearBetweenItsNodesAndConstantBeyond() {
    assertThat(PRIOR.logOdds(-10, 18)).isEqualTo(Math.log(30));
    assertThat(PRIOR.logOdds(50, 21.5)).isCloseTo(trueLogOdds(50, 21.5), within(1e-12));
    assertThat(PRIOR.logOdds(2, 12)).isEqualTo(Math.log(30));
    assertThat(PRIOR.logOdds(90, 30)).isCloseTo(Math.log(0.02), within(1e-12));
    assertThat(PRIOR.logOdds(90, Double.NaN)).isCloseTo(Math.log(0.02), within(1e-12));
    assertThat(StarPrior.even().logOdds(33, 22)).isZero();
  }

  @Test
  void aTableThatIsNoneIsRefused() {
    assertThatThrownBy(() -> new StarPrior(LATITUDES, MAGNITUDES, List.of(1.0)))
        .hasMessageContaining("starPrior has 1 values, expected 2 rows of 2");
    assertThatThrownBy(() -> new StarPrior(List.of(0.0), MAGNITUDES, List.of(1.0, 0.0)))
        .hasMessageContaining("no number");
    assertThatThrownBy(() -> new StarPrior(List.of(3.0, 3.0), List.of(0.0), List.of(1.0, 1.0)))
        .hasMessageContaining("must rise");
  }
}
