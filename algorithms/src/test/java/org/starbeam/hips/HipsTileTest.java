package org.starbeam.hips;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.starbeam.sky.Angles;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.SkyPoint;
import org.starbeam.testing.Shared;

/** Geometry of tiles against healpy and astropy's HPX (hips-tiles.json). */
class HipsTileTest {
  private static final JsonNode VECTOR = Shared.vector("hips-tiles");

  @Test
  void headersAreThoseOfTheIvoaExampleAndOfHealpy() {
    for (JsonNode c : VECTOR.get("headers")) {
      Map<String, Object> header =
          new HipsTile(c.get("order").asInt(), c.get("pix").asLong()).header();
      for (String key : new String[] {"CRPIX1", "CRPIX2", "CD1_1", "CD1_2", "CD2_1", "CD2_2"}) {
        double expected = c.get(key).asDouble();
        assertThat((double) header.get(key))
            .as(key + " of " + c)
            .isCloseTo(expected, within(1e-12 * Math.abs(expected)));
      }
    }
  }

  @Test
  void pixelsHaveHealpysIndexAndDirection() {
    for (JsonNode c : VECTOR.get("pixels")) {
      HipsTile tile = new HipsTile(c.get("order").asInt(), c.get("tile").asLong());
      int column = c.get("col").asInt();
      int row = c.get("row_from_bottom").asInt();
      assertThat(tile.healpix(column, row)).isEqualTo(c.get("healpix").asLong());
      assertNear(tile.center(column, row), c.get("lon").asDouble(), c.get("lat").asDouble());
    }
  }

  @Test
  void thePlaceOfAPixelIsItsCentre() {
    for (JsonNode c : VECTOR.get("pixels")) {
      HipsTile tile = new HipsTile(c.get("order").asInt(), c.get("tile").asLong());
      double x = (511 - c.get("row_from_bottom").asInt() + 0.5) / 512;
      double y = (c.get("col").asInt() + 0.5) / 512;
      assertNear(tile.place(x, y), c.get("lon").asDouble(), c.get("lat").asDouble());
    }
  }

  private static void assertNear(SkyPoint p, double lon, double lat) {
    assertThat(Angles.separationArcsec(p.raDeg(), p.decDeg(), lon, lat) / 3600).isLessThan(1e-9);
  }

  @Test
  void directoriesHoldTenThousandTiles() {
    for (JsonNode path : VECTOR.get("dirs")) {
      String[] parts = path.asText().split("[^0-9]+");
      HipsTile tile = new HipsTile(Integer.parseInt(parts[1]), Long.parseLong(parts[3]));
      assertThat(tile.path("fits")).isEqualTo(path.asText());
    }
  }

  @Test
  void skyToTileToSkyIsExactInIndex() {
    SplittableRandom random = new SplittableRandom(7);
    Healpix grid = new Healpix(20);
    for (int i = 0; i < 1_000_000; i++) {
      double ra = random.nextDouble(360);
      double dec = Math.toDegrees(Math.asin(random.nextDouble(-1, 1)));
      long pixel = grid.pixel(ra, dec);
      HipsTile tile = new HipsTile(11, pixel >> 18);
      long within = pixel & ((1 << 18) - 1);
      int row = 511 - (int) Healpix.column(within);
      int column = (int) Healpix.column(within >> 1);
      assertThat(tile.healpix(column, row)).isEqualTo(pixel);
      SkyPoint center = tile.center(column, row);
      assertThat(grid.pixel(center.raDeg(), center.decDeg())).isEqualTo(pixel);
    }
  }

  @Test
  void theDepthForRubinPixelsIsOrder11() {
    assertThat(HipsTile.orderFor(0.2, 1.05)).isEqualTo(11);
    assertThat(HipsTile.orderFor(0.168, 1.05)).isEqualTo(12);
    assertThat(HipsTile.pixelDeg(11) * 3600).isCloseTo(0.2013, within(1e-4));
  }

  @Test
  void childrenReadFromTheTopLeftDownAsTheStandardDrawsThem() {
    TileSum parent = new TileSum();
    for (int child = 0; child < 4; child++) {
      float[] pixels = new float[HipsTile.AREA];
      java.util.Arrays.fill(pixels, child);
      parent.addChild(child, TileSum.of(pixels, 60_000));
    }
    float[] mean = parent.mean();
    int last = HipsTile.WIDTH - 1;
    assertThat(mean[last * HipsTile.WIDTH]).as("top left").isEqualTo(0f);
    assertThat(mean[0]).as("bottom left").isEqualTo(1f);
    assertThat(mean[last * HipsTile.WIDTH + last]).as("top right").isEqualTo(2f);
    assertThat(mean[last]).as("bottom right").isEqualTo(3f);
  }
}
