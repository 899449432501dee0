package org.starbeam.psf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AnalyticProfileTest {

  /**
   * FWHM = 0.97586 lambda / r0 of an exposure through the atmosphere whose transfer function is
   * exp(-3.4417 (lambda f / r0)^(5/3)) (Fried 1966), and the light below it from the value in the
   * middle, 3/5 Gamma(6/5) of a radius in units of 1 / k.
   */
  @Test
  void theKolmogorovProfileHasTheWidthOfTheAtmosphere() {
    double fwhm = 2 * Math.PI * 0.97586 / Math.pow(3.4417, 0.6);
    double centre = 0.6 * 0.9181687423997607;
    AnalyticProfile profile = new AnalyticProfile(PiffPsf.Model.KOLMOGOROV, 0);
    assertThat(profile.light()).isCloseTo(2 * Math.PI / (centre * fwhm * fwhm), within(1e-3));
  }

  @ParameterizedTest
  @EnumSource(
      value = PiffPsf.Model.class,
      names = {"MOFFAT", "KOLMOGOROV", "GAUSSIAN"})
  void theLightIsTheIntegralAndTheWidthThatOfHalfThePeak(PiffPsf.Model model) {
    AnalyticProfile profile = new AnalyticProfile(model, 3.2);
    double sum = 0;
    double h = 0.005;
    for (double r = h / 2; r < 60; r += h) {
      sum += 2 * Math.PI * r * h * profile.value(r * r);
    }
    assertThat(profile.value(0)).isCloseTo(1, within(1e-9));
    assertThat(profile.value(0.25)).isCloseTo(0.5, within(1e-3));
    assertThat(sum / profile.light()).isCloseTo(1, within(0.003));
  }

  @Test
  void aShearedPixelIsTheMeanOverItsArea() {
    AnalyticProfile profile = new AnalyticProfile(PiffPsf.Model.MOFFAT, 3);
    double[] p = {3.2, 0.05, -0.03};
    double mean = 0;
    int n = 40;
    for (int i = 0; i < n * n; i++) {
      double x = 0.7 + (i % n + 0.5) / n - 0.5;
      double y = -1.3 + (i / n + 0.5) / n - 0.5;
      double g2 = 0.0034;
      double a = (x * x * (0.95 * 0.95 + 0.0009) + y * y * (1.05 * 1.05 + 0.0009) + 0.12 * x * y);
      mean += profile.value(a / (1 - g2) / (3.2 * 3.2)) / (n * n);
    }
    assertThat(profile.pixel(p, 0.7, -1.3, true)).isCloseTo(mean, within(1e-4 * mean));
  }
}
