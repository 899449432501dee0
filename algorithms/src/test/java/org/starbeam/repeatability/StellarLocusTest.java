package org.starbeam.repeatability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.testing.Shared;

/** Stars scattered about a line that is known. */
class StellarLocusTest {
  private static final double SLOPE = 0.52;
  private static final double INTERCEPT = -0.07;
  private static final int STARS = 4000;
  private static final double RELATIVE = 1e-4;

  private final double[] gr = new double[STARS];
  private final double[] ri = new double[STARS];

  /** Gaussian scatter of 20 mmag across the line; every twentieth star is no star. */
  private void stars(double across) {
    Random random = new Random(3);
    double norm = Math.hypot(1, SLOPE);
    for (int i = 0; i < STARS; i++) {
      double along = 0.2 + 0.9 * random.nextDouble();
      double off = across * random.nextGaussian();
      gr[i] = along - off * SLOPE / norm;
      ri[i] = SLOPE * along + INTERCEPT + off / norm;
      if (i % 20 == 0) {
        ri[i] += 0.2 * random.nextDouble();
      }
    }
  }

  @Test
  void theLineIsFoundUnderScatterAndStrangers() {
    stars(0.02);
    StellarLocus line = StellarLocus.fit(gr, ri);
    assertThat(line.r() / line.g()).isCloseTo(SLOPE, within(0.01));
    assertThat(line.at(0.6)).isCloseTo(SLOPE * 0.6 + INTERCEPT, within(0.002));
    assertThat(StellarLocus.width(line.distances(gr, ri))).isCloseTo(20, within(1.5));
  }

  @Test
  void aStepInOneBandIsTheMedianDistance() {
    stars(0.001);
    StellarLocus line = StellarLocus.fit(gr, ri);
    double[] redder = ri.clone();
    for (int i = 0; i < STARS; i++) {
      redder[i] += 0.010;
    }
    double expected = 10 / Math.hypot(1, SLOPE);
    assertThat(StellarLocus.middle(line.distances(gr, redder))).isCloseTo(expected, within(0.2));
  }

  @Test
  void starsOnTheLineOfHscAreAtDistanceZero() {
    double x = 0.7;
    assertThat(StellarLocus.HSC.distance(x, 0.483 * x - 0.042)).isCloseTo(0, within(1e-9));
    assertThat(StellarLocus.HSC.distance(x, 0.483 * x)).isPositive();
  }

  @Test
  void theFixedLineOfTheVector() {
    JsonNode vector = Shared.vector("metrics-toy").path("wPerp");
    JsonNode expected = vector.path("fixed_line");
    assertThat(StellarLocus.HSC.r() / StellarLocus.HSC.g())
        .isCloseTo(expected.path("m").asDouble(), withinPercentage(RELATIVE));
    assertThat(StellarLocus.HSC.at(0))
        .isCloseTo(expected.path("b").asDouble(), withinPercentage(RELATIVE));
    double[] distances =
        StellarLocus.HSC.distances(
            Shared.numbers(vector.path("g_r")), Shared.numbers(vector.path("r_i")));
    assertThat(StellarLocus.middle(distances))
        .isCloseTo(expected.path("median_mmag").asDouble(), withinPercentage(RELATIVE));
    assertThat(StellarLocus.width(distances))
        .isCloseTo(expected.path("sigmaMAD_mmag").asDouble(), withinPercentage(RELATIVE));
  }

  @Test
  void theOrthogonalRegressionOfTheVector() {
    JsonNode vector = Shared.vector("metrics-toy").path("wPerp");
    JsonNode expected = vector.path("odr");
    double[] colour = Shared.numbers(vector.path("g_r"));
    double[] redder = Shared.numbers(vector.path("r_i"));
    StellarLocus line = StellarLocus.fit(colour, redder);
    assertThat(line.r() / line.g())
        .isCloseTo(expected.path("m").asDouble(), withinPercentage(RELATIVE));
    assertThat(line.at(0)).isCloseTo(expected.path("b").asDouble(), withinPercentage(RELATIVE));
    assertThat(StellarLocus.width(line.distances(colour, redder)))
        .isCloseTo(expected.path("sigmaMAD_mmag").asDouble(), withinPercentage(RELATIVE));
  }

  @Test
  void starsWithoutColourAreOnNoLine() {
    double[] none = {Double.NaN, 0.5, Double.NaN};
    double[] some = {0.2, Double.NaN, Double.NaN};
    assertThat(StellarLocus.fit(none, some)).isEqualTo(StellarLocus.HSC);
    assertThat(StellarLocus.width(StellarLocus.HSC.distances(none, some))).isNaN();
    assertThat(StellarLocus.middle(new double[0])).isNaN();
  }
}
