package org.starbeam.pipelines.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.starbeam.hips.SkyPyramid;

class SkyTreeTest {
  private static final int SIZE = 4096;

  @Test
  void squaresHoldTheBrightestOfTheirSkyAndFainterOnesLieBelow() {
    SkyTree<double[]> tree = new SkyTree<>(SIZE, 10);
    SplittableRandom random = new SplittableRandom(3);
    for (int k = 0; k < 5000; k++) {
      double[] row = {SIZE * random.nextDouble(), SIZE * Math.pow(random.nextDouble(), 3), k};
      tree.add(row[0], row[1], row);
    }
    Map<SkyPyramid.Tile, List<double[]>> nodes = tree.nodes();
    assertThat(nodes.values().stream().mapToInt(List::size).sum()).isEqualTo(5000);
    nodes.forEach(
        (tile, rows) -> {
          double side = SIZE / Math.pow(2, tile.zoom());
          assertThat(rows).hasSizeLessThanOrEqualTo(10);
          for (double[] row : rows) {
            assertThat((int) (row[0] / side)).isEqualTo(tile.x());
            assertThat((int) (row[1] / side)).isEqualTo(tile.y());
          }
          if (tile.zoom() > 0) {
            List<double[]> above =
                nodes.get(new SkyPyramid.Tile(tile.zoom() - 1, tile.x() / 2, tile.y() / 2));
            assertThat(above).hasSize(10);
            assertThat(above.get(9)[2]).as("order").isLessThan(rows.get(0)[2]);
          }
        });
  }

  @Test
  void rowsAtOnePlaceFindRoomInTheEnd() {
    SkyTree<Integer> tree = new SkyTree<>(SIZE, 2);
    for (int k = 0; k < 100; k++) {
      tree.add(17, 4000.5, k);
    }
    assertThat(tree.nodes()).hasSize(SkyTree.DEEPEST + 1);
  }
}
