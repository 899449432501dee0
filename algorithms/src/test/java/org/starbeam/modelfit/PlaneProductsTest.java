package org.starbeam.modelfit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;

/** Sums of products of planes that are 0 outside a part of the box, beside sums over all pixels. */
class PlaneProductsTest {
  private static final Box BOX = new Box(100, -40, 53, 38);
  private static final int PLANES = 11;

  @Test
  void sumsAreThoseOverAllPixelsAlsoWhenPlanesAndWeightsChange() {
    Random random = new Random(8);
    int n = BOX.area();
    double[] weight = random.doubles(n).map(w -> w < 0.3 ? 0 : w).toArray();
    double[] data = random.doubles(n, -1, 1).toArray();
    PlaneProducts products = new PlaneProducts(BOX, weight, PLANES);
    for (int round = 0; round < 3; round++) {
      double[][] planes = new double[PLANES][n];
      Box[] reached = new Box[PLANES];
      for (int k = 0; k < PLANES; k++) {
        reached[k] =
            new Box(random.nextInt(40), random.nextInt(30), random.nextInt(30), random.nextInt(20))
                .intersect(new Box(0, 0, BOX.width(), BOX.height()));
        for (int i = 0; i < reached[k].area(); i++) {
          int x = reached[k].x0() + i % reached[k].width();
          int y = reached[k].y0() + i / reached[k].width();
          planes[k][y * BOX.width() + x] = random.nextGaussian();
        }
      }
      PlaneProducts.Sums sums = products.update(planes, reached, data);
      for (int i = 0; i < PLANES; i++) {
        assertThat(sums.right()[i]).isCloseTo(sum(weight, planes[i], data), within(1e-12));
        for (int j = 0; j < PLANES; j++) {
          assertThat(sums.gram()[i][j]).isCloseTo(sum(weight, planes[i], planes[j]), within(1e-12));
        }
      }
    }
  }

  private static double sum(double[] weight, double[] a, double[] b) {
    double sum = 0;
    for (int p = 0; p < weight.length; p++) {
      sum += weight[p] * a[p] * b[p];
    }
    return sum;
  }
}
