package org.starbeam.fits;

import java.nio.ByteBuffer;
import java.util.OptionalLong;
import org.starbeam.failure.BadInputException;
import org.starbeam.image.Box;

/** Reads boxes of an uncompressed image by rows, a buffer at a time. */
final class PlainImage {
  private static final int BUFFER_BYTES = 1 << 20;

  private final ByteSource source;
  private final FitsHdu hdu;
  private final int bitpix;
  private final int bytes;

  PlainImage(ByteSource source, FitsHdu hdu) {
    this.source = source;
    this.hdu = hdu;
    this.bitpix = hdu.bitpix();
    this.bytes = Math.abs(bitpix) / 8;
  }

  private interface RowSink {
    void accept(ByteBuffer row, int count, int outAt);
  }

  void readFloats(Box box, float[] out) {
    PixelScale scale = PixelScale.of(hdu.header());
    forEachRun(
        box,
        (row, count, at) -> {
          switch (bitpix) {
            case 8 -> {
              for (int i = 0; i < count; i++) {
                out[at + i] = scale.apply(row.get(i) & 0xff);
              }
            }
            case 16 -> {
              for (int i = 0; i < count; i++) {
                out[at + i] = scale.apply(row.getShort(2 * i));
              }
            }
            case 32 -> {
              for (int i = 0; i < count; i++) {
                out[at + i] = scale.apply(row.getInt(4 * i));
              }
            }
            case 64 -> {
              for (int i = 0; i < count; i++) {
                out[at + i] = scale.apply(row.getLong(8 * i));
              }
            }
            case -32 -> {
              row.asFloatBuffer().get(out, at, count);
              scale.applyTo(out, at, count);
            }
            default -> {
              for (int i = 0; i < count; i++) {
                out[at + i] = (float) scale.applyDouble(row.getDouble(8 * i));
              }
            }
          }
        });
  }

  void readInts(Box box, int[] out) {
    int zero = integerZero(hdu);
    forEachRun(
        box,
        (row, count, at) -> {
          switch (bitpix) {
            case 8 -> {
              for (int i = 0; i < count; i++) {
                out[at + i] = (row.get(i) & 0xff) + zero;
              }
            }
            case 16 -> {
              for (int i = 0; i < count; i++) {
                out[at + i] = row.getShort(2 * i) + zero;
              }
            }
            default -> {
              for (int i = 0; i < count; i++) {
                out[at + i] = row.getInt(4 * i) + zero;
              }
            }
          }
        });
  }

  /** BZERO of an integer image that is to be read as whole numbers. */
  static int integerZero(FitsHdu hdu) {
    double scale = hdu.header().numberOr("BSCALE", 1);
    OptionalLong zero =
        hdu.header().has("BZERO") ? hdu.header().findInteger("BZERO") : OptionalLong.of(0);
    int bitpix = hdu.bitpix();
    if (scale != 1 || zero.isEmpty() || bitpix < 0 || bitpix == 64) {
      throw new BadInputException(
          "UNSUPPORTED",
          hdu.where()
              + ": expected an image of whole numbers of up to 32 bits, found BITPIX "
              + bitpix
              + ", BSCALE "
              + scale
              + ", BZERO "
              + hdu.header().numberOr("BZERO", 0));
    }
    return (int) zero.getAsLong();
  }

  private void forEachRun(Box box, RowSink sink) {
    boolean wholeRows = box.width() == hdu.width();
    int rowBytes = Math.multiplyExact(box.width(), bytes);
    if (rowBytes == 0) {
      return;
    }
    int rowsAtOnce = wholeRows ? Math.max(1, BUFFER_BYTES / rowBytes) : 1;
    byte[] buffer = new byte[Math.toIntExact((long) rowsAtOnce * rowBytes)];
    for (int y = box.y0(); y < box.y1(); y += rowsAtOnce) {
      int rows = Math.min(rowsAtOnce, box.y1() - y);
      long position = hdu.dataOffset() + ((long) y * hdu.width() + box.x0()) * bytes;
      source.read(position, buffer, 0, rows * rowBytes);
      sink.accept(
          ByteBuffer.wrap(buffer, 0, rows * rowBytes),
          rows * box.width(),
          (y - box.y0()) * box.width());
    }
  }
}
