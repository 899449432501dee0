package org.starbeam.pipelines.observe;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.starbeam.schema.QuantumStatus;

/**
 * What the monitor knows of every quantum of a run, one row per quantum, in flat arrays: 96 bytes
 * and the data id, so that 10^6 quanta fit in 150 MB. Rows are numbered in the order in which the
 * quanta first appeared in the ledger and never move.
 */
final class QuantumTable {
  private static final QuantumStatus[] STATUSES = QuantumStatus.values();
  private static final int FIRST_CAPACITY = 1024;

  private int size;
  private int textSize;
  private long[] idHigh = new long[FIRST_CAPACITY];
  private long[] idLow = new long[FIRST_CAPACITY];
  private long[] fence = new long[FIRST_CAPACITY];
  private long[] block = new long[FIRST_CAPACITY];
  private double[] start = new double[FIRST_CAPACITY];
  private double[] end = new double[FIRST_CAPACITY];
  private float[] wall = new float[FIRST_CAPACITY];
  private float[] cpu = new float[FIRST_CAPACITY];
  private float[] peak = new float[FIRST_CAPACITY];
  private int[] index = new int[FIRST_CAPACITY];
  private int[] segment = new int[FIRST_CAPACITY];
  private int[] task = new int[FIRST_CAPACITY];
  private int[] window = new int[FIRST_CAPACITY];
  private int[] worker = new int[FIRST_CAPACITY];
  private int[] signature = new int[FIRST_CAPACITY];
  private int[] attempt = new int[FIRST_CAPACITY];
  private int[] textEnd = new int[FIRST_CAPACITY];
  private byte[] status = new byte[FIRST_CAPACITY];
  private boolean[] degraded = new boolean[FIRST_CAPACITY];
  private byte[] text = new byte[FIRST_CAPACITY];
  private int[] slots = emptySlots(4 * FIRST_CAPACITY);

  /** The row of a quantum, or -1. */
  int find(long high, long low) {
    int mask = slots.length - 1;
    for (int slot = hash(high, low) & mask; ; slot = slot + 1 & mask) {
      int row = slots[slot];
      if (row < 0 || (idHigh[row] == high && idLow[row] == low)) {
        return row;
      }
    }
  }

  /** A new row for a quantum that {@link #find} did not find. */
  int add(long high, long low, int taskNumber, String dataId) {
    if (size == idHigh.length) {
      grow(2 * size);
    }
    int row = size++;
    idHigh[row] = high;
    idLow[row] = low;
    task[row] = taskNumber;
    signature[row] = -1;
    byte[] bytes = dataId.getBytes(StandardCharsets.UTF_8);
    if (textSize + bytes.length > text.length) {
      text = Arrays.copyOf(text, Math.max(2 * text.length, textSize + bytes.length));
    }
    System.arraycopy(bytes, 0, text, textSize, bytes.length);
    textSize += bytes.length;
    textEnd[row] = textSize;
    insert(slots, row);
    return row;
  }

  private void insert(int[] into, int row) {
    int mask = into.length - 1;
    int slot = hash(idHigh[row], idLow[row]) & mask;
    while (into[slot] >= 0) {
      slot = slot + 1 & mask;
    }
    into[slot] = row;
  }

  private static int hash(long high, long low) {
    long mixed = (high ^ Long.rotateLeft(low, 31)) * 0x9E3779B97F4A7C15L;
    return (int) (mixed >>> 32);
  }

  private static int[] emptySlots(int length) {
    int[] empty = new int[length];
    Arrays.fill(empty, -1);
    return empty;
  }

