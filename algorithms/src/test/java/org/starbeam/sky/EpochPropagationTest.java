package org.starbeam.sky;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import org.starbeam.testing.Shared;

class EpochPropagationTest {
  private static final EarthEphemeris.Site SITE =
      new EarthEphemeris.Site(-70.749417, -30.244639, 2663);

  @Test
  void greatCircleMotionAgreesWithUnitVectorsToAMicroarcsecond() {
    for (JsonNode c : Shared.vector("char-proper-motion").get("cases")) {
      double years = c.get("epoch").asDouble() - c.get("epoch0").asDouble();
      SkyPoint moved =
          EpochPropagation.greatCircle(
              c.get("ra").asDouble(),
              c.get("dec").asDouble(),
              c.get("pmra_mas_yr").asDouble(),
              c.get("pmdec_mas_yr").asDouble(),
              years);
      assertThat(distanceMas(moved, c.get("ra_out").asDouble(), c.get("dec_out").asDouble()))
          .isLessThan(0.001);
    }
  }

  @Test
  void spaceMotionAgreesWithErfaIncludingBarnardsStarAndAStarAtThePole() {
    for (JsonNode c : Shared.vector("calib-parallax").get("space_motion").get("cases")) {
      EpochPropagation.Star star =
          new EpochPropagation.Star(
              c.get("ra").asDouble(),
              c.get("dec").asDouble(),
              c.get("from_jyear").asDouble(),
              c.get("pmra_cosdec_mas_yr").asDouble(),
              c.get("pmdec_mas_yr").asDouble(),
              c.get("plx_mas").asDouble(),
              c.get("rv_km_s").asDouble());
      SkyPoint moved = EpochPropagation.barycentric(star, c.get("to_jyear").asDouble());
      assertThat(distanceMas(moved, c.get("ra_out").asDouble(), c.get("dec_out").asDouble()))
          .as("%s", c)
          .isLessThan(limitMas(c));
    }
  }

  @Test
  void observerAndParallaxFactorsAgreeWithErfa() {
    for (JsonNode epoch : Shared.vector("calib-parallax").get("epochs")) {
      double tai = epoch.get("mjd_utc").asDouble() + 37.0 / 86_400;
      double[] observer = EarthEphemeris.observer(tai, SITE);
      assertThat(observer).containsExactly(Shared.numbers(epoch.get("observer_au")), within(2e-6));
      for (JsonNode f : epoch.get("factors")) {
        double ra = f.get("ra").asDouble();
        double dec = f.get("dec").asDouble();
        double[] factors = EpochPropagation.parallaxFactors(ra, dec, observer);
        assertThat(factors[0]).isCloseTo(f.get("p_ra").asDouble(), within(2e-6));
        assertThat(factors[1]).isCloseTo(f.get("p_dec").asDouble(), within(2e-6));
        linearFactorsAgreeWithTheVector(ra, dec, observer, factors);
      }
    }
  }

  private static void linearFactorsAgreeWithTheVector(
      double ra, double dec, double[] observer, double[] factors) {
    EpochPropagation.Star star =
        new EpochPropagation.Star(ra, dec, 2021, Double.NaN, Double.NaN, 0.1, Double.NaN);
    SkyPoint seen = EpochPropagation.apparent(star, 2021, observer);
    double east = Math.toRadians(seen.raDeg() - ra) * Math.cos(Math.toRadians(dec));
    double mas = Math.toRadians(1 / 3.6e6);
    if (Math.abs(dec) < 80 && ra > 1) {
      assertThat(east / mas).isCloseTo(0.1 * factors[0], within(1e-5));
      assertThat((seen.decDeg() - dec) * 3.6e6).isCloseTo(0.1 * factors[1], within(1e-5));
    }
  }

  /**
   * 1e-9 deg. The vector's star on the equator moves at 2840 km/s; where position and velocity are
   * exactly perpendicular, ERFA leaves out the transverse Doppler shift (at right ascension 50
   * instead of 0 it has it), 4.5e-5 of the motion.
   */
  private static double limitMas(JsonNode c) {
    double years = c.get("to_jyear").asDouble() - c.get("from_jyear").asDouble();
    double motion = Math.abs(years * c.get("pmra_cosdec_mas_yr").asDouble());
    return c.get("dec").asDouble() == 0 ? 4.7e-5 * motion : 0.0036;
  }

  private static double distanceMas(SkyPoint a, double ra, double dec) {
    double d1 = Math.toRadians(a.decDeg());
    double d2 = Math.toRadians(dec);
    double east = Math.IEEEremainder(a.raDeg() - ra, 360) * Math.cos((d1 + d2) / 2);
    return 3.6e6 * Math.hypot(east, a.decDeg() - dec);
  }
}
