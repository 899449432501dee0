package org.starbeam.sky;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;
import org.starbeam.testing.Shared;

class RingsSkyMapTest {
  private final RingsSkyMap map = RingsSkyMap.defaults();

  @Test
  void ringsHoldTheCountsOfTheReference() {
    JsonNode v = Shared.vector("skymap-rings");
    assertThat(map.tractCount()).isEqualTo(v.get("numTracts").asInt());
    for (int ring = 0; ring < 120; ring++) {
      assertThat(map.tractsInRing(ring)).isEqualTo(v.get("ringTractCounts").get(ring).asInt());
    }
    assertThat(map.tract(5).box().width()).isEqualTo(v.get("tractSizePx").asInt());
    assertThat(map.tract(5).wcs().referencePixel()[0]).isEqualTo(v.get("crpix0").asDouble());
  }

  @Test
  void tractCentersAndCornersAgree() {
    for (JsonNode t : Shared.vector("skymap-rings").get("tracts")) {
      Tract tract = map.tract(t.get("tract").asInt());
      double[] center = Shared.numbers(t.get("centerDeg"));
      assertThat(tract.center().raDeg()).isCloseTo(center[0], within(1e-9));
      assertThat(tract.center().decDeg()).isCloseTo(center[1], within(1e-9));
    }
  }

  @Test
  void positionsFallIntoTheirTractPatchAndCell() {
    for (JsonNode p : Shared.vector("skymap-rings").get("positions")) {
      double[] position = Shared.numbers(p.get("raDec"));
      int id = map.tractOf(position[0], position[1]);
      assertThat(id).as(p.toString()).isEqualTo(p.get("tract").asInt());
      Tract tract = map.tract(id);
      double[] pixel = tract.wcs().toPixel(position[0], position[1]);
      double[] expected = Shared.numbers(p.get("pix"));
      assertThat(pixel[0]).as(p.toString()).isCloseTo(expected[0], within(1e-6));
      assertThat(pixel[1]).as(p.toString()).isCloseTo(expected[1], within(1e-6));
      int x = (int) Math.floor(pixel[0] + 0.5);
      int y = (int) Math.floor(pixel[1] + 0.5);
      assertThat(tract.patchOf(x, y)).isEqualTo(p.get("patch").asInt());
      assertThat(tract.cellOf(x)).isEqualTo(p.get("tractCell").get(0).asInt());
      assertThat(tract.cellOf(y)).isEqualTo(p.get("tractCell").get(1).asInt());
    }
  }

  @Test
  void overlapsHoldAllTractsOfTheReference() {
    for (JsonNode p : Shared.vector("skymap-rings").get("allTractsContaining")) {
      double[] position = Shared.numbers(p.get("raDec"));
      int[] expected = new int[p.get("tracts").size()];
      for (int i = 0; i < expected.length; i++) {
        expected[i] = p.get("tracts").get(i).asInt();
      }
      assertThat(map.tractsContaining(position[0], position[1]).stream().mapToInt(i -> i).toArray())
          .containsExactly(expected);
    }
  }

  @Test
  void borderCellOfOnePatchIsTheInnerCellOfItsNeighbour() {
    Tract tract = map.tract(4612);
    Box here = tract.cellsOfPatch(tract.patch(3, 4));
    Box there = tract.cellsOfPatch(tract.patch(4, 4));
    assertThat(here.intersect(there).width()).isEqualTo(2);
    assertThat(tract.patchOuterBox(tract.patch(0, 0)).x0()).isEqualTo(-200);
    assertThat(tract.cellOuterBox(-1, -1)).isEqualTo(new Box(-200, -200, 250, 250));
  }

  @Test
  void everyCellBelongsToOneBlock() {
    Tract tract = map.tract(4612);
    int cells = 0;
    for (int block = 0; block < tract.blocksPerAxis() * tract.blocksPerAxis(); block++) {
      cells += tract.cellsOfBlock(block).area();
    }
    int side = tract.cellMax() - tract.cellMin() + 1;
    assertThat(cells).isEqualTo(side * side);
  }

  @Test
  void nanAndImpossibleDeclinationsHaveNoTract() {
    assertThat(map.tractOf(Double.NaN, 0)).isEqualTo(-1);
    assertThat(map.tractOf(0, 90.1)).isEqualTo(-1);
  }
}
