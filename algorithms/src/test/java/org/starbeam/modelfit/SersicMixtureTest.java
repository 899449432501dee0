package org.starbeam.modelfit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.hipparchus.special.Gamma;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starbeam.testing.Shared;

class SersicMixtureTest {
  private static final JsonNode VECTOR = Shared.vector("objects-mg-sersic");
  private static final Map<Integer, SersicMixture> MIXTURES =
      Map.of(6, SersicMixture.SIX, 8, SersicMixture.EIGHT);

  @Test
  void gaussiansAreThoseOfTheVector() {
    MIXTURES.forEach(
        (size, mixture) ->
            VECTOR
                .path("tables")
                .path(String.valueOf(size))
                .path("values")
                .properties()
                .forEach(
                    entry -> {
                      SersicMixture.Gaussians found =
                          mixture.at(Double.parseDouble(entry.getKey()));
                      for (int k = 0; k < size; k++) {
                        assertThat(found.sigma()[k])
                            .isCloseTo(
                                entry.getValue().path("sigma").get(k).asDouble(), within(1e-7));
                        assertThat(found.weight()[k])
                            .isCloseTo(
                                entry.getValue().path("weight").get(k).asDouble(), within(1e-7));
                      }
                    }));
  }

  /** Flux inside a radius of a profile whose scale is found by halving. */
  private static double exact(double n, double radius) {
    double low = 0.01;
    double high = 20;
    for (int i = 0; i < 60; i++) {
      double middle = 0.5 * (low + high);
      if (Gamma.regularizedGammaP(2 * n, middle) < 0.5) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return Gamma.regularizedGammaP(2 * n, low * Math.pow(radius, 1 / n));
  }

  @Test
  void theExactFluxIsThatOfTheVector() {
    VECTOR
        .path("exact_flux_fraction")
        .properties()
        .forEach(
            entry -> {
              for (int i = 0; i < entry.getValue().size(); i++) {
                double radius = VECTOR.path("radii_in_Re").get(i).asDouble();
                assertThat(exact(Double.parseDouble(entry.getKey()), radius))
                    .isCloseTo(entry.getValue().get(i).asDouble(), within(1e-8));
              }
            });
  }

  /** From 0.1 to 8 half-light radii; the limits are rounded to three digits. */
  @ParameterizedTest
  @CsvSource({"6, 0.5, 2.5", "6, 2.5, 4.2", "6, 4.2, 6", "8, 0.5, 2.5", "8, 2.5, 4.2", "8, 4.2, 6"})
  void enclosedFluxIsThatOfTheProfileWithinTheLimitOfItsIndex(int size, double from, double to) {
    double limit =
        VECTOR
            .path("tables")
            .path(String.valueOf(size))
            .path("max_abs_flux_fraction_error_r_0.1_to_8Re")
            .path("n<=" + (to == 6 ? "6" : String.valueOf(to)))
            .asDouble();
    double worst = 0;
    for (int i = 0; i <= 32; i++) {
      double n = 0.5 * Math.pow(12, i / 32.0);
      if (n >= from && n <= to) {
        SersicMixture.Gaussians g = MIXTURES.get(size).at(n);
        for (int j = 0; j < 60; j++) {
          double radius = 0.1 * Math.pow(80, j / 59.0);
          worst = Math.max(worst, Math.abs(enclosed(g, radius) - exact(n, radius)));
        }
      }
    }
    assertThat(worst).isPositive().isLessThan(1.01 * limit);
  }

  private static double enclosed(SersicMixture.Gaussians g, double radius) {
    double sum = 0;
    for (int k = 0; k < g.size(); k++) {
      double s = g.sigma()[k];
      sum += g.weight()[k] * -Math.expm1(-radius * radius / (2 * s * s));
    }
    return sum;
  }

  @Test
  void slopesAreThoseOfDifferences() {
    for (SersicMixture mixture : MIXTURES.values()) {
      for (double n : new double[] {0.55, 1, 1.7, 3, 5.9}) {
        double h = 1e-5 * n;
        SersicMixture.Gaussians at = mixture.at(n);
        SersicMixture.Gaussians above = mixture.at(n + h);
        SersicMixture.Gaussians below = mixture.at(n - h);
        for (int k = 0; k < at.size(); k++) {
          double sigma = Math.log(above.sigma()[k] / below.sigma()[k]) / (2 * h);
          double weight = (above.weight()[k] - below.weight()[k]) / (2 * h);
          assertThat(at.logSigmaSlope()[k]).isCloseTo(sigma, within(1e-7 + 1e-7 * Math.abs(sigma)));
          assertThat(at.weightSlope()[k]).isCloseTo(weight, within(1e-7));
        }
      }
    }
  }

  @Test
  void mergedGaussiansHaveTheFluxAndTheMomentOfTheirs() {
    double h = 1e-5;
    SersicMixture.Gaussians all = SersicMixture.EIGHT.at(2);
    SersicMixture.Gaussians merged = all.merged(3);
    SersicMixture.Gaussians above = SersicMixture.EIGHT.at(2 + h).merged(3);
    SersicMixture.Gaussians below = SersicMixture.EIGHT.at(2 - h).merged(3);
    assertThat(merged.size()).isEqualTo(6);
    assertThat(moment(merged)).isCloseTo(moment(all), within(1e-12));
    assertThat(merged.weight()[0])
        .isCloseTo(all.weight()[0] + all.weight()[1] + all.weight()[2], within(1e-12));
    assertThat(merged.logSigmaSlope()[0])
        .isCloseTo(Math.log(above.sigma()[0] / below.sigma()[0]) / (2 * h), within(1e-7));
    assertThat(merged.weightSlope()[0])
        .isCloseTo((above.weight()[0] - below.weight()[0]) / (2 * h), within(1e-7));
    assertThat(all.merged(1)).isSameAs(all);
  }

  private static double moment(SersicMixture.Gaussians g) {
    double sum = 0;
    for (int k = 0; k < g.size(); k++) {
      sum += g.weight()[k] * g.sigma()[k] * g.sigma()[k];
    }
    return sum;
  }
}
