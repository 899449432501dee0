package org.starbeam.pipelines.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.starbeam.pipelines.plan.CostModel.Line;

/** Truth: the line that the samples were drawn about. */
class CostFitTest {

  @Test
  void mediansFindTheLineUnderALongTail() {
    SplittableRandom random = new SplittableRandom(1);
    double[] n = new double[2_000];
    double[] seconds = new double[n.length];
    for (int i = 0; i < n.length; i++) {
      n[i] = 1 + random.nextInt(60);
      double z =
          Math.sqrt(-2 * Math.log(1 - random.nextDouble()))
              * Math.cos(2 * Math.PI * random.nextDouble());
      seconds[i] = (3 + 0.5 * n[i]) * Math.exp(0.3 * z);
    }
    Line line = CostFit.line(n, seconds);
    assertThat(line.at(10)).isCloseTo(8, within(0.4));
    assertThat(line.at(60)).isCloseTo(33, within(1.5));
  }

  @Test
  void neitherCoefficientIsNegativeAndOneNIsProportional() {
    assertThat(CostFit.line(new double[] {1, 2, 3, 4}, new double[] {4, 3, 2, 1}))
        .isEqualTo(new Line(2.5, 0));
    Line through = CostFit.line(new double[] {1, 2, 3}, new double[] {0.5, 2, 3.5});
    assertThat(through.constant()).isZero();
    assertThat(CostFit.line(new double[] {16, 16}, new double[] {8, 8}))
        .isEqualTo(new Line(0, 0.5));
  }

  @Test
  void theShippedModelKnowsEveryTaskOfTheGraphThatComputes() {
    CostModel shipped = CostModel.shipped();
    assertThat(shipped.tasks()).containsKeys("singleFrame", "finalVisit", "cellCoadd", "diffim");
    assertThat(shipped.of("singleFrame").cpuSeconds().at(16_000)).isPositive();
    assertThat(CostModel.shipped().json()).isEqualTo(shipped.json());
  }
}
