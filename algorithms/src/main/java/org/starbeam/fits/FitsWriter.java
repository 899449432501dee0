package org.starbeam.fits;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Map;
import nom.tam.fits.utilities.FitsCheckSum;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;

/**
 * Writes a FITS file HDU by HDU under a temporary name beside its target; {@link #commit} gives it
 * its name, {@link #close} without commit leaves nothing. The same content gives the same bytes: no
 * clock, no host, checksums on every HDU.
 *
 * <p>Compressed images are standard tile-compressed images that astropy, DS9 and fpack read: square
 * tiles, so that a cut-out reads little. Floats on disk are finite; it is the caller who turns
 * pixels without a value into 0 ({@link ImageFile} does).
 */
public final class FitsWriter implements Closeable {
  /**
   * How floats are quantised: one step for the whole image, zero point 0, subtractive dither; no
   * dither for seed 0, which gives back exactly values that are whole multiples of the step.
   *
   * @param step difference of neighbouring levels, in units of the image
   * @param seed ZDITHER0, 1 to 10000, or 0
   * @param keepPositive values above 0 stay above 0 (variances)
   */
  public record Quantiser(double step, int seed, boolean keepPositive) {
    public Quantiser {
      if (!(step > 0) || !Double.isFinite(step) || seed < 0 || seed > Dither.LENGTH) {
        throw new IllegalArgumentException("step " + step + ", seed " + seed);
      }
    }
  }

  private final @Nullable Path target;
  private final @Nullable Path temporary;
  private final OutputStream out;
  private boolean first = true;
  private boolean committed;

  private FitsWriter(@Nullable Path target, @Nullable Path temporary, OutputStream out) {
    this.target = target;
    this.temporary = temporary;
    this.out = out;
  }

