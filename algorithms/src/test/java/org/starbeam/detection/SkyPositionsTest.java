package org.starbeam.detection;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;

class SkyPositionsTest {
  private static final int RADIUS = 8;
  private static final int AVOID = MaskPlanes.DETECTED | MaskPlanes.NO_DATA;
  private static final Box BOX = new Box(4000, -300, 1000, 900);

  /** Discs of sources and a strip without data. */
  private static MaskI sky(int sources) {
    MaskI mask = new MaskI(BOX);
    Random random = new Random(2);
    for (int k = 0; k < sources; k++) {
      int r = 5 + random.nextInt(15);
      Box disc =
          Box.around(
                  BOX.x0() + random.nextInt(BOX.width()),
                  BOX.y0() + random.nextInt(BOX.height()),
                  r)
              .intersect(BOX);
      fill(mask, disc, MaskPlanes.DETECTED);
    }
    fill(mask, new Box(BOX.x0(), BOX.y0(), 60, BOX.height()), MaskPlanes.NO_DATA);
    fill(mask, new Box(4500, 0, 300, 300), MaskPlanes.BAD);
    return mask;
  }

  private static void fill(MaskI mask, Box box, int plane) {
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        mask.data[mask.index(x, y)] |= plane;
      }
    }
  }

  private static boolean isFree(MaskI mask, int[] place) {
    Box box = Box.around(place[0], place[1], RADIUS);
    boolean free = mask.box().contains(box);
    for (int y = box.y0(); free && y < box.y1(); y++) {
      for (int x = box.x0(); free && x < box.x1(); x++) {
        free = (mask.get(x, y) & AVOID) == 0;
      }
    }
    return free;
  }

  @Test
  void placesAreFreeOfWhatIsAvoidedAndOfNothingElse() {
    MaskI mask = sky(250);
    List<int[]> places = SkyPositions.find(mask, AVOID, 100, RADIUS, 41);
    assertThat(places).hasSize(100).allMatch(p -> isFree(mask, p));
    assertThat(places).anyMatch(p -> (mask.get(p[0], p[1]) & MaskPlanes.BAD) != 0);
    assertThat(places.stream().map(p -> p[0] + " " + p[1]).distinct()).hasSize(100);
  }

  /** Quarters of an empty sky have 25 each to within 3; random places would scatter by 4.3. */
  @Test
  void placesAreSpreadEvenly() {
    for (long seed = 0; seed < 20; seed++) {
      int[] quarters = new int[4];
      for (int[] p : SkyPositions.find(new MaskI(BOX), AVOID, 100, RADIUS, seed)) {
        quarters[(p[0] < 4500 ? 0 : 1) + (p[1] < 150 ? 0 : 2)]++;
      }
      for (int n : quarters) {
        assertThat(n).as("seed %d", seed).isBetween(22, 28);
      }
    }
  }

  @Test
  void theSeedDecides() {
    MaskI mask = sky(250);
    List<int[]> places = SkyPositions.find(mask, AVOID, 100, RADIUS, 41);
    assertThat(SkyPositions.find(sky(250), AVOID, 100, RADIUS, 41))
        .containsExactlyElementsOf(places);
    assertThat(SkyPositions.find(mask, AVOID, 100, RADIUS, 42)).doesNotContainAnyElementsOf(places);
  }

  @Test
  void aFullSkyGivesFewerOrNone() {
    MaskI full = sky(0);
    fill(full, BOX, MaskPlanes.DETECTED);
    assertThat(SkyPositions.find(full, AVOID, 100, RADIUS, 1)).isEmpty();
    Box hole = new Box(4300, 200, 40, 40);
    for (int y = hole.y0(); y < hole.y1(); y++) {
      for (int x = hole.x0(); x < hole.x1(); x++) {
        full.set(x, y, 0);
      }
    }
    List<int[]> few = SkyPositions.find(full, AVOID, 100, RADIUS, 1);
    assertThat(few).hasSizeLessThan(100).allMatch(p -> isFree(full, p));
    assertThat(SkyPositions.find(new MaskI(new Box(0, 0, 12, 12)), AVOID, 100, RADIUS, 1))
        .isEmpty();
  }
}
