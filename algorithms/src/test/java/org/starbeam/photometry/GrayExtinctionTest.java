package org.starbeam.photometry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.photometry.GrayExtinction.Exposure;
import org.starbeam.photometry.GrayExtinction.Result;

/** Nights of visits whose throughput, extinction and clouds are known. */
class GrayExtinctionTest {
  private static final GrayExtinction GRAY = new GrayExtinction(GrayExtinction.Config.defaults());
  private static final double Q = 28.1;
  private static final double K = 0.10;
  private static final double PER_YEAR = -0.02;
  private static final double NOISE = 0.002;

  private static final class Sky {
    private final List<Exposure> exposures = new ArrayList<>();
    private final List<Double> clouds = new ArrayList<>();
    private final Random random;

    Sky(long seed) {
      random = new Random(seed);
    }

    void visit(int night, double airmass, double cloud, double nightOffset) {
      double years = night / 365.25;
      double zp = Q + PER_YEAR * years + nightOffset - K * (airmass - 1) - cloud;
      exposures.add(
          new Exposure(
              exposures.size(),
              night,
              60_000 + night,
              airmass,
              zp + NOISE * random.nextGaussian()));
      clouds.add(cloud);
    }
  }

  /** Thirty nights of 20 visits over two years, every fifth behind 0.02 to 0.5 mag of clouds. */
  private static Sky survey(long seed) {
    Sky sky = new Sky(seed);
    for (int n = 0; n < 30; n++) {
      double offset = 0.005 * sky.random.nextGaussian();
      for (int v = 0; v < 20; v++) {
        boolean cloudy = sky.random.nextInt(5) == 0;
        double cloud = cloudy ? 0.02 + 0.48 * sky.random.nextDouble() : 0;
        sky.visit(24 * n, 1 + 0.9 * sky.random.nextDouble(), cloud, offset);
      }
    }
    return sky;
  }

  @Test
  void extinctionThroughputAndCloudsAreFound() {
    Sky sky = survey(1);
    Result found = GRAY.of("r", sky.exposures);
    assertThat(found.extinction()).isCloseTo(K, within(0.005));
    assertThat(found.perYear()).isCloseTo(PER_YEAR, within(0.004));
    double meanYear =
        sky.exposures.stream().mapToDouble(e -> e.night() / 365.25).average().orElse(0);
    assertThat(found.usualZeroPoint()).isCloseTo(Q + PER_YEAR * meanYear - 0.2 * K, within(0.005));
    for (int v = 0; v < sky.clouds.size(); v++) {
      assertThat(found.gray().get((long) v)).isCloseTo(-sky.clouds.get(v), within(0.015));
    }
  }

  @Test
  void cloudsOfTwoHundredthsAreSeenAndClearSkiesAreNotCalledCloudy() {
    int falseAlarms = 0;
    int clear = 0;
    int missed = 0;
    for (int seed = 1; seed <= 5; seed++) {
      Sky sky = survey(seed);
      Result found = GRAY.of("r", sky.exposures);
      for (int v = 0; v < sky.clouds.size(); v++) {
        boolean isClear = found.clear().get((long) v);
        clear += sky.clouds.get(v) == 0 ? 1 : 0;
        falseAlarms += sky.clouds.get(v) == 0 && !isClear ? 1 : 0;
        missed += sky.clouds.get(v) > 0.02 && isClear ? 1 : 0;
      }
    }
    assertThat(missed).isZero();
    assertThat(falseAlarms).isLessThan(clear / 100);
  }

  @Test
  void tenVisitsOfSingleNightsWithThreeBehindCloudsAreEnough() {
    Sky sky = new Sky(4);
    double[] clouds = {0, 0.33, 0.10, 0, 0, 0, 0, 0, 0, 0.32};
    double[] airmass = {1.54, 1.42, 1.02, 1.12, 1.41, 1.0, 1.0, 1.4, 1.22, 1.07};
    int[] night = {0, 0, 3, 9, 31, 35, 35, 38, 453, 679};
    for (int v = 0; v < clouds.length; v++) {
      sky.visit(night[v], airmass[v], clouds[v], 0);
    }
    Result found = GRAY.of("r", sky.exposures);
    for (int v = 0; v < clouds.length; v++) {
      assertThat(found.clear().get((long) v)).as("visit %d", v).isEqualTo(clouds[v] == 0);
      assertThat(found.gray().get((long) v)).isCloseTo(-clouds[v], within(0.025));
    }
  }

  @Test
  void aNightWithoutAClearVisitIsCloudyAllOver() {
    Sky sky = new Sky(5);
    for (int n = 0; n < 6; n++) {
      for (int v = 0; v < 6; v++) {
        sky.visit(n, 1 + 0.15 * v, n == 2 ? 0.3 + 0.02 * v : 0, 0);
      }
    }
    Result found = GRAY.of("g", sky.exposures);
    for (int v = 0; v < 36; v++) {
      assertThat(found.clear().get((long) v)).as("visit %d", v).isEqualTo(v / 6 != 2);
    }
  }

  @Test
  void oneVisitIsItsOwnStandardAndAnUnknownAirmassIsNoFault() {
    List<Exposure> one = List.of(new Exposure(7, 0, 60_000, Double.NaN, 27.5));
    Result found = GRAY.of("H", one);
    assertThat(found.gray().get(7L)).isCloseTo(0, within(1e-9));
    assertThat(found.clear().get(7L)).isTrue();
  }
}
