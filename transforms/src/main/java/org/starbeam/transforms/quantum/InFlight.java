package org.starbeam.transforms.quantum;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.QuantumRecord;

/**
 * What this worker works on right now, in a file that is there when the worker is not any more: a
 * mapped file outlives its process without being flushed. The records of the ledger that say that
 * an attempt began may be a second late, too late for a quantum that kills its worker at once.
 *
 * <p>The file lies beside the worker's segment: {@value #SLOTS} slots of {@value #SLOT_BYTES}
 * bytes, each an int that counts the bytes of a text, 0 when the slot is free. The first slot names
 * the worker, so that the file of one that died between two quanta is known for what it is.
 */
final class InFlight implements Closeable {
  static final String SUFFIX = ".inflight";

  private static final int SLOTS = 256;
  private static final int SLOT_BYTES = 512;

  private final Path file;
  private final String shard;
  private final BitSet used = new BitSet();
  private @Nullable MappedByteBuffer slots;

  /**
   * One quantum that a worker was working on, or only the worker.
   *
   * @param worker {@code pid@host}
   * @param quantumId empty when the entry names the worker
   */
  record Entry(
      String worker,
      String shard,
      long fence,
      String quantumId,
      String task,
      String dataId,
      String inputHash) {

    boolean isQuantum() {
      return !quantumId.isEmpty();
    }

    private byte[] bytes() {
      String text =
          String.join(
              "\n", worker, shard, Long.toString(fence), quantumId, task, dataId, inputHash);
      byte[] all = text.getBytes(StandardCharsets.UTF_8);
      return all.length <= SLOT_BYTES - 4 ? all : new byte[0];
    }

    private static @Nullable Entry parse(String text) {
      String[] parts = text.split("\n", -1);
      return parts.length == 7
          ? new Entry(
              parts[0], parts[1], Long.parseLong(parts[2]), parts[3], parts[4], parts[5], parts[6])
          : null;
    }
  }

  InFlight(Path file, String shard) {
    this.file = file;
    this.shard = shard;
  }

  /** Notes a quantum that is about to run; returns its slot, -1 when there is none. */
  synchronized int enter(QuantumRecord running, long fence) throws IOException {
    MappedByteBuffer map = slots;
    if (map == null) {
      map = open();
      put(map, new Entry(running.getWorker(), shard, fence, "", "", "", ""));
    }
    return put(
        map,
        new Entry(
            running.getWorker(),
            shard,
            fence,
            running.getQuantumId(),
            running.getTask(),
            running.getDataId(),
            running.getInputHash()));
  }

  private int put(MappedByteBuffer map, Entry entry) {
    int slot = used.nextClearBit(0);
    byte[] text = entry.bytes();
    if (slot >= SLOTS || text.length == 0) {
      return -1;
    }
    used.set(slot);
    map.put(slot * SLOT_BYTES + 4, text);
    map.putInt(slot * SLOT_BYTES, text.length);
    return slot;
  }

  /** Frees a slot. */
  synchronized void leave(int slot) {
    if (slot >= 0 && slots != null) {
      slots.putInt(slot * SLOT_BYTES, 0);
      used.clear(slot);
    }
  }

  private MappedByteBuffer open() throws IOException {
    Files.createDirectories(file.getParent());
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE)) {
      channel.write(ByteBuffer.allocate(SLOTS * SLOT_BYTES), 0);
      MappedByteBuffer map =
          channel.map(FileChannel.MapMode.READ_WRITE, 0, (long) SLOTS * SLOT_BYTES);
      slots = map;
      return map;
    }
  }

  /**
   * The worker and what it was working on when it died; nothing when somebody else has just taken
   * the file away.
   */
  static List<Entry> read(Path file) throws IOException {
    ByteBuffer bytes;
    try {
      bytes = ByteBuffer.wrap(Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      return List.of();
    }
    List<Entry> out = new ArrayList<>();
    for (int at = 0; at + SLOT_BYTES <= bytes.capacity(); at += SLOT_BYTES) {
      int length = bytes.getInt(at);
      if (length > 0 && length <= SLOT_BYTES - 4) {
        Entry entry =
            Entry.parse(new String(bytes.array(), at + 4, length, StandardCharsets.UTF_8));
        if (entry != null) {
          out.add(entry);
        }
      }
    }
    return out;
  }

  /** Takes the file away: whoever closes it has ended the quanta in it. */
  @Override
  public synchronized void close() throws IOException {
    slots = null;
    Files.deleteIfExists(file);
  }
}
