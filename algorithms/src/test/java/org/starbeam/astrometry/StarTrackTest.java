package org.starbeam.astrometry;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.schema.RefStar;
import org.starbeam.sky.Angles;
import org.starbeam.sky.EarthEphemeris;
import org.starbeam.sky.EpochPropagation;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.TanSip;

/** Truth: places by the propagation that is tested against ERFA. */
class StarTrackTest {
  private static final double EPOCH = 59_510;
  private static final double SCALE = 0.2 / 3600;

  private static RefStar reference(double raErr) {
    return RefStar.newBuilder()
        .setId(7)
        .setRa(11.1)
        .setDec(-30.5)
        .setEpochYr(2016)
        .setPmRa(1800.0)
        .setPmDec(-900.0)
        .setParallaxMas(100.0)
        .setRaErrMas(raErr)
        .setDecErrMas(0.3)
        .setPmRaErr(0.2)
        .setPmDecErr(0.25)
        .setParallaxErrMas(0.4)
        .setRaPmRaCov(-0.01)
        .setDecPmDecCov(0.02)
        .setFlux(Map.of())
        .setFluxErr(Map.of())
        .build();
  }

  private static EpochPropagation.Star star() {
    return new EpochPropagation.Star(11.1, -30.5, 2016, 1800, -900, 100, Double.NaN);
  }

  /** Forty visits in two years, turned by up to 360 degrees, with elongated centroid errors. */
  private static StarTrack seen(double noisePx, Random random) {
    SkyPoint origin = EpochPropagation.barycentric(star(), EpochPropagation.julianYear(EPOCH));
    StarTrack track = new StarTrack(new SkyPoint(origin.raDeg(), origin.decDeg() + 1e-4), EPOCH);
    for (int i = 0; i < 40; i++) {
      double mjd = EPOCH - 365 + 18.3 * i;
      double turn = 9 * i;
      double c = SCALE * Math.cos(Math.toRadians(turn));
      double s = SCALE * Math.sin(Math.toRadians(turn));
      TanSip wcs = TanSip.tan(origin, 500, 400, new double[] {-c, s, s, c});
      SkyPoint place =
          EpochPropagation.apparent(
              star(), EpochPropagation.julianYear(mjd), EarthEphemeris.earth(mjd));
      double[] p = wcs.toPixel(place.raDeg(), place.decDeg());
      double x = p[0] + 3 * noisePx * random.nextGaussian();
      double y = p[1] + noisePx * random.nextGaussian();
      double variance = Math.max(noisePx * noisePx, 1e-8);
      track.add(mjd, wcs, x, y, 9 * variance, variance, 0, 0);
    }
    return track;
  }

  @Test
  void aNearFastStarIsRecoveredFromNoiselessPlaces() {
    StarTrack track = seen(0, new Random(1));
    StarMotionFitter.Solution fit =
        new StarMotionFitter(StarMotionFitter.Config.defaults()).fit(track.detections(), null);
    // ten arcseconds on, north points elsewhere
    assertThat(Math.hypot(fit.parameters()[2], fit.parameters()[3]))
        .isCloseTo(Math.hypot(1800, 900), within(0.03));
    assertThat(fit.parameters()[2]).isCloseTo(1800, within(0.1));
    assertThat(fit.parameters()[3]).isCloseTo(-900, within(0.1));
    assertThat(fit.parameters()[4]).isCloseTo(100, within(0.05));
    SkyPoint truth = EpochPropagation.barycentric(star(), EpochPropagation.julianYear(EPOCH));
    SkyPoint place = track.place(fit);
    assertThat(
            Angles.separationArcsec(place.raDeg(), place.decDeg(), truth.raDeg(), truth.decDeg()))
        .isLessThan(2e-5);
  }

  @Test
  void errorsOfTurnedElongatedCentroidsAreThoseOfTheSky() {
    double chi2 = 0;
    int dof = 0;
    for (int seed = 0; seed < 40; seed++) {
      StarTrack track = seen(0.02, new Random(seed));
      StarMotionFitter.Solution fit =
          new StarMotionFitter(StarMotionFitter.Config.defaults()).fit(track.detections(), null);
      assertThat(Math.abs(fit.parameters()[4] - 100)).isLessThan(4 * fit.error(4));
      chi2 += fit.chi2();
      dof += fit.dof();
    }
    assertThat(chi2 / dof).isBetween(0.95, 1.05);
  }

  @Test
  void theReferenceStarIsCarriedToTheEpochWithItsCovariance() {
    StarTrack track = seen(0, new Random(1));
    StarMotionFitter.Constraint known = requireNonNull(track.constraint(reference(0.2)));
    StarMotionFitter.Solution fit =
        new StarMotionFitter(StarMotionFitter.Config.defaults()).fit(track.detections(), null);
    for (int k = 0; k < 5; k++) {
      assertThat(known.mean()[k]).isCloseTo(fit.parameters()[k], within(0.03));
    }
    double years = EpochPropagation.julianYear(EPOCH) - 2016;
    double[][] c = known.covariance();
    assertThat(c[0][0])
        .isCloseTo(0.04 + 0.01 - 2 * years * 0.01 + years * years * 0.04, within(1e-9));
    assertThat(c[0][2]).isCloseTo(-0.01 + years * 0.04, within(1e-9));
    assertThat(c[1][3]).isCloseTo(0.02 + years * 0.0625, within(1e-9));
    assertThat(c[2][0]).isEqualTo(c[0][2]);
    assertThat(c[4][4]).isCloseTo(0.16, within(1e-12));
  }

  @Test
  void aReferenceStarWithoutParallaxOrErrorsConstrainsNothing() {
    StarTrack track = seen(0, new Random(1));
    RefStar star = reference(0.2);
    star.setParallaxMas(null);
    assertThat(track.constraint(star)).isNull();
    assertThat(track.constraint(reference(0))).isNull();
  }
}
