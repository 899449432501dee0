package org.starbeam.hips;

import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.WritableRaster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.Iterator;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageInputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.starbeam.failure.BadInputException;
import org.starbeam.image.ImageF;

/**
 * Pictures of pixels (specs/07 sections 3.2 and 3.3): gray with alpha as PNG, colours as PNG with
 * alpha and as JPEG on black. A pixel without a value is transparent. FITS rows count from the
 * bottom, lines of a picture from the top. The same pixels give the same bytes in one Java version.
 */
public final class TileRaster {
  private static final int OPAQUE = 0xff000000;
  private static final ColorModel GRAY_ALPHA =
      new ComponentColorModel(
          ColorSpace.getInstance(ColorSpace.CS_GRAY),
          true,
          false,
          Transparency.TRANSLUCENT,
          DataBuffer.TYPE_BYTE);

  /**
   * How pictures are packed.
   *
   * @param pngLevel 0 to 9: level of deflate; 4 is 12 % larger than 6 and twice as fast
   * @param jpegQuality 1 to 100
   */
  public record Config(int pngLevel, int jpegQuality) implements Serializable {
    public Config {
      if (pngLevel < 0 || pngLevel > 9 || jpegQuality < 1 || jpegQuality > 100) {
        throw new BadInputException(
            "CONFIG_VALUE",
            "pngLevel %d must be 0 to 9, jpegQuality %d 1 to 100".formatted(pngLevel, jpegQuality));
      }
    }

    public static Config defaults() {
      return new Config(4, 90);
    }
  }

  private final Config config;

  public TileRaster(Config config) {
    this.config = config;
  }

  /** A band as gray with alpha, dark where it is faint. */
  public static BufferedImage gray(ImageF image, AsinhRgb scale) {
    WritableRaster raster =
        GRAY_ALPHA.createCompatibleWritableRaster(image.width(), image.height());
    byte[] samples = new byte[2 * image.width()];
    for (int line = 0; line < image.height(); line++) {
      int at = image.offset + (image.height() - 1 - line) * image.stride;
      for (int i = 0; i < image.width(); i++) {
        float v = image.data[at + i];
        boolean valid = !Float.isNaN(v);
        samples[2 * i] = (byte) (valid ? scale.color(v, v, v) & 0xff : 0);
        samples[2 * i + 1] = (byte) (valid ? 0xff : 0);
      }
      raster.setDataElements(0, line, image.width(), 1, samples);
    }
    return new BufferedImage(GRAY_ALPHA, raster, false, null);
  }

  /**
   * A picture in colours and how many of its pixels lacked one or two bands.
   *
   * @param image ARGB, not premultiplied
   */
  public record Colored(BufferedImage image, long imputed) {}

  /**
   * Three bands as a picture.
   *
   * @param blueGreenRed images of equal size
   * @param weights factor of each band
   */
  public static Colored color(ImageF[] blueGreenRed, double[] weights, AsinhRgb scale) {
    int width = blueGreenRed[0].width();
    int height = blueGreenRed[0].height();
    BufferedImage out = new BufferedImage(width, height, BufferedImage.TYPE_INT_ARGB);
    int[] colors = new int[width];
    double[] bgr = new double[3];
    long imputed = 0;
    for (int line = 0; line < height; line++) {
      for (int i = 0; i < width; i++) {
        for (int k = 0; k < 3; k++) {
          ImageF band = blueGreenRed[k];
          bgr[k] = weights[k] * band.data[band.offset + (height - 1 - line) * band.stride + i];
        }
        int valid = ThreeBands.impute(bgr);
        imputed += valid == 1 || valid == 2 ? 1 : 0;
        colors[i] = valid == 0 ? 0 : OPAQUE | scale.color(bgr[2], bgr[1], bgr[0]);
      }
      out.setRGB(0, line, width, 1, colors, 0, width);
    }
    return new Colored(out, imputed);
  }

  /** A picture as a PNG file. */
  public byte[] png(BufferedImage image) {
    return packed(image, "png", 1 - config.pngLevel() / 9f);
  }

  /** A picture as a JPEG file, black where it is transparent. */
  public byte[] jpeg(BufferedImage image) {
    BufferedImage opaque =
        new BufferedImage(image.getWidth(), image.getHeight(), BufferedImage.TYPE_INT_RGB);
    int[] line = new int[image.getWidth()];
    for (int y = 0; y < image.getHeight(); y++) {
      image.getRGB(0, y, line.length, 1, line, 0, line.length);
      for (int i = 0; i < line.length; i++) {
        line[i] = line[i] >>> 24 == 0 ? 0 : line[i];
      }
      opaque.setRGB(0, y, line.length, 1, line, 0, line.length);
    }
    return packed(opaque, "jpeg", config.jpegQuality() / 100f);
  }

  private static byte[] packed(BufferedImage image, String format, float quality) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(1 << 18);
    Iterator<ImageWriter> writers = ImageIO.getImageWritersByFormatName(format);
    if (!writers.hasNext()) {
      throw new IllegalStateException("this Java has no writer of " + format);
    }
    ImageWriter writer = writers.next();
    try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
      ImageWriteParam parameters = writer.getDefaultWriteParam();
      parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      parameters.setCompressionQuality(quality);
      writer.setOutput(stream);
      writer.write(null, new IIOImage(image, null, null), parameters);
    } catch (IOException e) {
      throw new UncheckedIOException("a picture in memory", e);
    } finally {
      writer.dispose();
    }
    return out.toByteArray();
  }

  /**
   * Reads a picture.
   *
   * @throws BadInputException {@code BAD_TILE} when it is none
   */
  public static BufferedImage read(String name, byte[] file) {
    try {
      BufferedImage image =
          ImageIO.read(new MemoryCacheImageInputStream(new ByteArrayInputStream(file)));
      if (image != null) {
        return image;
      }
    } catch (IOException e) {
      throw new BadInputException("BAD_TILE", name + ": " + e.getMessage(), e);
    }
    throw new BadInputException("BAD_TILE", name + " is no picture");
  }
}
