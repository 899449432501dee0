package org.starbeam.sky;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SkyRegionTest {
  private static final SkyPolygon SQUARE =
      SkyPolygon.of(
          List.of(
              new SkyPoint(359, -1),
              new SkyPoint(1, -1),
              new SkyPoint(1, 1),
              new SkyPoint(359, 1)));

  @Test
  void aCircleHoldsWhatIsWithinItsRadius() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 2_000; i++) {
      SkyCircle circle =
          new SkyCircle(
              new SkyPoint(360 * random.nextDouble(), 180 * random.nextDouble() - 90),
              180 * random.nextDouble());
      double ra = 360 * random.nextDouble();
      double dec = 180 * random.nextDouble() - 90;
      double apart =
          Angles.separationArcsec(circle.center().raDeg(), circle.center().decDeg(), ra, dec)
              / 3600;
      assertThat(circle.contains(ra, dec)).isEqualTo(apart <= circle.radiusDeg());
    }
    assertThat(new SkyCircle(new SkyPoint(10, 0), 10).contains(20, 0)).isTrue();
  }

  @Test
  void aPolygonGoesOverZeroHoursAndMayBeGivenInEitherSense() {
    assertThat(SQUARE.contains(0, 0)).isTrue();
    assertThat(SQUARE.contains(359.5, 0.9)).isTrue();
    assertThat(SQUARE.contains(2, 0)).isFalse();
    assertThat(SQUARE.contains(180, 0)).isFalse();
    List<SkyPoint> turned =
        List.of(
            new SkyPoint(359, 1), new SkyPoint(1, 1), new SkyPoint(1, -1), new SkyPoint(359, -1));
    assertThat(SkyPolygon.of(turned).contains(0.5, 0.5)).isTrue();
    assertThatThrownBy(
            () ->
                SkyPolygon.of(
                    List.of(
                        new SkyPoint(0, 0),
                        new SkyPoint(1, 1),
                        new SkyPoint(1, 0),
                        new SkyPoint(0, 1))))
        .hasMessageContaining("convex");
  }

  /** Truth: some point of a fine grid over the square lies in the other region. */
  @Test
  void regionsOverlapWhereTheyShareAPoint() {
    SplittableRandom random = new SplittableRandom(2);
    int meeting = 0;
    for (int i = 0; i < 400; i++) {
      double ra = 6 * random.nextDouble() - 3;
      double dec = 6 * random.nextDouble() - 3;
      double size = 0.05 + 2 * random.nextDouble();
      List<SkyRegion> regions =
          List.of(
              new SkyCircle(new SkyPoint(Gnomonic.normalizeRa(ra), dec), size),
              new SkyBox(
                  Gnomonic.normalizeRa(ra - size),
                  dec - size,
                  Gnomonic.normalizeRa(ra + size),
                  dec + size),
              SkyPolygon.of(
                  List.of(
                      new SkyPoint(Gnomonic.normalizeRa(ra - size), dec),
                      new SkyPoint(Gnomonic.normalizeRa(ra + size), dec - size),
                      new SkyPoint(Gnomonic.normalizeRa(ra), dec + size))));
      for (SkyRegion region : regions) {
        boolean shared = sharesGridPoint(region, 0.98);
        if (shared || !sharesGridPoint(region, 1.02)) {
          assertThat(region.overlaps(SQUARE)).as(region.toString()).isEqualTo(shared);
        }
        meeting += shared ? 1 : 0;
      }
    }
    assertThat(meeting).isBetween(200, 1_000);
  }

  private static boolean sharesGridPoint(SkyRegion region, double half) {
    for (int i = 0; i <= 200; i++) {
      for (int k = 0; k <= 200; k++) {
        if (region.contains(Gnomonic.normalizeRa(half * (i / 100.0 - 1)), half * (k / 100.0 - 1))) {
          return true;
        }
      }
    }
    return false;
  }

  @Test
  void aTractCoversItsCentreAndItsNeighboursEdge() {
    RingsSkyMap map = RingsSkyMap.defaults();
    Tract tract = map.tract(9813);
    SkyPolygon outline = SkyPolygon.ofPixels(tract, tract.box());
    assertThat(outline.contains(tract.center().raDeg(), tract.center().decDeg())).isTrue();
    Tract next = map.tract(9814);
    assertThat(outline.overlaps(SkyPolygon.ofPixels(next, next.box()))).isTrue();
    Tract far = map.tract(9820);
    assertThat(outline.overlaps(SkyPolygon.ofPixels(far, far.box()))).isFalse();
  }
}
