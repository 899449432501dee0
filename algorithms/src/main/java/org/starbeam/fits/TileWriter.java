package org.starbeam.fits;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;

/**
 * Packs images into RICE_1 tiles of 64 x 64 pixels: small enough that a 512 x 512 cut-out at any
 * place reads at most 1.27 times its share of the file. Floats carry one ZSCALE for all tiles and
 * ZZERO 0, so that reading and writing again gives the same levels.
 */
final class TileWriter {
  private static final int TILE = 64;
  private static final int BLOCK = 32;

  private final int width;
  private final int height;
  private final int across;
  private final int tiles;
  private final int[] tile = new int[TILE * TILE];

  TileWriter(int width, int height) {
    if (width == 0 || height == 0) {
      throw new IllegalArgumentException("an empty image cannot be compressed");
    }
    this.width = width;
    this.height = height;
    this.across = (width + TILE - 1) / TILE;
    this.tiles = across * ((height + TILE - 1) / TILE);
  }

  /**
   * Table rows and heap of a compressed image.
   *
   * @param rowBytes bytes per row
   * @param longest bytes of the longest tile
   */
  record Packed(
      byte[] data,
      int rowBytes,
      int rows,
      int heapBytes,
      int longest,
      int tileWidth,
      int tileHeight,
      int bytesPerPixel) {}

  Packed mask(MaskI mask) {
    return pack(
        4,
        null,
        (x0, y0, w, h, number) -> {
          for (int y = 0; y < h; y++) {
            System.arraycopy(mask.data, mask.offset + (y0 + y) * mask.stride + x0, tile, y * w, w);
          }
        });
  }

  Packed shorts(short[] unsigned) {
    return pack(
        2,
        null,
        (x0, y0, w, h, number) -> {
          for (int y = 0; y < h; y++) {
            for (int x = 0; x < w; x++) {
              tile[y * w + x] = (short) (unsigned[(y0 + y) * width + x0 + x] - 32768);
            }
          }
        });
  }

  Packed floats(ImageF image, FitsWriter.Quantiser quantiser) {
    double perStep = 1 / quantiser.step();
    double limit = Integer.MAX_VALUE - 16.0;
    return pack(
        4,
        quantiser,
        (x0, y0, w, h, number) -> {
          Dither dither = quantiser.seed() == 0 ? null : new Dither(quantiser.seed(), number);
          int to = 0;
          for (int y = 0; y < h; y++) {
            int from = image.offset + (y0 + y) * image.stride + x0;
            for (int x = 0; x < w; x++) {
              float value = image.data[from + x];
              double level = value * perStep + (dither == null ? 0 : dither.next() - 0.5);
              if (!(Math.abs(level) < limit)) {
                throw new IllegalArgumentException(
                    "pixel " + value + " cannot be written with step " + quantiser.step());
              }
              int stored = (int) Math.floor(level + 0.5);
              if (quantiser.keepPositive() && value > 0 && stored < 1) {
                stored = 1;
              }
              tile[to++] = stored;
            }
          }
        });
  }

  private interface TileFiller {
    void fill(int x0, int y0, int w, int h, int number);
  }

  private Packed pack(
      int bytesPerPixel, FitsWriter.@Nullable Quantiser quantiser, TileFiller filler) {
    RiceCodec codec = new RiceCodec(bytesPerPixel, BLOCK);
    int rowBytes = quantiser == null ? 8 : 24;
    int table = Math.multiplyExact(rowBytes, tiles);
    byte[] out = new byte[table + Math.max(1 << 16, Math.multiplyExact(width, height))];
    ByteBuffer rows = ByteBuffer.allocate(table);
    int position = table;
    int longest = 0;
    int most = codec.maxBytes(TILE * TILE);
    for (int number = 0; number < tiles; number++) {
      int x0 = number % across * TILE;
      int y0 = number / across * TILE;
      int w = Math.min(TILE, width - x0);
      int h = Math.min(TILE, height - y0);
      filler.fill(x0, y0, w, h, number);
      if (position + most > out.length) {
        out = Arrays.copyOf(out, Math.addExact(out.length, Math.max(most, out.length / 2)));
      }
      int end = codec.encode(tile, w * h, out, position);
      rows.putInt(end - position).putInt(position - table);
      if (quantiser != null) {
        rows.putDouble(quantiser.step()).putDouble(0);
      }
      longest = Math.max(longest, end - position);
      position = end;
    }
    System.arraycopy(rows.array(), 0, out, 0, table);
    return new Packed(
        Arrays.copyOf(out, position),
        rowBytes,
        tiles,
        position - table,
        longest,
        Math.min(TILE, width),
        Math.min(TILE, height),
        bytesPerPixel);
  }

  static HeaderFormat header(
      String name,
      int bitpix,
      Box box,
      Map<String, ?> cards,
      Packed packed,
      FitsWriter.@Nullable Quantiser quantiser) {
    HeaderFormat header = new HeaderFormat();
    header.add("XTENSION", "BINTABLE").add("BITPIX", 8).add("NAXIS", 2);
    header.add("NAXIS1", packed.rowBytes()).add("NAXIS2", packed.rows());
    header.add("PCOUNT", packed.heapBytes()).add("GCOUNT", 1);
    header.add("TFIELDS", quantiser == null ? 1 : 3);
    header.add("TTYPE1", "COMPRESSED_DATA").add("TFORM1", "1PB(" + packed.longest() + ")");
    if (quantiser != null) {
      header.add("TTYPE2", "ZSCALE").add("TFORM2", "1D");
      header.add("TTYPE3", "ZZERO").add("TFORM3", "1D");
    }
    header.add("ZIMAGE", true).add("ZTENSION", "IMAGE").add("ZBITPIX", bitpix).add("ZNAXIS", 2);
    header.add("ZNAXIS1", box.width()).add("ZNAXIS2", box.height());
    header.add("ZPCOUNT", 0).add("ZGCOUNT", 1);
    header.add("ZTILE1", packed.tileWidth()).add("ZTILE2", packed.tileHeight());
    header.add("ZCMPTYPE", "RICE_1");
    header.add("ZNAME1", "BLOCKSIZE").add("ZVAL1", BLOCK);
    header.add("ZNAME2", "BYTEPIX").add("ZVAL2", packed.bytesPerPixel());
    if (quantiser != null && quantiser.seed() == 0) {
      header.add("ZQUANTIZ", "NO_DITHER");
    } else if (quantiser != null) {
      header.add("ZQUANTIZ", "SUBTRACTIVE_DITHER_1").add("ZDITHER0", quantiser.seed());
    }
    header.add("EXTNAME", name);
    cards.forEach(header::add);
    return header;
  }
}
