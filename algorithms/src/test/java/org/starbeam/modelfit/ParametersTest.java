package org.starbeam.modelfit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ParametersTest {
  private static final double STEP = 1e-6;

  private static final SourceModel MODEL =
      SourceModel.sersic(10, 12, new EllipseShape(1.7, 0.6, -0.35), 2.3);

  private final Parameters parameters = new Parameters(List.of(MODEL), List.of(MODEL), 5, 50);

  @Test
  void bendIsTheDerivativeOfTheChainAlongEachParameter() {
    double[] theta = parameters.start();
    Map<String, Double> bend = new TreeMap<>();
    parameters.bend(
        0,
        2,
        MODEL.components().get(0),
        (parameter, plane, factor) -> bend.put(parameter + " " + plane, factor));
    assertThat(bend).hasSize(6);
    bend.forEach(
        (name, found) -> {
          int parameter = Integer.parseInt(name.substring(0, 1));
          double above = chain(theta, parameter, STEP).get(name);
          double below = chain(theta, parameter, -STEP).get(name);
          assertThat(found).as(name).isCloseTo((above - below) / (2 * STEP), within(1e-7));
        });
  }

  private Map<String, Double> chain(double[] theta, int parameter, double step) {
    double[] moved = theta.clone();
    moved[parameter] += step;
    Map<String, Double> out = new TreeMap<>();
    parameters.chain(
        0,
        2,
        parameters.models(moved).get(0).components().get(0),
        (of, plane, factor) -> out.put(of + " " + plane, factor));
    return out;
  }
}
