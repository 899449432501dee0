package org.starbeam.astrometry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.sky.EarthEphemeris;
import org.starbeam.sky.EpochPropagation;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.TanSip;

/** Stars of known motion whose places scatter by 2 mas more than their centroids say. */
class MotionFloorTest {
  private static final double EPOCH = 59_510;
  private static final double PIXEL_MAS = 200;
  private static final double SCALE = 0.2 / 3600;
  private static final double TRUE_FLOOR = 2;
  private static final StarMotionFitter FITTER =
      new StarMotionFitter(StarMotionFitter.Config.defaults());
  private static final MotionFloor FLOOR = new MotionFloor(MotionFloor.Config.defaults(), FITTER);

  private record Sky(List<EpochPropagation.Star> stars, List<StarTrack> tracks) {}

  /**
   * @param visits in two years
   * @param claimed floor that the tracks are told
   */
  private static Sky sky(int stars, int visits, double claimed, long seed) {
    Random random = new Random(seed);
    Sky sky = new Sky(new ArrayList<>(), new ArrayList<>());
    for (int s = 0; s < stars; s++) {
      SkyPoint origin = new SkyPoint(11.1 + 0.01 * s, -30.5);
      EpochPropagation.Star star =
          new EpochPropagation.Star(
              origin.raDeg(),
              origin.decDeg(),
              EpochPropagation.julianYear(EPOCH),
              20 * random.nextGaussian(),
              20 * random.nextGaussian(),
              3 * random.nextDouble(),
              Double.NaN);
      double centroidMas = 0.5 + 8 * random.nextDouble();
      double variance = Math.pow(centroidMas / PIXEL_MAS, 2);
      double noise = Math.hypot(centroidMas, TRUE_FLOOR) / PIXEL_MAS;
      TanSip wcs = TanSip.tan(origin, 500, 400, new double[] {-SCALE, 0, 0, SCALE});
      StarTrack track = new StarTrack(origin, EPOCH);
      for (int v = 0; v < visits; v++) {
        double mjd = EPOCH - 365 + 730.0 * v / (visits - 1);
        SkyPoint place =
            EpochPropagation.apparent(
                star, EpochPropagation.julianYear(mjd), EarthEphemeris.earth(mjd));
        double[] p = wcs.toPixel(place.raDeg(), place.decDeg());
        track.add(
            mjd,
            wcs,
            p[0] + noise * random.nextGaussian(),
            p[1] + noise * random.nextGaussian(),
            variance,
            variance,
            0,
            claimed);
      }
      sky.stars.add(star);
      sky.tracks.add(track);
    }
    return sky;
  }

  private static double pullWidth(Sky sky, double scale) {
    double sum = 0;
    for (int s = 0; s < sky.stars.size(); s++) {
      StarMotionFitter.Solution fit = FITTER.fit(sky.tracks.get(s).detections(scale), null);
      sum += Math.pow((fit.parameters()[2] - sky.stars.get(s).pmRaMasYr()) / fit.error(2), 2);
      sum += Math.pow((fit.parameters()[3] - sky.stars.get(s).pmDecMasYr()) / fit.error(3), 2);
    }
    return Math.sqrt(sum / (2 * sky.stars.size()));
  }

  @Test
  void floorsThatAreTooLargeOrTooSmallAreFoundByTheScatterOfTheStars() {
    for (double claimed : new double[] {1, 2, 4}) {
      double scale = FLOOR.scale(sky(200, 14, claimed, 3).tracks);
      assertThat(claimed * Math.sqrt(Math.min(scale, 4)))
          .as("claimed %s", claimed)
          .isCloseTo(TRUE_FLOOR, within(0.15));
    }
  }

  @Test
  void pullsOfMotionsAreOneForFewAndForManyVisits() {
    for (int visits : new int[] {7, 14, 40}) {
      Sky sky = sky(300, visits, 4, visits);
      double scale = FLOOR.scale(sky.tracks);
      assertThat(pullWidth(sky, scale)).as("%d visits", visits).isBetween(0.93, 1.07);
      assertThat(pullWidth(sky, 1)).as("%d visits, as claimed", visits).isLessThan(0.9);
    }
  }

  @Test
  void tooFewStarsLeaveTheFloorsAsTheyAre() {
    assertThat(FLOOR.scale(sky(9, 14, 4, 5).tracks)).isEqualTo(1);
    assertThat(FLOOR.scale(sky(30, 5, 4, 6).tracks)).as("no motions").isEqualTo(1);
    assertThat(FLOOR.scale(sky(30, 14, 0, 7).tracks)).as("no floors").isEqualTo(1);
  }
}
