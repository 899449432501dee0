package org.starbeam.association;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.starbeam.association.LightCurveStatistics.Epoch;
import org.starbeam.testing.Shared;

class LightCurveStatisticsTest {
  private static final JsonNode VECTOR = Shared.vector("dia-lightcurve-stats");

  private static List<Epoch> epochs() {
    List<Epoch> out = new ArrayList<>();
    for (int i = 0; i < VECTOR.get("mjdTai").size(); i++) {
      out.add(
          new Epoch(
              VECTOR.get("mjdTai").get(i).asDouble(),
              i,
              VECTOR.get("psfFlux").get(i).asDouble(),
              VECTOR.get("psfFluxErr").get(i).asDouble()));
    }
    return out;
  }

  private static double expected(String name) {
    return VECTOR.get(name).asDouble();
  }

  private static Offset<Double> relative(double value) {
    return within(1e-9 * Math.max(1, Math.abs(value)));
  }

  private static void agrees(double value, String name) {
    assertThat(value).as(name).isCloseTo(expected(name), relative(expected(name)));
  }

  @Test
  void agreesWithTheReference() {
    LightCurveStatistics s = LightCurveStatistics.of(epochs());
    assertThat(s.ndata()).isEqualTo(7);
    agrees(s.mean(), "psfFluxMean");
    agrees(s.meanErr(), "psfFluxMeanErr");
    agrees(s.sigma(), "psfFluxSigma");
    agrees(s.errMean(), "psfFluxErrMean");
    agrees(s.chi2(), "psfFluxChi2");
    agrees(s.mad(), "psfFluxMAD");
    agrees(s.skew(), "psfFluxSkew_biased");
    agrees(s.min(), "psfFluxMin");
    agrees(s.max(), "psfFluxMax");
    agrees(s.maxSlope(), "psfFluxMaxSlope");
    agrees(s.slope(), "psfFluxLinearSlope");
    agrees(s.stetsonJ(), "psfFluxStetsonJ");
    for (int i = 0; i < 5; i++) {
      double value = VECTOR.get("percentiles_linear").get("" + percent(i)).asDouble();
      assertThat(s.percentiles().get(i)).isCloseTo(value, relative(value));
    }
    double atEpoch = s.intercept() + s.slope() * expected("linear_epoch_mjd");
    double shifted = Math.abs(s.slope() * expected("linear_epoch_mjd"));
    assertThat(atEpoch)
        .isCloseTo(expected("psfFluxLinearIntercept_at_epoch"), within(1e-9 * shifted));
  }

  private static int percent(int i) {
    return LightCurveStatistics.PERCENTS.get(i);
  }

  @Test
  void theOrderOfTheEpochsDoesNotMatterToTheBit() {
    List<Epoch> epochs = epochs();
    epochs.add(new Epoch(60003.2, 20, 301, 24));
    epochs.add(new Epoch(60003.2, 21, 290, 21));
    LightCurveStatistics first = LightCurveStatistics.of(epochs);
    for (int seed = 0; seed < 50; seed++) {
      Collections.shuffle(epochs, new Random(seed));
      assertThat(LightCurveStatistics.of(epochs)).isEqualTo(first);
    }
  }

  @Test
  void epochsWithoutANumberDoNotCount() {
    List<Epoch> epochs = epochs();
    LightCurveStatistics good = LightCurveStatistics.of(epochs);
    epochs.add(new Epoch(Double.NaN, 30, 1, 1));
    epochs.add(new Epoch(60001, 31, Double.NaN, 1));
    epochs.add(new Epoch(60001, 32, 1, Double.NaN));
    epochs.add(new Epoch(60001, 33, 1, 0));
    assertThat(LightCurveStatistics.of(epochs)).isEqualTo(good);
  }

  @Test
  void ofNoEpochEverythingIsUndefined() {
    LightCurveStatistics s =
        LightCurveStatistics.of(List.of(new Epoch(60000, 1, Double.NaN, Double.NaN)));
    assertThat(s.ndata()).isZero();
    assertThat(List.of(s.mean(), s.meanErr(), s.sigma(), s.errMean(), s.chi2(), s.mad(), s.skew()))
        .allMatch(v -> v.isNaN());
    assertThat(List.of(s.min(), s.max(), s.maxSlope(), s.slope(), s.intercept(), s.stetsonJ()))
        .allMatch(v -> v.isNaN());
    assertThat(s.percentiles()).hasSize(5).allMatch(v -> v.isNaN());
  }

  @Test
  void ofOneEpochOnlyItsFluxIsKnown() {
    LightCurveStatistics s = LightCurveStatistics.of(List.of(new Epoch(60000.5, 1, 7, 2)));
    assertThat(s.mean()).isEqualTo(7);
    assertThat(s.meanErr()).isEqualTo(2);
    assertThat(s.chi2()).isZero();
    assertThat(s.percentiles()).containsOnly(7.0);
    assertThat(List.of(s.sigma(), s.skew(), s.maxSlope(), s.slope(), s.stetsonJ()))
        .allMatch(v -> v.isNaN());
  }

  /** Two epochs of equal error: mean 10, sample deviation sqrt(8), line through both. */
  @Test
  void ofTwoEpochsTheLineGoesThroughBoth() {
    LightCurveStatistics s =
        LightCurveStatistics.of(List.of(new Epoch(10, 1, 8, 1), new Epoch(14, 2, 12, 1)));
    assertThat(s.sigma()).isCloseTo(Math.sqrt(8), within(1e-12));
    assertThat(s.slope()).isCloseTo(1, within(1e-12));
    assertThat(s.intercept()).isCloseTo(-2, within(1e-12));
    assertThat(s.maxSlope()).isCloseTo(1, within(1e-12));
    assertThat(s.skew()).isNaN();
    assertThat(s.stetsonJ()).isCloseTo(Math.sqrt(7), within(1e-12));
  }

  /** At one time 8 and 12 are 10, from which 20 is one day away. */
  @Test
  void epochsOfOneTimeAreAveragedForTheSlope() {
    Epoch a = new Epoch(10, 1, 8, 1);
    Epoch b = new Epoch(10, 2, 12, 1);
    assertThat(LightCurveStatistics.of(List.of(a, b)).maxSlope()).isNaN();
    assertThat(LightCurveStatistics.of(List.of(a, b)).slope()).isNaN();
    LightCurveStatistics s = LightCurveStatistics.of(List.of(a, b, new Epoch(11, 3, 20, 1)));
    assertThat(s.maxSlope()).isCloseTo(10, within(1e-12));
  }
}
