package org.starbeam.coadd;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Canonical bytes of an accumulator: little-endian, planes byte-shuffled (all lowest bytes first),
 * so that general compressors do well. Equal states give equal bytes.
 */
final class StateWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  void integer(int value) {
    for (int shift = 0; shift < 32; shift += 8) {
      out.write(value >>> shift);
    }
  }

  void number(long value) {
    for (int shift = 0; shift < 64; shift += 8) {
      out.write((int) (value >>> shift));
    }
  }

  void real(double value) {
    number(Double.doubleToLongBits(value));
  }

  void longs(long[] values) {
    byte[] bytes = new byte[values.length * 8];
    for (int b = 0; b < 8; b++) {
      for (int i = 0; i < values.length; i++) {
        bytes[b * values.length + i] = (byte) (values[i] >>> (8 * b));
      }
    }
    out.write(bytes, 0, bytes.length);
  }

  void ints(int[] values) {
    byte[] bytes = new byte[values.length * 4];
    for (int b = 0; b < 4; b++) {
      for (int i = 0; i < values.length; i++) {
        bytes[b * values.length + i] = (byte) (values[i] >>> (8 * b));
      }
    }
    out.write(bytes, 0, bytes.length);
  }

  void text(String value) {
    bytes(value.getBytes(StandardCharsets.UTF_8));
  }

  void bytes(byte[] values) {
    integer(values.length);
    out.write(values, 0, values.length);
  }

  byte[] toBytes() {
    return out.toByteArray();
  }
}
