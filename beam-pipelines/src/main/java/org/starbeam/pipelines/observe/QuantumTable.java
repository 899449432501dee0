package org.starbeam.pipelines.observe;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.starbeam.schema.QuantumStatus;

/**
 * What the monitor knows of every quantum of a run, one row per quantum, in columns: 96 bytes and
 * the data id, so that 10^6 quanta fit in 150 MB. Rows are numbered in the order in which the
 * quanta first appeared in the ledger and never move.
 *
 * <p>A table that comes from a file is mapped, not read: who asks for one quantum reads what it
 * needs of it. It is copied when it is changed for the first time.
 */
final class QuantumTable {
  private static final QuantumStatus[] STATUSES = QuantumStatus.values();
  private static final int FIRST_CAPACITY = 1024;
  private static final int ALIGNMENT = 8;

  private int size;
  private int textSize;
  private boolean mapped;
  private LongBuffer idHigh = longs(FIRST_CAPACITY);
  private LongBuffer idLow = longs(FIRST_CAPACITY);
  private LongBuffer fence = longs(FIRST_CAPACITY);
  private LongBuffer block = longs(FIRST_CAPACITY);
  private DoubleBuffer start = DoubleBuffer.allocate(FIRST_CAPACITY);
  private DoubleBuffer end = DoubleBuffer.allocate(FIRST_CAPACITY);
  private FloatBuffer wall = floats(FIRST_CAPACITY);
  private FloatBuffer cpu = floats(FIRST_CAPACITY);
  private FloatBuffer peak = floats(FIRST_CAPACITY);
  private IntBuffer index = ints(FIRST_CAPACITY);
  private IntBuffer segment = ints(FIRST_CAPACITY);
  private IntBuffer task = ints(FIRST_CAPACITY);
  private IntBuffer window = ints(FIRST_CAPACITY);
  private IntBuffer worker = ints(FIRST_CAPACITY);
  private IntBuffer signature = ints(FIRST_CAPACITY);
  private IntBuffer attempt = ints(FIRST_CAPACITY);
  private IntBuffer textEnd = ints(FIRST_CAPACITY);
  private ByteBuffer status = ByteBuffer.allocate(FIRST_CAPACITY);
  private ByteBuffer degraded = ByteBuffer.allocate(FIRST_CAPACITY);
  private ByteBuffer text = ByteBuffer.allocate(FIRST_CAPACITY);
  private IntBuffer slots = emptySlots(4 * FIRST_CAPACITY);

  private static LongBuffer longs(int capacity) {
    return LongBuffer.allocate(capacity);
  }

  private static FloatBuffer floats(int capacity) {
    return FloatBuffer.allocate(capacity);
  }

  private static IntBuffer ints(int capacity) {
    return IntBuffer.allocate(capacity);
  }

  /** The row of a quantum, or -1. */
  int find(long high, long low) {
    int mask = slots.capacity() - 1;
    for (int slot = hash(high, low) & mask; ; slot = slot + 1 & mask) {
      int row = slots.get(slot);
      if (row < 0 || (idHigh.get(row) == high && idLow.get(row) == low)) {
        return row;
      }
    }
  }

  /** A new row for a quantum that {@link #find} did not find. */
  int add(long high, long low, int taskNumber, String dataId) {
    own();
    if (size == idHigh.capacity()) {
      grow(Math.max(FIRST_CAPACITY, 2 * size));
    }
    int row = size++;
    idHigh.put(row, high);
    idLow.put(row, low);
    task.put(row, taskNumber);
    signature.put(row, -1);
    byte[] bytes = dataId.getBytes(StandardCharsets.UTF_8);
    if (textSize + bytes.length > text.capacity()) {
      int wanted = Math.max(2 * text.capacity(), textSize + bytes.length);
      text = ByteBuffer.allocate(wanted).put(0, text, 0, textSize);
    }
    text.put(textSize, bytes);
    textSize += bytes.length;
    textEnd.put(row, textSize);
    insert(row);
    return row;
  }

  /** What is mapped belongs to the file. */
  private void own() {
    if (mapped) {
      mapped = false;
      slots = ints(slots.capacity()).put(0, slots, 0, slots.capacity());
      text = ByteBuffer.allocate(Math.max(FIRST_CAPACITY, textSize)).put(0, text, 0, textSize);
      grow(Math.max(FIRST_CAPACITY, size));
    }
  }

  private void insert(int row) {
    int mask = slots.capacity() - 1;
    int slot = hash(idHigh.get(row), idLow.get(row)) & mask;
    while (slots.get(slot) >= 0) {
      slot = slot + 1 & mask;
    }
    slots.put(slot, row);
  }

  private static int hash(long high, long low) {
    long mixed = (high ^ Long.rotateLeft(low, 31)) * 0x9E3779B97F4A7C15L;
    return (int) (mixed >>> 32);
  }

  private static IntBuffer emptySlots(int length) {
    IntBuffer empty = ints(length);
    for (int slot = 0; slot < length; slot++) {
      empty.put(slot, -1);
    }
    return empty;
  }

