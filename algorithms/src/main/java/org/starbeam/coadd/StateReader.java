package org.starbeam.coadd;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.starbeam.failure.BadInputException;

/** Reads what {@link StateWriter} wrote. */
final class StateReader {
  private final ByteBuffer in;

  StateReader(byte[] bytes) {
    in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  int integer() {
    require(4);
    return in.getInt();
  }

  long number() {
    require(8);
    return in.getLong();
  }

  double real() {
    require(8);
    return in.getDouble();
  }

  long[] longs(int count) {
    require(8L * count);
    byte[] bytes = new byte[count * 8];
    try {
      in.get(bytes);
    } catch (BufferUnderflowException e) {
      throw truncated();
    }
    long[] values = new long[count];
    for (int b = 0; b < 8; b++) {
      for (int i = 0; i < count; i++) {
        values[i] |= (bytes[b * count + i] & 0xFFL) << (8 * b);
      }
    }
    return values;
  }

  int[] ints(int count) {
    require(4L * count);
    byte[] bytes = new byte[count * 4];
    in.get(bytes);
    int[] values = new int[count];
    for (int b = 0; b < 4; b++) {
      for (int i = 0; i < count; i++) {
        values[i] |= (bytes[b * count + i] & 0xFF) << (8 * b);
      }
    }
    return values;
  }

  String text() {
    return new String(bytes(), StandardCharsets.UTF_8);
  }

  byte[] bytes() {
    int length = integer();
    if (length < 0) {
      throw truncated();
    }
    require(length);
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }

  private void require(long bytes) {
    if (in.remaining() < bytes) {
      throw truncated();
    }
  }

  private static BadInputException truncated() {
    return new BadInputException("CORRUPT", "accumulator state ends early");
  }
}
