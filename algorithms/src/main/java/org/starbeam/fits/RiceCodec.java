package org.starbeam.fits;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The Rice coder of the tiled image convention (RICE_1): the first pixel raw, then blocks of
 * (usually) 32 differences, each block with its own number of low bits that are stored plainly
 * while the rest is unary. Source: FITS standard 4.0 section 10.4.1; White and Becker 1998.
 */
final class RiceCodec {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final int pixelBits;
  private final int countBits;
  private final int rawCode;
  private final int block;

  /**
   * @param bytesPerPixel 1, 2 or 4
   * @param block pixels per block, at least 1
   */
  RiceCodec(int bytesPerPixel, int block) {
    this.pixelBits = 8 * bytesPerPixel;
    this.countBits = bytesPerPixel == 4 ? 5 : bytesPerPixel == 2 ? 4 : 3;
    this.rawCode = bytesPerPixel == 4 ? 25 : bytesPerPixel == 2 ? 14 : 6;
    this.block = block;
  }

  /** Upper bound of the bytes that n pixels can take. */
  int maxBytes(int n) {
    return Math.toIntExact((long) n * (pixelBits / 8) + (n / block + 2L) + 16);
  }

  /**
   * Codes n pixels.
   *
   * @return position in {@code out} after the last byte
   */
  int encode(int[] pixels, int n, byte[] out, int position) {
    BitWriter bits = new BitWriter(out, position);
    int pixelMask = pixelBits == 32 ? -1 : (1 << pixelBits) - 1;
    bits.put(pixels[0] & pixelMask & 0xffffffffL, pixelBits);
    int last = pixels[0];
    int shift = 32 - pixelBits;
    int[] mapped = new int[block];
    for (int start = 0; start < n; start += block) {
      int count = Math.min(block, n - start);
      long sum = 0;
      for (int j = 0; j < count; j++) {
        int pixel = pixels[start + j];
        int difference = ((pixel - last) << shift) >> shift;
        int folded = ((difference << 1) ^ (difference >> 31)) & pixelMask;
        mapped[j] = folded;
        sum += folded & 0xffffffffL;
        last = pixel;
      }
      int low = lowBits(sum, count);
      if (low >= rawCode) {
        bits.put(rawCode + 1, countBits);
        for (int j = 0; j < count; j++) {
          bits.put(mapped[j] & 0xffffffffL, pixelBits);
        }
      } else if (sum == 0) {
        bits.put(0, countBits);
      } else {
        bits.put(low + 1, countBits);
        for (int j = 0; j < count; j++) {
          bits.putRice(mapped[j], low);
        }
      }
    }
    return bits.finish();
  }

  private static int lowBits(long sum, int count) {
    double mean = (sum - count / 2 - 1) / (double) count;
    long half = mean < 0 ? 0 : ((long) mean) >> 1;
    return 64 - Long.numberOfLeadingZeros(half);
  }

  /**
   * Decodes n pixels; pixels of one byte come back as 0 to 255, of two bytes as signed numbers.
   *
   * @throws IllegalStateException where the stream ends too early or says what it cannot
   */
  void decode(byte[] in, int position, int length, int n, int[] out) {
    BitReader bits = new BitReader(in, position, position + length);
    int last = (int) bits.take(pixelBits);
    for (int start = 0; start < n; start += block) {
      int end = Math.min(start + block, n);
      int code = (int) bits.take(countBits) - 1;
      if (code < 0) {
        for (int i = start; i < end; i++) {
          out[i] = last;
        }
      } else if (code == rawCode) {
        for (int i = start; i < end; i++) {
          int folded = (int) bits.take(pixelBits);
          last += (folded >>> 1) ^ -(folded & 1);
          out[i] = last;
        }
      } else if (code < rawCode) {
        last = bits.takeBlock(code, last, out, start, end);
      } else {
        throw new IllegalStateException("block code " + code);
      }
    }
    bits.check();
    if (pixelBits == 16) {
      for (int i = 0; i < n; i++) {
        out[i] = (short) out[i];
      }
    } else if (pixelBits == 8) {
      for (int i = 0; i < n; i++) {
        out[i] &= 0xff;
      }
    }
  }

