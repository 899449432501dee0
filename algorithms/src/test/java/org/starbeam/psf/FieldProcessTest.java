package org.starbeam.psf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FieldProcessTest {
  private static final int STARS = 150;

  /** Plane waves of random phase whose power is that of a squared exponential of 200 pixels. */
  private record Waves(double[] kx, double[] ky, double[] phase) {
    static Waves of(long seed) {
      int n = 400;
      Random random = new Random(seed);
      double[][] w = new double[3][n];
      for (int i = 0; i < n; i++) {
        w[0][i] = random.nextGaussian() / 200;
        w[1][i] = random.nextGaussian() / 200;
        w[2][i] = 2 * Math.PI * random.nextDouble();
      }
      return new Waves(w[0], w[1], w[2]);
    }

    double at(double x, double y) {
      double sum = 0;
      for (int i = 0; i < kx.length; i++) {
        sum += Math.cos(kx[i] * x + ky[i] * y + phase[i]);
      }
      return 0.02 * sum * Math.sqrt(2.0 / kx.length);
    }
  }

  private static double[] uniform(Random random) {
    return random.doubles(STARS, 0, 1000).toArray();
  }

  @ParameterizedTest
  @EnumSource(FieldProcess.Kernel.class)
  void predictsACorrelatedFieldBetweenTheStars(FieldProcess.Kernel kernel) {
    double left = 0;
    double whole = 0;
    for (int seed = 1; seed <= 5; seed++) {
      Random random = new Random(seed);
      Waves field = Waves.of(100 + seed);
      double[] x = uniform(random);
      double[] y = uniform(random);
      double[] value = new double[STARS];
      double[] variance = new double[STARS];
      for (int i = 0; i < STARS; i++) {
        variance[i] = 1e-4;
        value[i] = field.at(x[i], y[i]) + 0.01 * random.nextGaussian();
      }
      FieldProcess process = FieldProcess.fit(kernel, x, y, value, variance);
      assertThat(process).isNotNull();
      for (int i = 0; i < 200; i++) {
        double px = 100 + 800 * random.nextDouble();
        double py = 100 + 800 * random.nextDouble();
        left += Math.pow(process.at(px, py) - field.at(px, py), 2);
        whole += Math.pow(field.at(px, py), 2);
      }
    }
    assertThat(Math.sqrt(left / whole)).isLessThan(0.4);
  }

  @Test
  void noiseAloneGivesNoProcess() {
    int found = 0;
    for (int seed = 1; seed <= 20; seed++) {
      Random random = new Random(seed);
      double[] value = random.doubles(STARS).map(u -> 0.01 * random.nextGaussian()).toArray();
      double[] variance = random.doubles(STARS).map(u -> 1e-4).toArray();
      FieldProcess process =
          FieldProcess.fit(
              FieldProcess.Kernel.SQUARED_EXPONENTIAL,
              uniform(random),
              uniform(random),
              value,
              variance);
      found += process == null ? 0 : 1;
    }
    assertThat(found).isLessThanOrEqualTo(4);
  }

  /** K_5/6 by scipy.special.kv. */
  @Test
  void theVonKarmanCorrelationIsThatOfTheBesselFunction() {
    assertThat(FieldProcess.vonKarman(0)).isEqualTo(1);
    assertThat(FieldProcess.vonKarman(0.05)).isCloseTo(0.87535200, within(1e-6));
    assertThat(FieldProcess.vonKarman(0.3)).isCloseTo(0.25730357, within(1e-6));
  }
}