  private void grow(int capacity) {
    idHigh = longs(capacity).put(0, idHigh, 0, size);
    idLow = longs(capacity).put(0, idLow, 0, size);
    fence = longs(capacity).put(0, fence, 0, size);
    block = longs(capacity).put(0, block, 0, size);
    start = DoubleBuffer.allocate(capacity).put(0, start, 0, size);
    end = DoubleBuffer.allocate(capacity).put(0, end, 0, size);
    wall = floats(capacity).put(0, wall, 0, size);
    cpu = floats(capacity).put(0, cpu, 0, size);
    peak = floats(capacity).put(0, peak, 0, size);
    index = ints(capacity).put(0, index, 0, size);
    segment = ints(capacity).put(0, segment, 0, size);
    task = ints(capacity).put(0, task, 0, size);
    window = ints(capacity).put(0, window, 0, size);
    worker = ints(capacity).put(0, worker, 0, size);
    signature = ints(capacity).put(0, signature, 0, size);
    attempt = ints(capacity).put(0, attempt, 0, size);
    textEnd = ints(capacity).put(0, textEnd, 0, size);
    status = ByteBuffer.allocate(capacity).put(0, status, 0, size);
    degraded = ByteBuffer.allocate(capacity).put(0, degraded, 0, size);
    if (2 * capacity > slots.capacity()) {
      slots = emptySlots(Integer.highestOneBit(capacity) * 4);
      for (int row = 0; row < size; row++) {
        insert(row);
      }
    }
  }

  /** Notes the state of a quantum and the place of the record that says so. */
  void set(
      int row,
      QuantumStatus newStatus,
      boolean isDegraded,
      int signatureNumber,
      int windowNumber,
      int workerNumber) {
    own();
    status.put(row, (byte) newStatus.ordinal());
    degraded.put(row, (byte) (isDegraded ? 1 : 0));
    signature.put(row, signatureNumber);
    window.put(row, windowNumber);
    worker.put(row, workerNumber);
  }

  void setPlace(int row, int segmentNumber, long blockPosition, int indexInBlock) {
    own();
    segment.put(row, segmentNumber);
    block.put(row, blockPosition);
    index.put(row, indexInBlock);
  }

  void setTimes(int row, long newFence, int newAttempt, double startMjd, double endMjd) {
    own();
    fence.put(row, newFence);
    attempt.put(row, newAttempt);
    start.put(row, startMjd);
    end.put(row, endMjd);
  }

  void setCosts(int row, double wallSeconds, double cpuSeconds, double peakBytes) {
    own();
    wall.put(row, (float) wallSeconds);
    cpu.put(row, (float) cpuSeconds);
    peak.put(row, (float) peakBytes);
  }

  int size() {
    return size;
  }

  QuantumStatus status(int row) {
    return STATUSES[status.get(row)];
  }

  boolean degraded(int row) {
    return degraded.get(row) != 0;
  }

  int signature(int row) {
    return signature.get(row);
  }

  int task(int row) {
    return task.get(row);
  }

  int window(int row) {
    return window.get(row);
  }

  int worker(int row) {
    return worker.get(row);
  }

  int attempt(int row) {
    return attempt.get(row);
  }

  long fence(int row) {
    return fence.get(row);
  }

  double startMjd(int row) {
    return start.get(row);
  }

  double endMjd(int row) {
    return end.get(row);
  }

  double wallSeconds(int row) {
    return wall.get(row);
  }

  double cpuSeconds(int row) {
    return cpu.get(row);
  }

  double peakBytes(int row) {
    return peak.get(row);
  }

  int segment(int row) {
    return segment.get(row);
  }

  long block(int row) {
    return block.get(row);
  }

  int indexInBlock(int row) {
    return index.get(row);
  }

