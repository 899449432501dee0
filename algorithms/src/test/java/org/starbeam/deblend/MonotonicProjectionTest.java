package org.starbeam.deblend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;
import org.starbeam.testing.Shared;

class MonotonicProjectionTest {
  private static float[] pixels(JsonNode rows) {
    float[] out = new float[rows.size() * rows.get(0).size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) rows.get(i / rows.get(0).size()).get(i % rows.get(0).size()).doubleValue();
    }
    return out;
  }

  @Test
  void projectionsAndMasksAreThoseOfTheVector() {
    JsonNode cases = Shared.vector("objects-monotonic").get("cases");
    assertThat(cases).hasSize(6);
    for (JsonNode c : cases) {
      float[] image = pixels(c.get("image"));
      int width = c.get("image").get(0).size();
      int height = c.get("image").size();
      int cy = c.get("center_yx").get(0).intValue();
      int cx = c.get("center_yx").get(1).intValue();
      int centre = MorphologyConstraint.brightest(image, width, height, cx, cy);
      assertThat(centre / width).isEqualTo(c.get("used_center_yx").get(0).intValue());
      assertThat(centre % width).isEqualTo(c.get("used_center_yx").get(1).intValue());
      boolean[] mask =
          SymmetricTemplate.monotoneMask(image, new Box(0, 0, width, height), cx, cy, 0);
      float[] expectedMask = pixels(c.get("mask_monotonic"));
      for (int i = 0; i < mask.length; i++) {
        assertThat(mask[i]).as(c.get("name").textValue() + " " + i).isEqualTo(expectedMask[i] > 0);
      }
      MonotonicProjection.reaching(9).apply(image, width, height, centre % width, centre / width);
      float[] expected = pixels(c.get("weighted_projection"));
      for (int i = 0; i < image.length; i++) {
        assertThat((double) image[i])
            .as(c.get("name").textValue() + " " + i)
            .isCloseTo(expected[i], within(1e-6 * Math.max(1, Math.abs(expected[i]))));
      }
    }
  }

  @Test
  void aSecondPassChangesNothing() {
    Random random = new Random(3);
    int width = 63;
    int height = 250;
    float[] image = new float[width * height];
    for (int i = 0; i < image.length; i++) {
      image[i] = random.nextFloat();
    }
    MonotonicProjection projection = MonotonicProjection.reaching(220);
    projection.apply(image, width, height, 50, 40);
    float[] once = image.clone();
    projection.apply(image, width, height, 50, 40);
    assertThat(image).isEqualTo(once);
  }
}
