package org.starbeam.astrometry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.sky.EarthEphemeris;
import org.starbeam.sky.EpochPropagation;
import org.starbeam.testing.Shared;

class StarMotionFitterTest {
  private static final StarMotionFitter FITTER =
      new StarMotionFitter(StarMotionFitter.Config.defaults());

  /** The vector's star, by numpy's normal equations. */
  private static StarMotionFitter.Detections vector(JsonNode v) {
    JsonNode rows = v.get("detections");
    StarMotionFitter.Detections d = empty(rows.size());
    for (int i = 0; i < rows.size(); i++) {
      JsonNode row = rows.get(i);
      d.years()[i] = row.get("dt_yr").asDouble();
      d.factorEast()[i] = row.get("p_ra").asDouble();
      d.factorNorth()[i] = row.get("p_dec").asDouble();
      d.eastMas()[i] = row.get("dra_mas").asDouble();
      d.northMas()[i] = row.get("ddec_mas").asDouble();
      d.varianceEast()[i] = row.get("cov_mas2").get(0).get(0).asDouble();
      d.covariance()[i] = row.get("cov_mas2").get(0).get(1).asDouble();
      d.varianceNorth()[i] = row.get("cov_mas2").get(1).get(1).asDouble();
    }
    return d;
  }

  private static StarMotionFitter.Detections empty(int n) {
    return new StarMotionFitter.Detections(
        new double[n],
        new double[n],
        new double[n],
        new double[n],
        new double[n],
        new double[n],
        new double[n],
        new double[n]);
  }

  private static void agrees(StarMotionFitter.Solution fit, JsonNode expected) {
    double[] solution = Shared.numbers(expected.get("solution"));
    for (int k = 0; k < solution.length; k++) {
      assertThat(fit.parameters()[k])
          .isCloseTo(solution[k], within(1e-8 * Math.abs(solution[k]) + 5e-9));
    }
    assertThat(fit.chi2()).isCloseTo(expected.get("chi2").asDouble(), within(1e-7));
    if (expected.has("dof")) {
      assertThat(fit.dof()).isEqualTo(expected.get("dof").asInt());
    }
    JsonNode covariance = expected.path("cov");
    for (int a = 0; a < covariance.size(); a++) {
      for (int b = 0; b < covariance.size(); b++) {
        double c = covariance.get(a).get(b).asDouble();
        assertThat(fit.covariance(a, b)).isCloseTo(c, within(1e-8 * Math.abs(c) + rounding(c)));
      }
    }
  }

  /** The vector's covariances are written with eight digits. */
  private static double rounding(double value) {
    return value == 0 ? 1e-12 : 0.5 * Math.pow(10, Math.floor(Math.log10(Math.abs(value))) - 7);
  }

  @Test
  void freeConstrainedAndPositionFitsAreThoseOfTheVector() {
    JsonNode v = Shared.vector("calib-star-motion");
    StarMotionFitter.Detections seen = vector(v);
    agrees(FITTER.fit(seen, null), v.get("free"));
    double[][] covariance = new double[5][];
    for (int a = 0; a < 5; a++) {
      covariance[a] = Shared.numbers(v.get("prior_cov").get(a));
    }
    StarMotionFitter.Constraint known =
        new StarMotionFitter.Constraint(Shared.numbers(v.get("prior_mean")), covariance);
    agrees(FITTER.fit(seen, known), v.get("with_prior"));
    agrees(FITTER.position(seen), v.get("two_parameter"));
  }

  @Test
  void parallaxFactorsOfTheVectorAreThoseOfTheEphemeris() {
    JsonNode v = Shared.vector("calib-star-motion");
    EarthEphemeris.Site site = new EarthEphemeris.Site(-70.749417, -30.244639, 2663);
    for (JsonNode row : v.get("detections")) {
      double tai = row.get("mjd_utc").asDouble() + 37.0 / 86_400;
      double[] p =
          EpochPropagation.parallaxFactors(
              v.get("ra0").asDouble(),
              v.get("dec0").asDouble(),
              EarthEphemeris.observer(tai, site));
      assertThat(p[0]).isCloseTo(row.get("p_ra").asDouble(), within(2e-6));
      assertThat(p[1]).isCloseTo(row.get("p_dec").asDouble(), within(2e-6));
    }
  }

