package org.starbeam.coadd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.starbeam.deblend.Redistribution;
import org.starbeam.detection.CulledPeak;
import org.starbeam.detection.MergedParent;
import org.starbeam.detection.MergedPeak;
import org.starbeam.image.Box;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.MeasuredSource;
import org.starbeam.psf.GaussianPsf;
import org.starbeam.testing.BlendSky;
import org.starbeam.warp.NoiseCorrelation;

/**
 * A cluster of 24 stars from which peaks of one band were culled: a star of S/N 40 that only r
 * shows, one of S/N 4, and a place without anything. Truth is that of the simulation.
 */
class PeakRecoveryTest {
  private static final Box BOX = new Box(0, 0, 161, 161);
  private static final double[] PSF = {2.0, 1.8};
  private static final double[][] CULLED = {{80, 103}, {103, 80}, {57, 80}};
  private static double bright;
  private static MergedParent parent;
  private static MergedParent told;
  private static List<MeasuredObject> objects;

  @BeforeAll
  static void measure() {
    Random random = new Random(2);
    BlendSky sky = new BlendSky(BOX, 1, PSF);
    List<MergedPeak> peaks = new ArrayList<>();
    for (int k = 0; k < 24; k++) {
      double radius = 34 - 22 * (k % 2);
      double angle = 2 * Math.PI * k / 24;
      double x = Math.rint(80 + radius * Math.cos(angle));
      double y = Math.rint(80 + radius * Math.sin(angle));
      double flux = sky.starFlux(60 + 60 * random.nextDouble(), 1);
      sky.add(new BlendSky.Source(x, y, 0, 1, 0, 0.6 * flux, flux));
      peaks.add(new MergedPeak(x, y, 100 - k, List.of("r", "g")));
    }
    bright = sky.starFlux(40, 1);
    sky.add(new BlendSky.Source(80, 103, 0, 1, 0, 0, bright));
    sky.add(new BlendSky.Source(103, 80, 0, 1, 0, 0, sky.starFlux(4, 1)));
    sky.expose(7);
    List<CulledPeak> culled = new ArrayList<>();
    for (double[] place : CULLED) {
      culled.add(
          new CulledPeak(
              new MergedPeak(place[0], place[1], 6, List.of("r")),
              CulledPeak.Reason.FAINT_OF_FAMILY));
    }
    int[] runs = new int[3 * 121];
    for (int k = 0; k < 121; k++) {
      runs[3 * k] = 20 + k;
      runs[3 * k + 1] = 20;
      runs[3 * k + 2] = 141;
    }
    parent = new MergedParent(runs, peaks, 0, culled);
    List<CoaddBand> bands = new ArrayList<>();
    for (int b = 0; b < PSF.length; b++) {
      bands.add(
          new CoaddBand(
              String.valueOf("gr".charAt(b)),
              sky.images.get(b),
              new GaussianPsf(PSF[b]),
              NoiseCorrelation.white()));
    }
    ObjectMeasurer.Observer observer =
        new ObjectMeasurer.Observer() {
          @Override
          public void shared(int index, MergedParent measured, Redistribution split) {
            told = measured;
          }
        };
    objects =
        new ObjectMeasurer(ObjectMeasurer.Config.defaults())
            .measure(bands, List.of(parent), List.of(), 1, observer);
  }

  @Test
  void theStarThatTheOthersLeaveIsAnObjectAgainAndNothingElseIs() {
    assertThat(told.peaks()).hasSize(25).startsWith(parent.peaks().toArray(MergedPeak[]::new));
    assertThat(told.peaks().get(24)).isEqualTo(parent.culled().get(0).peak());
    assertThat(told.culled()).isEqualTo(parent.culled().subList(1, 3));
    assertThat(objects).hasSize(25);
    assertThat(objects).allMatch(o -> o.family() == 25);
  }

  @Test
  void itHasTheFluxOfTheSimulation() {
    MeasuredObject star =
        objects.stream()
            .filter(o -> o.peak().equals(told.peaks().get(24)))
            .findFirst()
            .orElseThrow();
    MeasuredSource r = star.forced().get("r");
    assertThat(r.get(Fields.PSF_FLUX)).isCloseTo(bright, within(4 * bright / 40));
    MeasuredSource g = star.forced().get("g");
    assertThat(g.get(Fields.PSF_FLUX) / g.get(Fields.err(Fields.PSF_FLUX))).isBetween(-4.0, 4.0);
  }
}
