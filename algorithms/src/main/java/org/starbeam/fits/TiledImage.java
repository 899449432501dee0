package org.starbeam.fits;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import nom.tam.fits.compression.algorithm.hcompress.HCompressor.IntHCompressor;
import nom.tam.fits.compression.algorithm.hcompress.HCompressorOption;
import nom.tam.fits.compression.algorithm.plio.PLIOCompress.IntPLIOCompressor;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;
import org.starbeam.image.Box;

/**
 * Reads boxes of a tile-compressed image: only the tiles that the box touches are read and
 * unpacked. Source of the layout: FITS standard 4.0 section 10.
 *
 * <p>Quantised floats: value = (stored - random + 0.5) * ZSCALE + ZZERO with dither, stored *
 * ZSCALE + ZZERO without; ZBLANK is NaN. Scale, zero and blank may be columns or keywords.
 */
final class TiledImage {
  private static final int DITHER_2_ZERO = -2147483646;
  private static final int ZBLANK_DEFAULT = Integer.MIN_VALUE;

  private final ByteSource source;
  private final FitsHdu hdu;
  private final HeaderView header;
  private final byte[] rows;
  private final int rowBytes;
  private final long heapStart;
  private final List<BinaryTable.Column> columns;
  private final BinaryTable.@Nullable Column packed;
  private final BinaryTable.@Nullable Column gzipped;
  private final BinaryTable.@Nullable Column plain;
  private final String codec;
  private final int bitpix;
  private final int tileWidth;
  private final int tileHeight;
  private final int tilesAcross;
  private final int tilesUp;
  private final boolean quantised;
  private final int dither;
  private final int seed;
  private final PixelScale pixelScale;
  private final int[] ints;
  private final float[] floats;
  private byte[] heap = new byte[0];

  TiledImage(ByteSource source, FitsHdu hdu, FitsReader.Limits limits) {
    this.source = source;
    this.hdu = hdu;
    this.header = hdu.stored();
    this.bitpix = hdu.bitpix();
    this.rowBytes = header.integer("NAXIS1");
    int tiles = header.integer("NAXIS2");
    this.rows = source.read(hdu.dataOffset(), Math.toIntExact((long) rowBytes * tiles));
    this.heapStart = header.findInteger("THEAP").orElse((long) rowBytes * tiles);
    this.columns = BinaryTable.columns(header);
    this.packed = column("COMPRESSED_DATA");
    this.gzipped = column("GZIP_COMPRESSED_DATA");
    this.plain = column("UNCOMPRESSED_DATA");
    this.codec = header.string("ZCMPTYPE").toUpperCase(Locale.ROOT);
    this.tileWidth = tileSide(1, hdu.width());
    this.tileHeight = tileSide(2, 1);
    this.tilesAcross = (hdu.width() + tileWidth - 1) / tileWidth;
    this.tilesUp = (hdu.height() + tileHeight - 1) / tileHeight;
    if ((long) tilesAcross * tilesUp != tiles) {
      throw new BadInputException(
          "CORRUPT",
          hdu.where() + ": " + tiles + " rows for " + tilesAcross + " x " + tilesUp + " tiles");
    }
    boolean hasScale = column("ZSCALE") != null || header.has("ZSCALE");
    String quantiser = header.stringOr("ZQUANTIZ", "NO_DITHER").toUpperCase(Locale.ROOT);
    this.quantised = bitpix < 0 && hasScale;
    this.dither = quantiser.endsWith("DITHER_1") ? 1 : quantiser.endsWith("DITHER_2") ? 2 : 0;
    this.seed = Math.floorMod(header.integerOr("ZDITHER0", 1) - 1, Dither.LENGTH) + 1;
    this.pixelScale = PixelScale.of(hdu.header());
    long area = (long) tileWidth * tileHeight;
    if (area * 8 > limits.maxHduBytes()) {
      throw new BadInputException("TOO_LARGE", hdu.where() + ": tile of " + area + " pixels");
    }
    this.ints = new int[(int) area];
    this.floats = new float[bitpix < 0 ? (int) area : 0];
  }

