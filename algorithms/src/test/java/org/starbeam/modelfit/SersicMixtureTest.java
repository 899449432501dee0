package org.starbeam.modelfit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.junit.jupiter.api.Test;
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

  @Test
  void enclosedFluxIsThatOfTheProfile() {
    JsonNode radii = VECTOR.path("radii_in_Re");
    MIXTURES.forEach(
        (size, mixture) ->
            VECTOR
                .path("exact_flux_fraction")
                .properties()
                .forEach(
                    entry -> {
                      double n = Double.parseDouble(entry.getKey());
                      SersicMixture.Gaussians g = mixture.at(n);
                      for (int i = 0; i < radii.size(); i++) {
                        double error =
                            enclosed(g, radii.get(i).asDouble())
                                - entry.getValue().get(i).asDouble();
                        assertThat(Math.abs(error))
                            .as("n %s, K %d, radius %s", n, size, radii.get(i))
                            .isLessThan(size == 8 ? 0.0028 : 0.0069);
                      }
                    }));
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
