package org.starbeam.streak;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starbeam.image.MaskPlanes;
import org.starbeam.streak.Scene.TrueTrail;

/** Truth: light drawn by formulas on frames of the family S1 (specs/02 sections 0.7 and 16). */
class StreakFinderTest {
  private static final int SIZE = 640;

  private static Scene sky(long seed) {
    return new Scene(SIZE, SIZE, seed).withSources();
  }

  /** Lines near the middle of the frame, one for each 22.5 degrees with the axes among them. */
  private static TrueTrail trail(int k, double peak) {
    SplittableRandom random = new SplittableRandom(k);
    double x = SIZE * (0.35 + 0.3 * random.nextDouble());
    double y = SIZE * (0.35 + 0.3 * random.nextDouble());
    return TrueTrail.at(x, y, 22.5 * k, peak, 1.6 + 1.8 * random.nextDouble());
  }

  @ParameterizedTest
  @ValueSource(doubles = {3, 10, 100})
  void masksTrailsAtAllAnglesWithTheirRimsAndLittleElse(double peak) {
    for (int k = 0; k < 8; k++) {
      TrueTrail truth = trail(k, peak);
      Scene scene = sky(k).trail(truth).observed();
      Streaks found = scene.found();
      assertThat(scene.coverage(truth, found)).as("angle %s", 22.5 * k).isGreaterThan(0.97);
      assertThat(found.streaks()).as("angle %s", 22.5 * k).hasSize(1);
      double area = found.streaks().get(0).pixels().area() / (double) scene.area(truth);
      assertThat(area).as("angle %s", 22.5 * k).isLessThan(1.8);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.5, 1})
  void findsTrailsThatNoPixelShows(double peak) {
    for (int k = 0; k < 8; k++) {
      TrueTrail truth = trail(k, peak);
      Scene scene = sky(100 + k).trail(truth).observed();
      assertThat(scene.coverage(truth, scene.found())).as("angle %s", 22.5 * k).isGreaterThan(0.9);
    }
  }

  @Test
  void geometryIsThatOfTheLine() {
    for (int k = 0; k < 8; k++) {
      TrueTrail truth = trail(k, 3);
      Streaks found = sky(200 + k).trail(truth).observed().found();
      Streak streak = found.streaks().get(0);
      double turn = Math.IEEEremainder(streak.thetaDeg() - truth.line().thetaDeg(), 180);
      assertThat(Math.abs(turn)).isLessThan(0.05);
      double theta = Math.toRadians(streak.thetaDeg());
      double across =
          truth.line().x() * Math.cos(theta) + truth.line().y() * Math.sin(theta) - streak.rho();
      assertThat(Math.abs(across)).isLessThan(0.3);
      assertThat(streak.openStart()).isTrue();
      assertThat(streak.openEnd()).isTrue();
    }
  }

  /** Within 15 %: the trail is Gaussian, the model has the wings of a Moffat PSF. */
  @Test
  void measuresFluxPerLength() {
    TrueTrail truth = TrueTrail.at(300, 320, 33, 5, 1.7);
    Streak streak = new Scene(SIZE, SIZE, 3).trail(truth).observed().found().streaks().get(0);
    double flux = 5 * Scene.NOISE * Math.sqrt(2 * Math.PI) * 1.7;
    assertThat(streak.fluxPerLength()).isBetween(0.85 * flux, 1.15 * flux);
    assertThat(streak.width()).isBetween(0.85 * 2.3548 * 1.7, 1.15 * 2.3548 * 1.7);
  }

  @Test
  void nothingIsFoundWhereThereIsNone() {
    for (int k = 0; k < 12; k++) {
      Streaks found = sky(300 + k).observed().found();
      assertThat(found.streaks()).as("seed %s", 300 + k).isEmpty();
      assertThat(found.spikes().isEmpty()).isTrue();
    }
  }

  @Test
  void galaxiesWithArmsAndEdgeOnOnesAreNoTrails() {
    assertThat(sky(1).spiral(300, 250, 400, 50).observed().found().streaks()).isEmpty();
    assertThat(sky(2).spiral(350, 400, 100, 80).observed().found().streaks()).isEmpty();
    assertThat(sky(3).edgeOn(300, 300, 800, 15, 2.5, 70).observed().found().streaks()).isEmpty();
    assertThat(sky(4).edgeOn(300, 300, 400, 40, 2.5, 33).observed().found().streaks()).isEmpty();
    assertThat(sky(5).edgeOn(300, 300, 800, 60, 3.5, 120).observed().found().streaks()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 20, 45})
  void saturatedStarsWithSpikesAndBleedTrailsAreNoTrails(double angle) {
    SplittableRandom random = new SplittableRandom(11);
    Scene scene = sky(12);
    for (int k = 0; k < 6; k++) {
      double flux = Math.pow(10, 6 + random.nextDouble());
      double x = SIZE * random.nextDouble();
      double y = SIZE * random.nextDouble();
      scene.saturated(x, y, flux, angle, (int) (60 * random.nextDouble()));
    }
    assertThat(scene.observed().found().streaks()).isEmpty();
  }

  @Test
  void lightThatDecaysFromASaturatedStarIsItsSpike() {
    Scene scene = new Scene(SIZE, SIZE, 13).spike(310, 330, 35, 30).observed();
    Streaks found = scene.found();
    assertThat(found.streaks()).isEmpty();
    assertThat(found.spikes().contains(310 + 82, 330 + 57)).isTrue();
  }