  private int tileSide(int axis, int fallback) {
    int side = header.integerOr("ZTILE" + axis, fallback);
    int length = axis == 1 ? hdu.width() : hdu.height();
    if (side < 1) {
      throw new BadInputException("BAD_KEY", hdu.where() + ": ZTILE" + axis + " = " + side);
    }
    return Math.min(side, Math.max(1, length));
  }

  private BinaryTable.@Nullable Column column(String name) {
    for (BinaryTable.Column column : columns) {
      if (column.name().equalsIgnoreCase(name)) {
        return column;
      }
    }
    return null;
  }

  void readFloats(Box box, float[] out) {
    forEachTile(
        box,
        (tile, part, width, height) -> {
          boolean whole = unpack(tile, width, height);
          if (bitpix > 0) {
            copyScaled(box, part, out, tile, width);
            return;
          }
          if (whole) {
            dequantise(tile, width * height);
          }
          copy(box, part, floats, out, tile, width);
        });
  }

  void readInts(Box box, int[] out) {
    int zero = PlainImage.integerZero(hdu);
    forEachTile(
        box,
        (tile, part, width, height) -> {
          unpack(tile, width, height);
          int x0 = tile % tilesAcross * tileWidth;
          int y0 = tile / tilesAcross * tileHeight;
          for (int y = part.y0(); y < part.y1(); y++) {
            int from = (y - y0) * width + part.x0() - x0;
            int to = (y - box.y0()) * box.width() + part.x0() - box.x0();
            for (int i = 0; i < part.width(); i++) {
              out[to + i] = ints[from + i] + zero;
            }
          }
        });
  }

  private interface TileVisitor {
    void visit(int tile, Box part, int width, int height);
  }

  private void forEachTile(Box box, TileVisitor visitor) {
    if (box.isEmpty()) {
      return;
    }
    if (box.area() > 0.9 * ((double) hdu.width() * hdu.height())) {
      int length = Math.toIntExact(hdu.dataLength() - heapStart);
      heap = source.read(hdu.dataOffset() + heapStart, length);
    }
    for (int ty = box.y0() / tileHeight; ty <= (box.y1() - 1) / tileHeight; ty++) {
      for (int tx = box.x0() / tileWidth; tx <= (box.x1() - 1) / tileWidth; tx++) {
        int width = Math.min(tileWidth, hdu.width() - tx * tileWidth);
        int height = Math.min(tileHeight, hdu.height() - ty * tileHeight);
        Box tileBox = new Box(tx * tileWidth, ty * tileHeight, width, height);
        visitor.visit(ty * tilesAcross + tx, tileBox.intersect(box), width, height);
      }
    }
    heap = new byte[0];
  }

  private void copy(Box box, Box part, float[] from, float[] to, int tile, int width) {
    int x0 = tile % tilesAcross * tileWidth;
    int y0 = tile / tilesAcross * tileHeight;
    for (int y = part.y0(); y < part.y1(); y++) {
      System.arraycopy(
          from,
          (y - y0) * width + part.x0() - x0,
          to,
          (y - box.y0()) * box.width() + part.x0() - box.x0(),
          part.width());
    }
  }

  private void copyScaled(Box box, Box part, float[] out, int tile, int width) {
    int x0 = tile % tilesAcross * tileWidth;
    int y0 = tile / tilesAcross * tileHeight;
    for (int y = part.y0(); y < part.y1(); y++) {
      int from = (y - y0) * width + part.x0() - x0;
      int to = (y - box.y0()) * box.width() + part.x0() - box.x0();
      for (int i = 0; i < part.width(); i++) {
        out[to + i] = pixelScale.apply(ints[from + i]);
      }
    }
  }

