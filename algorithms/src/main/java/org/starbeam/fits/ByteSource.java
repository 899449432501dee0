package org.starbeam.fits;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;

/**
 * Random access to the bytes of a file. A gzipped file is unpacked, within bounds: a small one into
 * memory, a larger one into a temporary file, because many are open at a time.
 */
final class ByteSource implements Closeable {
  private final String name;
  private final @Nullable FileChannel channel;
  private final byte[] memory;
  private final long size;
  private long bytesRead;

  /** Blank and simulated raws pack by more than any ratio; up to this size that does no harm. */
  private static final long ALWAYS_UNPACKED = 128L << 20;

  private static final int IN_MEMORY = 16 << 20;

  private ByteSource(String name, @Nullable FileChannel channel, byte[] memory, long size) {
    this.name = name;
    this.channel = channel;
    this.memory = memory;
    this.size = size;
  }

  static ByteSource open(Path path, FitsReader.Limits limits) {
    try {
      FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
      long size = channel.size();
      ByteBuffer magic = ByteBuffer.allocate(2);
      channel.read(magic, 0);
      if (size > 2 && (magic.get(0) & 0xff) == 0x1f && (magic.get(1) & 0xff) == 0x8b) {
        channel.close();
        return gunzip(path, size, limits);
      }
      return new ByteSource(path.toString(), channel, new byte[0], size);
    } catch (IOException e) {
      throw new BadInputException("UNREADABLE", path + ": cannot be opened: " + e.getMessage(), e);
    }
  }

  /** Bytes that are in memory. */
  static ByteSource of(String name, byte[] bytes) {
    return new ByteSource(name, null, bytes, bytes.length);
  }

  private static ByteSource gunzip(Path path, long packedSize, FitsReader.Limits limits)
      throws IOException {
    long byRatio = (packedSize + 1024) * limits.maxGzipRatio();
    long most = Math.min(limits.maxHduBytes(), Math.max(ALWAYS_UNPACKED, byRatio));
    ByteArrayOutputStream memory =
        new ByteArrayOutputStream((int) Math.min(IN_MEMORY, Math.max(4096, 3 * packedSize)));
    try (InputStream in = new GZIPInputStream(Files.newInputStream(path), 1 << 16)) {
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        memory.write(buffer, 0, n);
        if (memory.size() > Math.min(IN_MEMORY, most)) {
          return spool(path, memory.toByteArray(), in, most);
        }
      }
      return new ByteSource(path.toString(), null, memory.toByteArray(), memory.size());
    } catch (java.io.EOFException e) {
      throw new BadInputException("TRUNCATED", path + ": the gzip stream ends too early", e);
    } catch (ZipException e) {
      throw new BadInputException("CORRUPT", path + ": bad gzip stream: " + e.getMessage(), e);
    }
  }

  /** Puts what has been unpacked and what is left into a file that goes when it is closed. */
  private static ByteSource spool(Path path, byte[] begin, InputStream rest, long most)
      throws IOException {
    FileChannel channel =
        FileChannel.open(
            Files.createTempFile("starbeam", ".fits"),
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE);
    boolean whole = false;
    try {
      write(channel, begin, begin.length);
      byte[] buffer = new byte[1 << 16];
      for (int n = 0; n >= 0; n = rest.read(buffer)) {
        write(channel, buffer, n);
        if (channel.size() > most) {
          throw new BadInputException(
              "TOO_LARGE", path + ": unpacks to more than " + most + " bytes, the limit");
        }
      }
      whole = true;
      return new ByteSource(path.toString(), channel, new byte[0], channel.size());
    } finally {
      if (!whole) {
        channel.close();
      }
    }
  }

  private static void write(FileChannel channel, byte[] bytes, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, length);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  String name() {
    return name;
  }

  long size() {
    return size;
  }

  /** Bytes handed out so far. */
  long bytesRead() {
    return bytesRead;
  }

  void read(long position, byte[] into, int offset, int length) {
    if (position < 0 || position + length > size) {
      throw new BadInputException(
          "TRUNCATED",
          name + ": " + size + " bytes, but bytes up to " + (position + length) + " are needed");
    }
    bytesRead += length;
    if (channel == null) {
      System.arraycopy(memory, (int) position, into, offset, length);
      return;
    }
    ByteBuffer buffer = ByteBuffer.wrap(into, offset, length);
    try {
      long at = position;
      while (buffer.hasRemaining()) {
        int n = channel.read(buffer, at);
        if (n < 0) {
          throw new BadInputException("TRUNCATED", name + ": ends while it is read");
        }
        at += n;
      }
    } catch (IOException e) {
      throw new BadInputException("UNREADABLE", name + ": " + e.getMessage(), e);
    }
  }

  byte[] read(long position, int length) {
    if (position < 0 || length < 0 || position + length > size) {
      throw new BadInputException(
          "TRUNCATED",
          name + ": " + size + " bytes, but bytes up to " + (position + length) + " are needed");
    }
    byte[] out = new byte[length];
    read(position, out, 0, length);
    return out;
  }

  @Override
  public void close() {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        throw new BadInputException("UNREADABLE", name + ": " + e.getMessage(), e);
      }
    }
  }
}
