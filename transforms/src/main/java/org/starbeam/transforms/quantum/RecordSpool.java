package org.starbeam.transforms.quantum;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.transforms.dataset.QuantumRecordReader;
import org.starbeam.transforms.dataset.QuantumRecordWriter;

/**
 * Records kept outside the heap, each found again by its offset. The last mebibyte stays in memory;
 * what is older goes to a file of this process in the temp directory, which is unlinked as soon as
 * it is open. Safe for use by several threads.
 */
final class RecordSpool implements Closeable {
  private static final int TAIL_BYTES = 1 << 20;

  /** Most records are not longer, and then one read is enough. */
  private static final int USUAL_BYTES = 1000;

  private final QuantumRecordWriter writer;
  private final Buffer tail = new Buffer();
  private @Nullable BinaryEncoder encoder;
  private @Nullable FileChannel file;
  private long tailStart;

  /**
   * @param writer writes what is kept of a record
   */
  RecordSpool(QuantumRecordWriter writer) {
    this.writer = writer;
  }

  private static final class Buffer extends ByteArrayOutputStream {
    Buffer() {
      super(TAIL_BYTES + (1 << 16));
    }

    ByteBuffer slice(int from, int length) {
      return ByteBuffer.wrap(buf, from, length);
    }

    void length(int at, int value) {
      ByteBuffer.wrap(buf).putInt(at, value);
    }
  }

  /** Keeps a record and returns its offset. */
  synchronized long add(QuantumRecord record) {
    try {
      int at = tail.size();
      tail.write(new byte[4], 0, 4);
      BinaryEncoder to = EncoderFactory.get().directBinaryEncoder(tail, encoder);
      encoder = to;
      writer.write(record, to);
      to.flush();
      tail.length(at, tail.size() - at - 4);
      long offset = tailStart + at;
      if (tail.size() >= TAIL_BYTES) {
        spill();
      }
      return offset;
    } catch (IOException e) {
      throw new UncheckedIOException("the index of the ledger", e);
    }
  }

  private void spill() throws IOException {
    FileChannel to = file == null ? open() : file;
    ByteBuffer bytes = tail.slice(0, tail.size());
    long at = tailStart;
    while (bytes.hasRemaining()) {
      at += to.write(bytes, at);
    }
    tailStart += tail.size();
    tail.reset();
  }

  private FileChannel open() throws IOException {
    Path path = Files.createTempFile("starbeam-index", ".bin");
    FileChannel opened =
        FileChannel.open(
            path,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE);
    file = opened;
    return opened;
  }

  /** The record at an offset. */
  QuantumRecord get(long offset) {
    try {
      ByteBuffer bytes = bytes(offset);
      BinaryDecoder decoder =
          DecoderFactory.get()
              .binaryDecoder(
                  bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining(), null);
      return QuantumRecordReader.whole().read(null, decoder);
    } catch (IOException e) {
      throw new UncheckedIOException("the index of the ledger", e);
    }
  }

  private ByteBuffer bytes(long offset) throws IOException {
    FileChannel from;
    synchronized (this) {
      if (offset >= tailStart) {
        int at = (int) (offset - tailStart);
        int length = tail.slice(at, 4).getInt();
        ByteBuffer copy = ByteBuffer.allocate(length);
        copy.put(tail.slice(at + 4, length));
        return copy.flip();
      }
      from = file;
    }
    if (from == null) {
      throw new IllegalStateException("no record at " + offset);
    }
    ByteBuffer bytes = ByteBuffer.allocate(4 + USUAL_BYTES);
    readAtLeast(4, from, bytes, offset);
    int length = bytes.getInt(0);
    if (length > bytes.position() - 4) {
      ByteBuffer longer = ByteBuffer.allocate(4 + length);
      longer.put(bytes.flip());
      readAtLeast(4 + length, from, longer, offset + longer.position());
      bytes = longer;
    }
    return bytes.position(4).limit(4 + length);
  }

  /** Reads on until a buffer has so many bytes; more are welcome. */
  private static void readAtLeast(int bytes, FileChannel from, ByteBuffer into, long offset)
      throws IOException {
    long at = offset;
    while (into.position() < bytes) {
      int n = from.read(into, at);
      if (n < 0) {
        throw new IOException("ends at " + at);
      }
      at += n;
    }
  }

  @Override
  public synchronized void close() throws IOException {
    if (file != null) {
      file.close();
      file = null;
    }
  }
}