  /**
   * Three years, 40 visits, S/N 30 to 1000, a floor of 5 mas, of 5000 stars (specs/06 section 6).
   */
  @Test
  void pullsOfFiveThousandStarsAreNormalAndDistantObjectsHaveNoParallax() {
    Random random = new Random(6);
    double[] sum = new double[5];
    double[] squares = new double[5];
    double distant = 0;
    int stars = 5000;
    for (int star = 0; star < stars; star++) {
      double[] truth = {
        20 * random.nextGaussian(),
        20 * random.nextGaussian(),
        30 * random.nextGaussian(),
        30 * random.nextGaussian(),
        star < 2000 ? 0 : 2 * random.nextDouble()
      };
      StarMotionFitter.Solution fit = FITTER.fit(simulated(truth, 40, random), null);
      assertThat(fit.motion()).isTrue();
      for (int k = 0; k < 5; k++) {
        double pull = (fit.parameters()[k] - truth[k]) / fit.error(k);
        sum[k] += pull / stars;
        squares[k] += pull * pull / stars;
      }
      distant += star < 2000 ? fit.parameters()[4] / 2000 : 0;
    }
    for (int k = 2; k < 5; k++) {
      assertThat(sum[k]).isBetween(-0.05, 0.05);
      assertThat(Math.sqrt(squares[k] - sum[k] * sum[k])).isBetween(0.95, 1.05);
    }
    assertThat(distant).isBetween(-0.1, 0.1);
  }

  /** Visits over three years seen from the true Earth. */
  private static StarMotionFitter.Detections simulated(double[] truth, int visits, Random random) {
    StarMotionFitter.Detections d = empty(visits);
    double noise = 800 / 2.36 / Math.exp(Math.log(30) + random.nextDouble() * Math.log(1000 / 30.));
    for (int i = 0; i < visits; i++) {
      double mjd = 60_000 + 3 * 365.25 * random.nextDouble();
      double[] p = EpochPropagation.parallaxFactors(53, -28, EarthEphemeris.earth(mjd));
      d.years()[i] = EpochPropagation.julianYear(mjd) - EpochPropagation.julianYear(60_548);
      d.factorEast()[i] = p[0];
      d.factorNorth()[i] = p[1];
      double variance = noise * noise + 25;
      double error = Math.sqrt(variance);
      d.eastMas()[i] = truth[0] + truth[2] * d.years()[i] + truth[4] * p[0];
      d.northMas()[i] = truth[1] + truth[3] * d.years()[i] + truth[4] * p[1];
      d.eastMas()[i] += error * random.nextGaussian();
      d.northMas()[i] += error * random.nextGaussian();
      d.varianceEast()[i] = variance;
      d.varianceNorth()[i] = variance;
    }
    return d;
  }

  @Test
  void detectionsThatAreSomethingElseAreLeftOutUpToATenth() {
    Random random = new Random(7);
    double[] truth = {3, -4, 12, -9, 1.5};
    StarMotionFitter.Detections seen = simulated(truth, 40, random);
    for (int i = 0; i < 4; i++) {
      seen.eastMas()[10 * i] += 500;
    }
    StarMotionFitter.Solution fit = FITTER.fit(seen, null);
    assertThat(fit.nUsed()).isEqualTo(36);
    for (int k = 0; k < 5; k++) {
      assertThat(Math.abs(fit.parameters()[k] - truth[k])).isLessThan(4 * fit.error(k));
    }
    for (int i = 0; i < 40; i++) {
      seen.eastMas()[i] += i % 5 == 0 ? 500 : 0;
    }
    assertThat(FITTER.fit(seen, null).nUsed()).isGreaterThanOrEqualTo(36);
  }

  @Test
  void withoutEnoughVisitsYearsOrSeasonsOnlyThePositionIsFitted() {
    Random random = new Random(8);
    double[] truth = {3, -4, 12, -9, 1.5};
    assertThat(FITTER.fit(simulated(truth, 5, random), null).motion()).isFalse();
    StarMotionFitter.Detections months = simulated(truth, 40, random);
    for (int i = 0; i < 40; i++) {
      months.years()[i] /= 4;
    }
    StarMotionFitter.Solution short1 = FITTER.fit(months, null);
    assertThat(short1.motion()).isFalse();
    assertThat(short1.error(0)).isPositive();
    assertThat(short1.error(2)).isNaN();
    // two nights cannot tell motion from parallax, three can
    StarMotionFitter.Detections nights = simulated(truth, 39, random);
    for (int i = 0; i < 39; i++) {
      nights.years()[i] = i % 2 == 0 ? 0 : 1.2;
      nights.factorEast()[i] = i % 2 == 0 ? -0.3 : 0.8;
      nights.factorNorth()[i] = i % 2 == 0 ? 0.1 : 0.2;
    }
    assertThat(FITTER.fit(nights, null).motion()).isFalse();
    for (int i = 0; i < 39; i += 3) {
      nights.years()[i] = 0.4;
      nights.factorEast()[i] = 0.9;
    }
    assertThat(FITTER.fit(nights, null).motion()).isTrue();
  }

  @Test
  void aStarWithoutAUsablePlaceIsRefused() {
    StarMotionFitter.Detections nothing = empty(7);
    assertThatThrownBy(() -> FITTER.fit(nothing, null))
        .isInstanceOf(AlgorithmException.class)
        .hasMessageContaining("usable place");
  }
}
