package org.starbeam.transforms.log;

/**
 * Places in a worker's log. The file is a row of zstd frames of at most 2^20 bytes each, every one
 * behind a skippable frame that holds its compressed length, as {@code pzstd} writes them, so that
 * {@code zstd -dc} reads the file too. A place is the position of the skippable frame times 2^20
 * plus an offset in what the frame holds.
 */
final class LogPlace {
  static final int FRAME_BITS = 20;
  static final int SKIPPABLE_MAGIC = 0x184D2A50;
  static final int HEADER_BYTES = 12;

  private LogPlace() {}

  static long of(long frame, int offset) {
    return frame << FRAME_BITS | offset;
  }

  static long frame(long place) {
    return place >>> FRAME_BITS;
  }

  static int offset(long place) {
    return (int) (place & (1 << FRAME_BITS) - 1);
  }
}