  @Test
  void aTrailOverASaturatedStarStaysATrail() {
    TrueTrail truth = TrueTrail.at(310, 330, 35, 20, 2);
    Scene scene = sky(14).saturated(310, 330, 3e6, 10, 20).trail(truth).observed();
    Streaks found = scene.found();
    assertThat(scene.coverage(truth, found)).isGreaterThan(0.97);
    assertThat(found.spikes().isEmpty()).isTrue();
  }

  @Test
  void rowsAndColumnsWithAnOffsetAndStepsAreNoTrails() {
    Scene scene = sky(15).observed();
    float[] pixels = scene.image.image().data;
    for (int k = 0; k < SIZE; k++) {
      pixels[k * SIZE + 233] += 15;
      pixels[k * SIZE + 400] += 200;
      pixels[400 * SIZE + k] += 30;
      for (int x = 0; x < SIZE / 2; x++) {
        pixels[k * SIZE + x] += 6;
      }
    }
    assertThat(scene.found().streaks()).isEmpty();
  }

  @Test
  void trailsOfOtherShapesAreCovered() {
    covers("along the border", TrueTrail.at(300, 2, 0.1, 3, 2));
    covers("bent", TrueTrail.at(320, 320, 12, 3, 2).bent(4 / (320.0 * 320)));
    covers("broad", TrueTrail.at(320, 320, 128, 3, 6.4));
    covers("ends inside", TrueTrail.at(320, 320, 12, 3, 2).between(-150, 170));
    covers("strobes", TrueTrail.at(320, 300, 28, 6, 4).flashing(280).between(-290, 390));
  }

  private static void covers(String what, TrueTrail truth) {
    Scene scene = sky(16).trail(truth).observed();
    assertThat(scene.coverage(truth, scene.found())).as(what).isGreaterThan(0.95);
  }

  @Test
  void findsMostShortChordsOfCorners() {
    int found = 0;
    for (int k = 0; k < 10; k++) {
      double chord = 105 + 8 * k;
      TrueTrail truth = TrueTrail.at(chord / Math.sqrt(2), 0, 135, 3, 2);
      Scene scene = new Scene(320, 320, 60 + k).withSources().trail(truth).observed();
      found += scene.coverage(truth, scene.found()) > 0.5 ? 1 : 0;
    }
    assertThat(found).isGreaterThanOrEqualTo(7);
  }

  @Test
  void twoTrailsThatCrossAreBothFound() {
    TrueTrail one = TrueTrail.at(300, 300, 20, 5, 2);
    TrueTrail other = TrueTrail.at(300, 300, 110, 5, 2);
    Scene scene = sky(17).trail(one).trail(other).observed();
    Streaks found = scene.found();
    assertThat(found.streaks()).hasSize(2);
    assertThat(scene.coverage(one, found)).isGreaterThan(0.97);
    assertThat(scene.coverage(other, found)).isGreaterThan(0.97);
  }

  @Test
  void pixelsThatSayNothingDoNotMatter() {
    TrueTrail truth = TrueTrail.at(300, 320, 33, 5, 2);
    Scene scene = sky(18).trail(truth).observed();
    SplittableRandom random = new SplittableRandom(1);
    float[] pixels = scene.image.image().data;
    for (int k = 0; k < pixels.length / 50; k++) {
      pixels[random.nextInt(pixels.length)] = Float.NaN;
      scene.image.variance().data[random.nextInt(pixels.length)] = Float.POSITIVE_INFINITY;
      scene.image.mask().data[random.nextInt(pixels.length)] |= MaskPlanes.CR;
    }
    Arrays.fill(scene.image.mask().data, 0, 100 * SIZE, MaskPlanes.NO_DATA);
    Streaks found = scene.found();
    assertThat(found.streaks()).hasSize(1);
    assertThat(found.streaks().get(0).pixels().contains(300, 320)).isTrue();
  }

  @Test
  void aFrameWithoutAGoodPixelHasNone() {
    Scene scene = new Scene(100, 60, 19);
    scene.image.image().fill(Float.NaN);
    assertThat(scene.found().streaks()).isEmpty();
    scene.image.image().fill(0);
    scene.image.mask().fill(MaskPlanes.NO_DATA);
    assertThat(scene.found().streaks()).isEmpty();
  }

  @Test
  void theSameImageGivesTheSameAndIsNotChanged() {
    Scene scene = sky(20).trail(trail(3, 1)).trail(trail(5, 20)).observed();
    float[] before = scene.image.image().toArray();
    int[] mask = scene.image.mask().toArray();
    Streaks first = scene.found();
    assertThat(scene.found()).isEqualTo(first);
    assertThat(scene.image.image().toArray()).isEqualTo(before);
    assertThat(scene.image.mask().toArray()).isEqualTo(mask);
  }

  @Test
  void masksNothingWhenItWouldBeTooMuch() {
    StreakFinder.Config d = StreakFinder.Config.defaults();
    StreakFinder.Config strict =
        new StreakFinder.Config(
            true,
            true,
            d.sourceSignificance(),
            d.bin(),
            d.psfBeta(),
            d.maxCandidates(),
            0.001,
            d.hough(),
            d.radon(),
            d.fit(),
            d.accept());
    Streaks found = sky(21).trail(trail(2, 10)).observed().found(strict);
    assertThat(found.tooMany()).isTrue();
    assertThat(found.streaks()).isEmpty();
  }
}