  private void grow(int capacity) {
    idHigh = Arrays.copyOf(idHigh, capacity);
    idLow = Arrays.copyOf(idLow, capacity);
    fence = Arrays.copyOf(fence, capacity);
    block = Arrays.copyOf(block, capacity);
    start = Arrays.copyOf(start, capacity);
    end = Arrays.copyOf(end, capacity);
    wall = Arrays.copyOf(wall, capacity);
    cpu = Arrays.copyOf(cpu, capacity);
    peak = Arrays.copyOf(peak, capacity);
    index = Arrays.copyOf(index, capacity);
    segment = Arrays.copyOf(segment, capacity);
    task = Arrays.copyOf(task, capacity);
    window = Arrays.copyOf(window, capacity);
    worker = Arrays.copyOf(worker, capacity);
    signature = Arrays.copyOf(signature, capacity);
    attempt = Arrays.copyOf(attempt, capacity);
    textEnd = Arrays.copyOf(textEnd, capacity);
    status = Arrays.copyOf(status, capacity);
    degraded = Arrays.copyOf(degraded, capacity);
    slots = emptySlots(Integer.highestOneBit(capacity) * 4);
    for (int row = 0; row < size; row++) {
      insert(slots, row);
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
    status[row] = (byte) newStatus.ordinal();
    degraded[row] = isDegraded;
    signature[row] = signatureNumber;
    window[row] = windowNumber;
    worker[row] = workerNumber;
  }

  void setPlace(int row, int segmentNumber, long blockPosition, int indexInBlock) {
    segment[row] = segmentNumber;
    block[row] = blockPosition;
    index[row] = indexInBlock;
  }

  void setTimes(int row, long newFence, int newAttempt, double startMjd, double endMjd) {
    fence[row] = newFence;
    attempt[row] = newAttempt;
    start[row] = startMjd;
    end[row] = endMjd;
  }

  void setCosts(int row, double wallSeconds, double cpuSeconds, double peakBytes) {
    wall[row] = (float) wallSeconds;
    cpu[row] = (float) cpuSeconds;
    peak[row] = (float) peakBytes;
  }

  int size() {
    return size;
  }

  QuantumStatus status(int row) {
    return STATUSES[status[row]];
  }

  boolean degraded(int row) {
    return degraded[row];
  }

  int signature(int row) {
    return signature[row];
  }

  int task(int row) {
    return task[row];
  }

  int window(int row) {
    return window[row];
  }

  int worker(int row) {
    return worker[row];
  }

  int attempt(int row) {
    return attempt[row];
  }

  long fence(int row) {
    return fence[row];
  }

  double startMjd(int row) {
    return start[row];
  }

  double endMjd(int row) {
    return end[row];
  }

  double wallSeconds(int row) {
    return wall[row];
  }

  double cpuSeconds(int row) {
    return cpu[row];
  }

  double peakBytes(int row) {
    return peak[row];
  }

  int segment(int row) {
    return segment[row];
  }

  long block(int row) {
    return block[row];
  }

  int indexInBlock(int row) {
    return index[row];
  }

  String dataId(int row) {
    int from = row == 0 ? 0 : textEnd[row - 1];
    return new String(text, from, textEnd[row] - from, StandardCharsets.UTF_8);
  }

  /** The quantum's id as the ledger writes it. */
  String id(int row) {
    return "%016x%016x".formatted(idHigh[row], idLow[row]);
  }

  void write(DataOutputStream out) throws IOException {
    out.writeInt(size);
    out.writeInt(textSize);
    out.writeInt(slots.length);
    for (long[] column : new long[][] {idHigh, idLow, fence, block}) {
      write(out, column);
    }
    for (double[] column : new double[][] {start, end}) {
      write(out, column);
    }
    for (float[] column : new float[][] {wall, cpu, peak}) {
      write(out, column);
    }
    int[][] whole = {index, segment, task, window, worker, signature, attempt, textEnd};
    for (int[] column : whole) {
      write(out, column, size);
    }
    write(out, slots, slots.length);
    out.write(status, 0, size);
    byte[] flags = new byte[size];
    for (int row = 0; row < size; row++) {
      flags[row] = (byte) (degraded[row] ? 1 : 0);
    }
    out.write(flags);
    out.write(text, 0, textSize);
  }

  static QuantumTable read(DataInputStream in) throws IOException {
    QuantumTable table = new QuantumTable();
    int size = in.readInt();
    int textSize = in.readInt();
    int slotCount = in.readInt();
    table.size = size;
    table.textSize = textSize;
    int capacity = Math.max(FIRST_CAPACITY, Integer.highestOneBit(Math.max(1, size)) * 2);
    table.idHigh = longs(in, size, capacity);
    table.idLow = longs(in, size, capacity);
    table.fence = longs(in, size, capacity);
    table.block = longs(in, size, capacity);
    table.start = doubles(in, size, capacity);
    table.end = doubles(in, size, capacity);
    table.wall = floats(in, size, capacity);
    table.cpu = floats(in, size, capacity);
    table.peak = floats(in, size, capacity);
    table.index = ints(in, size, capacity);
    table.segment = ints(in, size, capacity);
    table.task = ints(in, size, capacity);
    table.window = ints(in, size, capacity);
    table.worker = ints(in, size, capacity);
    table.signature = ints(in, size, capacity);
    table.attempt = ints(in, size, capacity);
    table.textEnd = ints(in, size, capacity);
    table.slots = ints(in, slotCount, slotCount);
    table.status = Arrays.copyOf(bytes(in, size), capacity);
    byte[] flags = bytes(in, size);
    table.degraded = new boolean[capacity];
    for (int row = 0; row < size; row++) {
      table.degraded[row] = flags[row] != 0;
    }
    table.text = Arrays.copyOf(bytes(in, textSize), Math.max(FIRST_CAPACITY, textSize));
    return table;
  }

  private void write(DataOutputStream out, long[] column) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(8 * size);
    buffer.asLongBuffer().put(column, 0, size);
    out.write(buffer.array());
  }

  private void write(DataOutputStream out, double[] column) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(8 * size);
    buffer.asDoubleBuffer().put(column, 0, size);
    out.write(buffer.array());
  }

  private void write(DataOutputStream out, float[] column) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(4 * size);
    buffer.asFloatBuffer().put(column, 0, size);
    out.write(buffer.array());
  }

  private static void write(DataOutputStream out, int[] column, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(4 * length);
    buffer.asIntBuffer().put(column, 0, length);
    out.write(buffer.array());
  }

  private static byte[] bytes(DataInputStream in, int length) throws IOException {
    byte[] bytes = new byte[length];
    in.readFully(bytes);
    return bytes;
  }

  private static long[] longs(DataInputStream in, int length, int capacity) throws IOException {
    long[] column = new long[capacity];
    ByteBuffer.wrap(bytes(in, 8 * length)).asLongBuffer().get(column, 0, length);
    return column;
  }

  private static double[] doubles(DataInputStream in, int length, int capacity) throws IOException {
    double[] column = new double[capacity];
    ByteBuffer.wrap(bytes(in, 8 * length)).asDoubleBuffer().get(column, 0, length);
    return column;
  }

  private static float[] floats(DataInputStream in, int length, int capacity) throws IOException {
    float[] column = new float[capacity];
    ByteBuffer.wrap(bytes(in, 4 * length)).asFloatBuffer().get(column, 0, length);
    return column;
  }

  private static int[] ints(DataInputStream in, int length, int capacity) throws IOException {
    int[] column = new int[capacity];
    ByteBuffer.wrap(bytes(in, 4 * length)).asIntBuffer().get(column, 0, length);
    return column;
  }
}