  String dataId(int row) {
    int from = textStart(row);
    byte[] bytes = new byte[textEnd.get(row) - from];
    text.get(from, bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private int textStart(int row) {
    return row == 0 ? 0 : textEnd.get(row - 1);
  }

  /**
   * Rows whose data id has a dimension with this value, in their order: one pass over the texts of
   * all data ids, none of which is made into a string.
   */
  IntStream rowsWithValue(String value) {
    byte[] wanted = ("=" + value).getBytes(StandardCharsets.UTF_8);
    byte[] all = new byte[textSize];
    text.get(0, all);
    List<Integer> rows = new ArrayList<>();
    int row = 0;
    for (int at = 0; at + wanted.length <= textSize; at++) {
      if (all[at] != '=' || !matches(all, at, wanted)) {
        continue;
      }
      row = rowAt(at, row);
      int after = at + wanted.length;
      boolean whole = after == textEnd.get(row) || (after < textEnd.get(row) && all[after] == ',');
      if (whole && (rows.isEmpty() || rows.get(rows.size() - 1) != row)) {
        rows.add(row);
      }
    }
    return rows.stream().mapToInt(Integer::intValue);
  }

  private static boolean matches(byte[] all, int at, byte[] wanted) {
    for (int i = 1; i < wanted.length; i++) {
      if (all[at + i] != wanted[i]) {
        return false;
      }
    }
    return true;
  }

  /** The row whose text has this place; not before another row. */
  private int rowAt(int place, int notBefore) {
    int low = notBefore;
    int high = size - 1;
    while (low < high) {
      int middle = low + high >>> 1;
      if (textEnd.get(middle) > place) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  /** The quantum's id as the ledger writes it. */
  String id(int row) {
    return "%016x%016x".formatted(idHigh.get(row), idLow.get(row));
  }

  /** Writes the table so that {@link #map} finds it. */
  void write(WritableByteChannel out) throws IOException {
    ByteBuffer head = bytes(4 * Integer.BYTES);
    head.putInt(size).putInt(textSize).putInt(slots.capacity()).putInt(0);
    write(out, head.rewind());
    for (LongBuffer column : List.of(idHigh, idLow, fence, block)) {
      ByteBuffer bytes = bytes(Long.BYTES * size);
      bytes.asLongBuffer().put(0, column, 0, size);
      write(out, bytes);
    }
    for (DoubleBuffer column : List.of(start, end)) {
      ByteBuffer bytes = bytes(Double.BYTES * size);
      bytes.asDoubleBuffer().put(0, column, 0, size);
      write(out, bytes);
    }
    for (FloatBuffer column : List.of(wall, cpu, peak)) {
      ByteBuffer bytes = bytes(Float.BYTES * size);
      bytes.asFloatBuffer().put(0, column, 0, size);
      write(out, bytes);
    }
    for (IntBuffer column :
        List.of(index, segment, task, window, worker, signature, attempt, textEnd)) {
      write(out, column, size);
    }
    write(out, slots, slots.capacity());
    write(out, bytes(size).put(0, status, 0, size));
    write(out, bytes(size).put(0, degraded, 0, size));
    write(out, bytes(textSize).put(0, text, 0, textSize));
  }

  private static void write(WritableByteChannel out, IntBuffer column, int length)
      throws IOException {
    ByteBuffer bytes = bytes(Integer.BYTES * length);
    bytes.asIntBuffer().put(0, column, 0, length);
    write(out, bytes);
  }

  private static ByteBuffer bytes(int length) {
    return ByteBuffer.allocate(aligned(length)).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static int aligned(int length) {
    return (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private static void write(WritableByteChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }

  /**
   * The table that a file has from a place on.
   *
   * @throws IOException when the file ends too early
   */
  static QuantumTable map(FileChannel file, long from) throws IOException {
    Columns columns = new Columns(file, from);
    ByteBuffer head = columns.next(4 * Integer.BYTES);
    QuantumTable table = new QuantumTable();
    int rows = head.getInt(0);
    int texts = head.getInt(4);
    int slotCount = head.getInt(8);
    table.size = rows;
    table.textSize = texts;
    table.idHigh = columns.next(Long.BYTES * rows).asLongBuffer();
    table.idLow = columns.next(Long.BYTES * rows).asLongBuffer();
    table.fence = columns.next(Long.BYTES * rows).asLongBuffer();
    table.block = columns.next(Long.BYTES * rows).asLongBuffer();
    table.start = columns.next(Double.BYTES * rows).asDoubleBuffer();
    table.end = columns.next(Double.BYTES * rows).asDoubleBuffer();
    table.wall = columns.next(Float.BYTES * rows).asFloatBuffer();
    table.cpu = columns.next(Float.BYTES * rows).asFloatBuffer();
    table.peak = columns.next(Float.BYTES * rows).asFloatBuffer();
    table.index = columns.next(Integer.BYTES * rows).asIntBuffer();
    table.segment = columns.next(Integer.BYTES * rows).asIntBuffer();
    table.task = columns.next(Integer.BYTES * rows).asIntBuffer();
    table.window = columns.next(Integer.BYTES * rows).asIntBuffer();
    table.worker = columns.next(Integer.BYTES * rows).asIntBuffer();
    table.signature = columns.next(Integer.BYTES * rows).asIntBuffer();
    table.attempt = columns.next(Integer.BYTES * rows).asIntBuffer();
    table.textEnd = columns.next(Integer.BYTES * rows).asIntBuffer();
    table.slots = columns.next(Integer.BYTES * slotCount).asIntBuffer();
    table.status = columns.next(rows);
    table.degraded = columns.next(rows);
    table.text = columns.next(texts);
    table.mapped = true;
    return table;
  }

  /** The columns of a mapped file one after the other. */
  private static final class Columns {
    private final FileChannel file;
    private long at;

    Columns(FileChannel file, long from) {
      this.file = file;
      this.at = from;
    }

    ByteBuffer next(int length) throws IOException {
      if (at + length > file.size()) {
        throw new IOException("the table ends at " + file.size());
      }
      ByteBuffer bytes = file.map(FileChannel.MapMode.READ_ONLY, at, length);
      at += aligned(length);
      return bytes.order(ByteOrder.LITTLE_ENDIAN);
    }
  }
}
