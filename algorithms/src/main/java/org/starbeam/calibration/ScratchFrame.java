package org.starbeam.calibration;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.starbeam.image.Box;
import org.starbeam.image.MaskedImage;

/**
 * A frame in a temporary file, so that many inputs of a combination need not be in memory at once:
 * per row the image, mask and variance, 12 bytes per pixel. The file goes away when it is closed.
 */
public final class ScratchFrame implements RowSource, Closeable {
  private static final int BYTES = 12;

  private final Path file;
  private final FileChannel channel;
  private final Box box;

  private ScratchFrame(Path file, FileChannel channel, Box box) {
    this.file = file;
    this.channel = channel;
    this.box = box;
  }

  /** Writes a frame to a temporary file in a directory. */
  public static ScratchFrame write(Path directory, MaskedImage frame) {
    try {
      Path file = Files.createTempFile(directory, "frame", ".scratch");
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
      int width = frame.box().width();
      ByteBuffer row = ByteBuffer.allocate(BYTES * width);
      for (int y = frame.box().y0(); y < frame.box().y1(); y++) {
        row.clear();
        int x0 = frame.box().x0();
        row.asFloatBuffer().put(frame.image().data, frame.image().index(x0, y), width);
        row.position(4 * width);
        row.asIntBuffer().put(frame.mask().data, frame.mask().index(x0, y), width);
        row.position(8 * width);
        row.asFloatBuffer().put(frame.variance().data, frame.variance().index(x0, y), width);
        row.position(0);
        while (row.hasRemaining()) {
          channel.write(row);
        }
      }
      return new ScratchFrame(file, channel, frame.box());
    } catch (IOException e) {
      throw new UncheckedIOException("scratch frame in " + directory, e);
    }
  }

  @Override
  public Box box() {
    return box;
  }

  @Override
  public void read(int firstRow, int rows, float[] image, int[] mask, float[] variance) {
    int width = box.width();
    ByteBuffer row = ByteBuffer.allocate(BYTES * width);
    try {
      for (int i = 0; i < rows; i++) {
        row.clear();
        long at = (long) BYTES * width * (firstRow + i);
        while (row.hasRemaining()) {
          if (channel.read(row, at + row.position()) < 0) {
            throw new IOException("ends early");
          }
        }
        row.flip();
        row.asFloatBuffer().get(image, i * width, width);
        row.position(4 * width);
        row.asIntBuffer().get(mask, i * width, width);
        row.position(8 * width);
        row.asFloatBuffer().get(variance, i * width, width);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("scratch frame " + file, e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException("scratch frame " + file, e);
    }
  }
}