  public static FitsWriter create(Path path) {
    Path target = path.toAbsolutePath();
    try {
      Files.createDirectories(target.getParent());
      Path temporary =
          Files.createTempFile(target.getParent(), "." + target.getFileName() + ".", ".part");
      OutputStream out = new BufferedOutputStream(Files.newOutputStream(temporary), 1 << 16);
      return new FitsWriter(target, temporary, out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes to a stream, which stays open. */
  public static FitsWriter to(OutputStream out) {
    return new FitsWriter(null, null, out);
  }

  /** The primary HDU without data; every file begins with it. */
  public FitsWriter primary(Map<String, ?> cards) {
    HeaderFormat header = new HeaderFormat();
    header.add("SIMPLE", true, "conforms to FITS standard 4.0");
    header.add("BITPIX", 8).add("NAXIS", 0).add("EXTEND", true);
    CardOrder.of(cards).forEach(header::add);
    write(header, new byte[0]);
    return this;
  }

  /** The primary HDU as an uncompressed float32 image; pixels without a value are NaN. */
  public FitsWriter primaryImage(ImageF image, Map<String, ?> cards) {
    HeaderFormat header = new HeaderFormat();
    header.add("SIMPLE", true, "conforms to FITS standard 4.0");
    header.add("BITPIX", -32).add("NAXIS", 2);
    header.add("NAXIS1", image.width()).add("NAXIS2", image.height());
    CardOrder.of(cards).forEach(header::add);
    write(header, floats(image));
    return this;
  }

  /** An uncompressed float32 image extension. */
  public FitsWriter image(String name, ImageF image, Map<String, ?> cards) {
    write(imageHeader(name, -32, image.width(), image.height(), cards), floats(image));
    return this;
  }

  private static byte[] floats(ImageF image) {
    ByteBuffer data = ByteBuffer.allocate(Math.multiplyExact(4, image.box().area()));
    var floats = data.asFloatBuffer();
    for (int row = 0; row < image.height(); row++) {
      floats.put(image.data, image.offset + row * image.stride, image.width());
    }
    return data.array();
  }

  /** A float image quantised and compressed with RICE_1. */
  public FitsWriter quantised(
      String name, ImageF image, Map<String, ?> cards, Quantiser quantiser) {
    TileWriter.Packed packed =
        new TileWriter(image.width(), image.height()).floats(image, quantiser);
    write(
        TileWriter.header(name, -32, image.box(), CardOrder.of(cards), packed, quantiser),
        packed.data());
    return this;
  }

  /** A mask as int32, lossless RICE_1, with its {@code MP_} cards. */
  public FitsWriter mask(
      String name, MaskI mask, Map<String, Integer> planes, Map<String, ?> cards) {
    Map<String, Object> all = new java.util.LinkedHashMap<>();
    CardOrder.of(planes).forEach((plane, bit) -> all.put("MP_" + plane, bit));
    all.putAll(CardOrder.of(cards));
    TileWriter.Packed packed = new TileWriter(mask.width(), mask.height()).mask(mask);
    write(TileWriter.header(name, 32, mask.box(), all, packed, null), packed.data());
    return this;
  }

  /**
   * Unsigned 16-bit pixels (BZERO 32768) row by row, lossless.
   *
   * @param compressed RICE_1 tiles, else plain
   */
  public FitsWriter unsignedShorts(
      String name,
      int width,
      int height,
      short[] pixels,
      Map<String, ?> cards,
      boolean compressed) {
    if (pixels.length != Math.multiplyExact(width, height)) {
      throw new IllegalArgumentException(pixels.length + " pixels for " + width + " x " + height);
    }
    Map<String, Object> all = new java.util.LinkedHashMap<>();
    all.put("BSCALE", 1);
    all.put("BZERO", 32768);
    all.putAll(CardOrder.of(cards));
    if (compressed) {
      TileWriter.Packed packed = new TileWriter(width, height).shorts(pixels);
      var box = new org.starbeam.image.Box(0, 0, width, height);
      write(TileWriter.header(name, 16, box, all, packed, null), packed.data());
      return this;
    }
    ByteBuffer data = ByteBuffer.allocate(Math.multiplyExact(2, pixels.length));
    for (short pixel : pixels) {
      data.putShort((short) (pixel - 32768));
    }
    write(imageHeader(name, 16, width, height, all), data.array());
    return this;
  }

  public FitsWriter table(FitsTable table) {
    HeaderFormat header = new HeaderFormat();
    BinaryTable.addStructure(header, table);
    write(header, BinaryTable.data(table));
    return this;
  }

  /** Ends the file and gives it its name. */
  public void commit() {
    try {
      if (temporary == null || target == null) {
        out.flush();
      } else {
        out.close();
        Files.move(
            temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      }
      committed = true;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    if (committed || temporary == null) {
      return;
    }
    try {
      out.close();
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static HeaderFormat imageHeader(
      String name, int bitpix, int width, int height, Map<String, ?> cards) {
    HeaderFormat header = new HeaderFormat();
    header.add("XTENSION", "IMAGE").add("BITPIX", bitpix).add("NAXIS", 2);
    header.add("NAXIS1", width).add("NAXIS2", height).add("PCOUNT", 0).add("GCOUNT", 1);
    header.add("EXTNAME", name);
    CardOrder.of(cards).forEach(header::add);
    return header;
  }

  private void write(HeaderFormat header, byte[] data) {
    if (first == header.isExtension()) {
      throw new IllegalStateException("the primary HDU comes first and once");
    }
    first = false;
    byte[] padded =
        Arrays.copyOf(
            data, (data.length + FitsReader.BLOCK - 1) / FitsReader.BLOCK * FitsReader.BLOCK);
    long dataSum = FitsCheckSum.checksum(padded);
    header.add("DATASUM", Long.toString(dataSum));
    header.add("CHECKSUM", "0000000000000000");
    byte[] head = header.toBytes();
    long total = FitsCheckSum.sumOf(FitsCheckSum.checksum(head), dataSum);
    byte[] code =
        FitsCheckSum.encode(total, true).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    System.arraycopy(code, 0, head, header.checksumAt(), 16);
    try {
      out.write(head);
      out.write(padded);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