  /**
   * Unpacks a tile into {@link #ints}, or into {@link #floats} where it holds floats.
   *
   * @return true when {@link #ints} holds the tile
   */
  private boolean unpack(int tile, int width, int height) {
    int n = width * height;
    try {
      if (packed != null && length(packed, tile) > 0) {
        Slice slice = slice(packed, tile, 1);
        return decode(slice, n, width, height, tile);
      }
      if (gzipped != null && length(gzipped, tile) > 0) {
        return decodeBytes(
            gunzip(slice(gzipped, tile, 1), n * storedBytes(false)), n, false, false);
      }
      if (plain != null && length(plain, tile) > 0) {
        Slice slice = slice(plain, tile, BinaryTable.size(plain.element()));
        byte[] bytes =
            java.util.Arrays.copyOfRange(slice.bytes, slice.start, slice.start + slice.length);
        return decodeBytes(bytes, n, false, false);
      }
    } catch (IOException | RuntimeException e) {
      if (e instanceof BadInputException bad) {
        throw bad;
      }
      throw new BadInputException(
          "CORRUPT", hdu.where() + ": tile " + tile + " cannot be unpacked: " + e.getMessage(), e);
    }
    throw new BadInputException("CORRUPT", hdu.where() + ": tile " + tile + " has no data");
  }

  private boolean decode(Slice slice, int n, int width, int height, int tile) throws IOException {
    switch (codec) {
      case "RICE_1", "RICE_ONE" -> {
        int bytes = parameter("BYTEPIX", 4);
        int block = parameter("BLOCKSIZE", 32);
        if ((bytes != 1 && bytes != 2 && bytes != 4) || block < 1 || block > 1 << 20) {
          throw new BadInputException(
              "BAD_KEY", hdu.where() + ": BYTEPIX " + bytes + ", BLOCKSIZE " + block);
        }
        new RiceCodec(bytes, block).decode(slice.bytes, slice.start, slice.length, n, ints);
        return true;
      }
      case "GZIP_1", "GZIP_2" -> {
        byte[] bytes = gunzip(slice, n * storedBytes(quantised));
        return decodeBytes(bytes, n, quantised, codec.equals("GZIP_2"));
      }
      case "NOCOMPRESS" -> {
        byte[] bytes =
            java.util.Arrays.copyOfRange(slice.bytes, slice.start, slice.start + slice.length);
        return decodeBytes(bytes, n, quantised, false);
      }
      case "HCOMPRESS_1" -> {
        HCompressorOption option = new HCompressorOption();
        option.setTileWidth(width).setTileHeight(height);
        option.setScale(parameter("SCALE", 0)).setSmooth(parameter("SMOOTH", 0) != 0);
        new IntHCompressor(option)
            .decompress(
                ByteBuffer.wrap(slice.bytes, slice.start, slice.length).slice(),
                IntBuffer.wrap(ints, 0, n).slice());
        return true;
      }
      case "PLIO_1" -> {
        new IntPLIOCompressor()
            .decompress(
                ByteBuffer.wrap(slice.bytes, slice.start, slice.length).slice(),
                IntBuffer.wrap(ints, 0, n).slice());
        return true;
      }
      default ->
          throw new BadInputException(
              "UNSUPPORTED", hdu.where() + ": compression " + codec + " is not known");
    }
  }

  private int storedBytes(boolean asQuantised) {
    return asQuantised ? 4 : Math.abs(bitpix) / 8;
  }

  /** Big-endian numbers, plain or with their bytes shuffled; into ints, or floats as they are. */
  private boolean decodeBytes(byte[] bytes, int n, boolean asQuantised, boolean shuffled) {
    int size = storedBytes(asQuantised);
    if (bytes.length < n * size) {
      throw new IllegalStateException(bytes.length + " bytes for " + n + " pixels");
    }
    ByteBuffer buffer = ByteBuffer.wrap(shuffled ? unshuffle(bytes, n, size) : bytes);
    if (bitpix > 0 || asQuantised) {
      for (int i = 0; i < n; i++) {
        ints[i] =
            switch (size) {
              case 1 -> buffer.get() & 0xff;
              case 2 -> buffer.getShort();
              case 4 -> buffer.getInt();
              default -> Math.toIntExact(buffer.getLong());
            };
      }
      return true;
    }
    for (int i = 0; i < n; i++) {
      floats[i] = size == 4 ? buffer.getFloat() : (float) buffer.getDouble();
    }
    pixelScale.applyTo(floats, 0, n);
    return false;
  }