  private static final class BitWriter {
    private final byte[] out;
    private int position;
    private long held;
    private int count;

    BitWriter(byte[] out, int position) {
      this.out = out;
      this.position = position;
    }

    /** Appends the low {@code width} (at most 32) bits. */
    void put(long value, int width) {
      held = (held << width) | value;
      count += width;
      while (count >= 32) {
        count -= 32;
        int word = (int) (held >>> count);
        out[position++] = (byte) (word >>> 24);
        out[position++] = (byte) (word >>> 16);
        out[position++] = (byte) (word >>> 8);
        out[position++] = (byte) word;
      }
    }

    void putRice(int folded, int low) {
      int zeros = folded >>> low;
      while (zeros > 31) {
        put(0, 31);
        zeros -= 31;
      }
      if (zeros + 1 + low <= 32) {
        put((1L << low) | (folded & ((1L << low) - 1)), zeros + 1 + low);
      } else {
        put(1, zeros + 1);
        put(folded & ((1L << low) - 1), low);
      }
    }

    int finish() {
      while (count > 0) {
        int left = Math.min(8, count);
        out[position++] = (byte) ((held >>> (count - left)) << (8 - left));
        count -= left;
      }
      return position;
    }
  }

  private static final class BitReader {
    private final byte[] in;
    private final int end;
    private int position;

    /** The next bits, left justified; the lower 64 - count are zero. */
    private long held;

    private int count;
    private int borrowed;

    BitReader(byte[] in, int position, int end) {
      this.in = in;
      this.position = position;
      this.end = end;
    }

    private void fill() {
      if (position + 8 <= in.length && position + 8 <= end) {
        long word = (long) LONGS.get(in, position);
        held |= word >>> count;
        int bytes = (63 - count) >> 3;
        position += bytes;
        count += bytes << 3;
        held &= -1L << (64 - count);
        return;
      }
      while (count <= 56) {
        if (position < end) {
          held |= (in[position++] & 0xffL) << (56 - count);
        } else {
          borrowed += 8;
          if (borrowed > 1 << 12) {
            throw new IllegalStateException("the stream ends too early");
          }
        }
        count += 8;
      }
    }

    long take(int width) {
      if (count < width) {
        fill();
      }
      long value = held >>> (64 - width);
      held <<= width;
      count -= width;
      return value;
    }

    /** Reads the differences of one block and adds them up. */
    int takeBlock(int low, int before, int[] out, int start, int stop) {
      int last = before;
      for (int i = start; i < stop; i++) {
        if (count < 48) {
          fill();
        }
        int zeros = Long.numberOfLeadingZeros(held);
        int folded;
        if (zeros + 1 + low <= count) {
          long rest = held << zeros << 1;
          folded = zeros << low | (low == 0 ? 0 : (int) (rest >>> (64 - low)));
          held = rest << low;
          count -= zeros + 1 + low;
        } else {
          folded = takeLong(low);
        }
        last += (folded >>> 1) ^ -(folded & 1);
        out[i] = last;
      }
      return last;
    }

    private int takeLong(int low) {
      int zeros = 0;
      while (held == 0) {
        zeros += count;
        count = 0;
        fill();
      }
      int more = Long.numberOfLeadingZeros(held);
      zeros += more;
      held = held << more << 1;
      count -= more + 1;
      int rest = low == 0 ? 0 : (int) take(low);
      return zeros << low | rest;
    }

    /** Fails when bits past the end of the stream were used. */
    void check() {
      if (borrowed > count) {
        throw new IllegalStateException("the stream ends too early");
      }
    }
  }
}
