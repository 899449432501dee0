package org.starbeam.hips;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.starbeam.failure.BadInputException;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;

class TileRasterTest {
  private static final Box BOX = new Box(0, 0, 512, 512);
  private static final AsinhRgb SCALE = new AsinhRgb(new AsinhRgb.Config(0, 12, 8));

  private final TileRaster raster = new TileRaster(TileRaster.Config.defaults());

  private static ImageF constant(float value) {
    float[] data = new float[HipsTile.AREA];
    Arrays.fill(data, value);
    return ImageF.wrap(BOX, data);
  }

  @Test
  void grayIsTransparentJustWhereThereIsNoValueAndTurnedOver() {
    ImageF image = constant(Float.NaN);
    image.set(3, 0, 5f);
    image.set(4, 511, -5f);
    BufferedImage back = TileRaster.read("t", raster.png(TileRaster.gray(image, SCALE)));
    assertThat(back.getRGB(3, 511) >>> 24).isEqualTo(255);
    assertThat(back.getRaster().getSample(3, 511, 0)).isEqualTo(SCALE.color(5, 5, 5) & 255);
    assertThat(back.getRaster().getSample(4, 0, 0)).as("below the sky").isZero();
    assertThat(back.getRGB(4, 0) >>> 24).isEqualTo(255);
    assertThat(back.getRGB(4, 1) >>> 24).isZero();
  }

  @Test
  void aStarOfTheReferenceColourIsNeutral() {
    double[] weights = ThreeBands.weights(List.of("g", "r", "i"));
    float r = 30;
    float g = (float) (r * Math.pow(10, -0.4 * 0.45));
    float i = (float) (r * Math.pow(10, 0.4 * 0.12));
    ImageF[] bands = {constant(g), constant(r), constant(i)};
    int argb = TileRaster.color(bands, weights, SCALE).image().getRGB(9, 9);
    int red = argb >> 16 & 255;
    assertThat(argb >>> 24).isEqualTo(255);
    assertThat(Math.abs(red - (argb >> 8 & 255))).isLessThanOrEqualTo(1);
    assertThat(Math.abs(red - (argb & 255))).isLessThanOrEqualTo(1);
  }

  @Test
  void aMissingBandIsTheMeanOfTheOthersOneBandIsGrayNoneIsTransparent() {
    ImageF[] bands = {constant(10), constant(20), constant(30)};
    bands[2].set(0, 511, Float.NaN);
    bands[1].set(1, 511, Float.NaN);
    bands[2].set(1, 511, Float.NaN);
    for (ImageF band : bands) {
      band.set(2, 511, Float.NaN);
    }
    double[] ones = {1, 1, 1};
    TileRaster.Colored colored = TileRaster.color(bands, ones, SCALE);
    assertThat(colored.imputed()).isEqualTo(2);
    BufferedImage image = TileRaster.read("t", raster.png(colored.image()));
    assertThat(image.getRGB(0, 0) & 0xffffff).isEqualTo(SCALE.color(15, 20, 10));
    assertThat(image.getRGB(1, 0) & 0xffffff).isEqualTo(SCALE.color(10, 10, 10));
    assertThat(image.getRGB(2, 0) >>> 24).isZero();
    assertThat(image.getRGB(3, 0) & 0xffffff).isEqualTo(SCALE.color(30, 20, 10));
    BufferedImage jpeg = TileRaster.read("t", raster.jpeg(colored.image()));
    assertThat(jpeg.getColorModel().hasAlpha()).isFalse();
    assertThat(jpeg.getWidth()).isEqualTo(512);
  }

  /** A star that fills the pixels: half a tile of one colour over noise. */
  @Test
  void aColourIsTheSameAtEveryOrder() {
    SplittableRandom random = new SplittableRandom(5);
    float[][] level = {{12, 40, 90}, {0, 0, 0}};
    ImageF[] bands = new ImageF[3];
    ImageF[] above = new ImageF[3];
    for (int k = 0; k < 3; k++) {
      float[] data = new float[HipsTile.AREA];
      for (int i = 0; i < data.length; i++) {
        boolean star = i % 512 < 256;
        data[i] = star ? level[0][k] : (float) random.nextDouble(-1, 1);
      }
      bands[k] = ImageF.wrap(BOX, data);
      TileSum sum = new TileSum();
      for (int child = 0; child < 4; child++) {
        sum.addChild(child, TileSum.of(data, 0));
      }
      above[k] = ImageF.wrap(BOX, sum.mean());
    }
    double[] weights = ThreeBands.weights(List.of("g", "r", "i"));
    int deep = TileRaster.color(bands, weights, SCALE).image().getRGB(100, 100);
    int low = TileRaster.color(above, weights, SCALE).image().getRGB(50, 50);
    for (int shift = 0; shift < 24; shift += 8) {
      assertThat(Math.abs((deep >> shift & 255) - (low >> shift & 255))).isLessThanOrEqualTo(2);
    }
  }

  @Test
  void theSamePixelsGiveTheSameBytes() {
    BufferedImage gray = TileRaster.gray(constant(7), SCALE);
    assertThat(raster.png(gray)).isEqualTo(raster.png(gray));
    assertThat(raster.jpeg(gray)).isEqualTo(raster.jpeg(gray));
  }

  @Test
  void whatIsNoPictureIsRefusedByName() {
    assertThatThrownBy(() -> TileRaster.read("Npix3.png", new byte[] {1, 2, 3}))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("Npix3.png");
  }
}
