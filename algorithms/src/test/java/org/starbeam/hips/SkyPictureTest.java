package org.starbeam.hips;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;
import org.starbeam.sky.Angles;
import org.starbeam.sky.SkyPoint;

class SkyPictureTest {
  /** Tiles of noise. */
  private static final SkyPicture.Tiles NOISE =
      tile -> {
        BufferedImage image = new BufferedImage(512, 512, BufferedImage.TYPE_INT_RGB);
        SplittableRandom random = new SplittableRandom(tile.pixel());
        for (int i = 0; i < HipsTile.AREA; i++) {
          image.setRGB(i % 512, i / 512, random.nextInt());
        }
        return image;
      };

  @Test
  void aPlaceIsThatOfItsDirectionEverywhereOnTheSky() {
    SplittableRandom random = new SplittableRandom(5);
    for (int k = 0; k < 200; k++) {
      SkyPoint center = new SkyPoint(random.nextDouble(360), random.nextDouble(-90, 90));
      SkyPicture picture = new SkyPicture(center, 3, 512);
      double[] at = {random.nextDouble(511), random.nextDouble(511)};
      SkyPoint p = picture.sky(at[0], at[1]);
      assertThat(picture.place(p.raDeg(), p.decDeg())).containsExactly(at, within(1e-6));
    }
  }

  @Test
  void widthAndDirectionsAreThoseOfThePicture() {
    SkyPicture picture = new SkyPicture(new SkyPoint(30, 0), 2, 100);
    assertThat(picture.place(30, 0)).containsExactly(new double[] {49.5, 49.5}, within(1e-9));
    assertThat(picture.place(31, 0)[0]).as("left edge").isCloseTo(-0.5, within(1e-9));
    assertThat(picture.place(30, 1)[1]).as("upper edge").isCloseTo(-0.5, within(1e-9));
  }

  @Test
  void partsAreCutOutOfTheWhole() throws IOException {
    SkyPicture picture = new SkyPicture(new SkyPoint(200, 33), 1, 300);
    BufferedImage whole = picture.draw(6, NOISE);
    BufferedImage part = picture.draw(6, NOISE, new Box(120, 40, 64, 32));
    assertThat(part).isNotNull();
    for (int y = 0; y < 32; y++) {
      for (int x = 0; x < 64; x++) {
        assertThat(part.getRGB(x, y)).isEqualTo(whole.getRGB(120 + x, 40 + y));
      }
    }
    assertThat(picture.draw(6, tile -> null, new Box(0, 0, 10, 10))).isNull();
  }

  @Test
  void aPyramidHasTheGivenPixelsAndHoldsItsField() throws IOException {
    SkyExtent field = new SkyExtent(new SkyPoint(12, -80), 0.3);
    double pixel = HipsTile.pixelDeg(11);
    SkyPyramid pyramid = new SkyPyramid(field, pixel);
    SkyPicture deepest = pyramid.picture(pyramid.depth());
    int middle = (SkyPyramid.TILE << pyramid.depth()) / 2;
    SkyPoint a = deepest.sky(middle, middle);
    SkyPoint b = deepest.sky(middle + 1, middle);
    double step = Angles.separationArcsec(a.raDeg(), a.decDeg(), b.raDeg(), b.decDeg());
    assertThat(step / 3600).isCloseTo(pixel, within(1e-5 * pixel));
    assertThat(pyramid.widthDeg()).isBetween(0.3, 0.6);
    List<SkyPyramid.Tile> seen = new ArrayList<>();
    List<List<SkyPyramid.Tile>> levels =
        pyramid.draw(
            (picture, above, part) ->
                part.x0() < middle >> above
                    ? new BufferedImage(256, 256, BufferedImage.TYPE_INT_RGB)
                    : null,
            100,
            (tile, image) -> seen.add(tile));
    assertThat(levels.stream().mapToInt(List::size)).startsWith(1, 2, 8, 32);
    assertThat(seen).doesNotHaveDuplicates().hasSizeLessThanOrEqualTo(100);
  }

  @Test
  void extentsOfAllPartsComeByTheirSize() {
    long[] large = {4 * 77L, 4 * 77L + 1, 4 * 77L + 2};
    long[] small = {4 * 4000L};
    long[] both = Arrays.copyOf(large, 4);
    both[3] = small[0];
    List<SkyExtent> all = SkyExtent.all(8, both);
    assertThat(all).containsExactly(SkyExtent.of(8, large), SkyExtent.of(8, small));
  }
}