  private static byte[] unshuffle(byte[] bytes, int n, int size) {
    byte[] out = new byte[n * size];
    for (int b = 0; b < size; b++) {
      for (int i = 0; i < n; i++) {
        out[i * size + b] = bytes[b * n + i];
      }
    }
    return out;
  }

  private static byte[] gunzip(Slice slice, int expected) throws IOException {
    try (InputStream in =
        new GZIPInputStream(new ByteArrayInputStream(slice.bytes, slice.start, slice.length))) {
      byte[] out = in.readNBytes(expected);
      if (out.length < expected) {
        throw new IOException(out.length + " bytes where " + expected + " are needed");
      }
      return out;
    }
  }

  private void dequantise(int tile, int n) {
    if (!quantised) {
      for (int i = 0; i < n; i++) {
        floats[i] = ints[i];
      }
      return;
    }
    double scale = number("ZSCALE", tile, 1);
    double zero = number("ZZERO", tile, 0);
    int blank = (int) number("ZBLANK", tile, ZBLANK_DEFAULT);
    if (dither == 0) {
      for (int i = 0; i < n; i++) {
        floats[i] = ints[i] == blank ? Float.NaN : (float) (ints[i] * scale + zero);
      }
    } else {
      Dither random = new Dither(seed, tile);
      for (int i = 0; i < n; i++) {
        float r = random.next();
        int stored = ints[i];
        if (stored == blank) {
          floats[i] = Float.NaN;
        } else if (dither == 2 && stored == DITHER_2_ZERO) {
          floats[i] = 0;
        } else {
          floats[i] = (float) (((double) stored - r + 0.5) * scale + zero);
        }
      }
    }
    pixelScale.applyTo(floats, 0, n);
  }

  private double number(String name, int tile, double fallback) {
    BinaryTable.Column column = column(name);
    if (column == null) {
      return header.numberOr(name, fallback);
    }
    ByteBuffer row = ByteBuffer.wrap(rows);
    int at = tile * rowBytes + column.offset();
    return switch (column.type()) {
      case 'D' -> row.getDouble(at);
      case 'E' -> row.getFloat(at);
      case 'J' -> row.getInt(at);
      default -> fallback;
    };
  }

  private int parameter(String name, int fallback) {
    for (int i = 1; header.has("ZNAME" + i); i++) {
      if (header.string("ZNAME" + i).equalsIgnoreCase(name)) {
        return (int) header.numberOr("ZVAL" + i, fallback);
      }
    }
    return fallback;
  }

  private record Slice(byte[] bytes, int start, int length) {}

  private long length(BinaryTable.Column column, int tile) {
    int at = tile * rowBytes + column.offset();
    ByteBuffer row = ByteBuffer.wrap(rows);
    return column.type() == 'Q' ? row.getLong(at) : row.getInt(at);
  }

  private Slice slice(BinaryTable.Column column, int tile, int elementBytes) {
    int at = tile * rowBytes + column.offset();
    ByteBuffer row = ByteBuffer.wrap(rows);
    long count = length(column, tile);
    long start = column.type() == 'Q' ? row.getLong(at + 8) : row.getInt(at + 4);
    int scale = Math.max(elementBytes, BinaryTable.size(column.element()));
    long bytes = count * scale;
    if (start < 0 || count > hdu.dataLength() || heapStart + start + bytes > hdu.dataLength()) {
      throw new BadInputException(
          "CORRUPT", hdu.where() + ": tile " + tile + " points outside the heap");
    }
    if (heap.length > 0) {
      return new Slice(heap, (int) start, (int) bytes);
    }
    byte[] read = source.read(hdu.dataOffset() + heapStart + start, (int) bytes);
    return new Slice(read, 0, read.length);
  }
}
