package org.starbeam.sky;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.starbeam.testing.Shared;

class HealpixTest {
  @Test
  void directionsFallIntoHealpysPixels() {
    for (JsonNode c : Shared.vector("healpix").get("ang2pix")) {
      Iterator<Map.Entry<String, JsonNode>> orders = c.get("order").fields();
      while (orders.hasNext()) {
        Map.Entry<String, JsonNode> e = orders.next();
        Healpix grid = new Healpix(Integer.parseInt(e.getKey()));
        assertThat(grid.pixel(c.get("lon").asDouble(), c.get("lat").asDouble()))
            .as(c.get("lon") + " " + c.get("lat") + " order " + e.getKey())
            .isEqualTo(e.getValue().asLong());
      }
    }
  }

  @Test
  void centersAndCornersAgreeWithHealpy() {
    for (JsonNode c : Shared.vector("healpix").get("pix2ang")) {
      Healpix grid = new Healpix(c.get("order").asInt());
      SkyPoint center = grid.center(c.get("pix").asLong());
      assertSame(center, c.get("lon").asDouble(), c.get("lat").asDouble());
      SkyPoint[] corners = grid.corners(c.get("pix").asLong());
      JsonNode expected = c.get("corners_NWSE");
      for (int i = 0; expected != null && i < 4; i++) {
        assertSame(
            corners[i], expected.get(i).get(0).asDouble(), expected.get(i).get(1).asDouble());
      }
    }
  }

  private static void assertSame(SkyPoint point, double lon, double lat) {
    assertThat(Angles.separationArcsec(point.raDeg(), point.decDeg(), lon, lat) / 3600)
        .isCloseTo(0, within(1e-9));
  }

  @Test
  void neighboursAgreeWithHealpy() {
    for (JsonNode c : Shared.vector("healpix").get("neighbours")) {
      long[] found = new Healpix(c.get("order").asInt()).neighbours(c.get("pix").asLong());
      for (int i = 0; i < 8; i++) {
        assertThat(found[i])
            .as(c.toString())
            .isEqualTo(c.get("SW_W_NW_N_NE_E_SE_S").get(i).asLong());
      }
    }
  }

  @Test
  void coneHoldsThePixelOfEveryPointInside() {
    Healpix grid = new Healpix(9);
    List<Long> pixels = grid.cone(11.09, -30.5, 0.2);
    for (int i = 0; i < 500; i++) {
      double angle = i * 0.37;
      double radius = 0.2 * (i / 500.0);
      double ra = 11.09 + radius * Math.cos(angle) / Math.cos(Math.toRadians(-30.5)) * 0.999;
      assertThat(pixels).contains(grid.pixel(ra, -30.5 + radius * Math.sin(angle) * 0.999));
    }
    assertThat(pixels.size()).isLessThan(60);
  }
}
