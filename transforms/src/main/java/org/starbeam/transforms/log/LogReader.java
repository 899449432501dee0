package org.starbeam.transforms.log;

import com.github.luben.zstd.Zstd;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads lines of workers' logs; a frame that is not whole yet ends the reading. */
public final class LogReader {
  private static final int LARGEST_FRAME = 1 << LogPlace.FRAME_BITS;

  private LogReader() {}

  /**
   * Hands over the lines in a range of places.
   *
   * @param begin a place at the start of a line, 0 for the start of the file
   * @param end a place, {@link Long#MAX_VALUE} for the end of the file
   * @return the place after the last line that was read
   */
  public static long read(Path file, long begin, long end, Consumer<String> consumer)
      throws IOException {
    long place = begin;
    try (FileChannel channel = FileChannel.open(file)) {
      long position = LogPlace.frame(begin);
      while (position <= LogPlace.frame(end)) {
        ByteBuffer header = read(channel, position, LogPlace.HEADER_BYTES);
        if (header == null || header.getInt() != LogPlace.SKIPPABLE_MAGIC) {
          break;
        }
        header.getInt();
        int packed = header.getInt();
        ByteBuffer body =
            packed <= 0 || packed > LARGEST_FRAME
                ? null
                : read(channel, position + LogPlace.HEADER_BYTES, packed);
        if (body == null) {
          break;
        }
        byte[] lines = unpack(body.array());
        int from = position == LogPlace.frame(begin) ? LogPlace.offset(begin) : 0;
        int to = position == LogPlace.frame(end) ? LogPlace.offset(end) : lines.length;
        hand(lines, Math.min(from, lines.length), Math.min(to, lines.length), consumer);
        place =
            to < lines.length
                ? LogPlace.of(position, to)
                : LogPlace.of(position + LogPlace.HEADER_BYTES + packed, 0);
        position += LogPlace.HEADER_BYTES + packed;
      }
    } catch (NoSuchFileException e) {
      return begin;
    }
    return place;
  }

  /** The place after the last whole frame of a file. */
  public static long end(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      long position = 0;
      ByteBuffer header = read(channel, 0, LogPlace.HEADER_BYTES);
      while (header != null && header.getInt() == LogPlace.SKIPPABLE_MAGIC) {
        header.getInt();
        long next = position + LogPlace.HEADER_BYTES + header.getInt();
        if (next <= position || next > channel.size()) {
          break;
        }
        position = next;
        header = read(channel, position, LogPlace.HEADER_BYTES);
      }
      return LogPlace.of(position, 0);
    }
  }

  private static byte[] unpack(byte[] packed) throws IOException {
    long size = Zstd.getFrameContentSize(packed);
    if (size < 0 || size > LARGEST_FRAME) {
      throw new IOException("a frame of the log is damaged");
    }
    byte[] lines = new byte[(int) size];
    long result = Zstd.decompress(lines, packed);
    if (Zstd.isError(result)) {
      throw new IOException("a frame of the log is damaged: " + Zstd.getErrorName(result));
    }
    return lines;
  }

  private static void hand(byte[] lines, int from, int to, Consumer<String> consumer) {
    int start = from;
    for (int i = from; i < to; i++) {
      if (lines[i] == '\n') {
        consumer.accept(new String(lines, start, i - start, StandardCharsets.UTF_8));
        start = i + 1;
      }
    }
  }

  private static @Nullable ByteBuffer read(FileChannel channel, long position, int length)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        return null;
      }
    }
    return buffer.flip();
  }
}
