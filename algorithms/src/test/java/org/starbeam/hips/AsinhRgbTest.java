package org.starbeam.hips;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import org.starbeam.testing.Shared;

class AsinhRgbTest {
  @Test
  void givesTheBytesOfAstropysLuptonMapping() {
    for (JsonNode c : Shared.vector("asinh-rgb").get("cases")) {
      AsinhRgb rgb =
          new AsinhRgb(
              new AsinhRgb.Config(
                  c.get("minimum").asDouble(), c.get("stretch").asDouble(), c.get("Q").asDouble()));
      double[] in = Shared.numbers(c.get("in_rgb"));
      double[] out = Shared.numbers(c.get("out_rgb"));
      int color = rgb.color(in[0], in[1], in[2]);
      assertThat(new double[] {color >> 16, (color >> 8) & 255, color & 255})
          .as(c.toString())
          .containsExactly(out);
    }
  }

  @Test
  void aMissingBandIsBlackNotAFailure() {
    assertThat(new AsinhRgb(new AsinhRgb.Config(0, 5, 8)).color(Double.NaN, 1, 1) >> 16).isZero();
  }
}
