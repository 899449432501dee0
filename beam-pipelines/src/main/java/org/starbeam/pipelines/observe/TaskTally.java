package org.starbeam.pipelines.observe;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.starbeam.schema.QuantumStatus;

/**
 * Running sums over the ledger records of one task. Counts of quanta follow the last record of each
 * quantum; times, bytes and cores are summed over every record, because what was spent on an
 * attempt that is repeated later was spent.
 */
final class TaskTally {
  /** Upper bounds of the exported histogram of run times, seconds. */
  static final List<Double> SECONDS_BOUNDS =
      List.of(0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0);

  /** Bytes per core that a core hour pays for (RTN-109). */
  static final double BYTES_PER_CORE = 4e9;

  private static final int MINUTES_KEPT = 180;

  final String step;
  final String task;
  final long[] byStatus = new long[QuantumStatus.values().length];
  final long[] byBound = new long[SECONDS_BOUNDS.size() + 1];
  final LogHistogram seconds;
  final LogHistogram coreSecondsOfQuanta;
  final LogHistogram peak;
  final TreeMap<Long, Long> endsByMinute = new TreeMap<>();
  long degraded;
  long executed;
  long retries;
  double coreSeconds;
  double memoryExcess;
  double failedCoreSeconds;
  double retriedCoreSeconds;
  double repeatedCoreSeconds;
  double savedCoreSeconds;
  double wallSeconds;
  double wallSquared;
  double waitSeconds;
  double peakBytes;
  double bytesRead;
  double bytesWritten;
  double firstStart = Double.POSITIVE_INFINITY;
  double lastEnd = Double.NEGATIVE_INFINITY;

  TaskTally(String step, String task) {
    this(step, task, new LogHistogram(), new LogHistogram(), new LogHistogram());
  }

  private TaskTally(
      String step, String task, LogHistogram seconds, LogHistogram cores, LogHistogram peak) {
    this.step = step;
    this.task = task;
    this.seconds = seconds;
    this.coreSecondsOfQuanta = cores;
    this.peak = peak;
  }

  long count(QuantumStatus status) {
    return byStatus[status.ordinal()];
  }

  /** Quanta of the task that the ledger knows. */
  long known() {
    long sum = 0;
    for (long count : byStatus) {
      sum += count;
    }
    return sum;
  }

  /** Quanta with a terminal status. */
  long ended() {
    return known() - count(QuantumStatus.RUNNING) - count(QuantumStatus.PLANNED);
  }

  /** Adds a terminal record of a quantum that was executed. */
  void executed(double wall, double cpu, double bytes, int attempt, boolean failed) {
    executed++;
    coreSeconds += cpu;
    memoryExcess += cpu * (Math.max(1, bytes / BYTES_PER_CORE) - 1);
    wallSeconds += wall;
    wallSquared += wall * wall;
    peakBytes = Math.max(peakBytes, bytes);
    seconds.add(wall);
    coreSecondsOfQuanta.add(cpu);
    if (bytes > 0) {
      peak.add(bytes);
    }
    int bound = 0;
    while (bound < SECONDS_BOUNDS.size() && wall > SECONDS_BOUNDS.get(bound)) {
      bound++;
    }
    byBound[bound]++;
    if (failed) {
      failedCoreSeconds += cpu;
    }
    if (attempt > 1) {
      retries += attempt - 1;
      if (!failed) {
        retriedCoreSeconds += cpu * (attempt - 1) / attempt;
      }
    }
  }

  void ended(double endMjd) {
    lastEnd = Math.max(lastEnd, endMjd);
    endsByMinute.merge(minute(endMjd), 1L, Long::sum);
    while (endsByMinute.size() > MINUTES_KEPT) {
      endsByMinute.pollFirstEntry();
    }
  }

  static long minute(double mjd) {
    return (long) Math.floor(mjd * 1440);
  }

  /** Quanta per minute that ended in the last minutes before a time. */
  double perMinute(double nowMjd, int minutes) {
    long now = minute(nowMjd);
    long from = Math.max(now - minutes, minute(firstStart));
    long sum = 0;
    for (Map.Entry<Long, Long> entry : endsByMinute.tailMap(from, true).entrySet()) {
      sum += entry.getValue();
    }
    return sum / Math.max(1, nowMjd * 1440 - from);
  }

  double meanWall() {
    return executed == 0 ? Double.NaN : wallSeconds / executed;
  }

  /** Standard deviation of the run times. */
  double scatterOfWall() {
    if (executed < 2) {
      return Double.NaN;
    }
    double mean = wallSeconds / executed;
    return Math.sqrt(Math.max(0, wallSquared / executed - mean * mean));
  }

  void write(DataOutputStream out) throws IOException {
    out.writeUTF(step);
    out.writeUTF(task);
    write(out, byStatus);
    write(out, byBound);
    seconds.write(out);
    coreSecondsOfQuanta.write(out);
    peak.write(out);
    out.writeInt(endsByMinute.size());
    for (Map.Entry<Long, Long> entry : endsByMinute.entrySet()) {
      out.writeLong(entry.getKey());
      out.writeLong(entry.getValue());
    }
    write(out, new long[] {degraded, executed, retries});
    for (double sum : sums()) {
      out.writeDouble(sum);
    }
  }

  private double[] sums() {
    return new double[] {
      coreSeconds,
      memoryExcess,
      failedCoreSeconds,
      retriedCoreSeconds,
      repeatedCoreSeconds,
      savedCoreSeconds,
      wallSeconds,
      wallSquared,
      waitSeconds,
      peakBytes,
      bytesRead,
      bytesWritten,
      firstStart,
      lastEnd
    };
  }

  static TaskTally read(DataInputStream in) throws IOException {
    String step = in.readUTF();
    String task = in.readUTF();
    long[] byStatus = new long[QuantumStatus.values().length];
    long[] byBound = new long[SECONDS_BOUNDS.size() + 1];
    read(in, byStatus);
    read(in, byBound);
    TaskTally tally =
        new TaskTally(
            step, task, LogHistogram.read(in), LogHistogram.read(in), LogHistogram.read(in));
    System.arraycopy(byStatus, 0, tally.byStatus, 0, byStatus.length);
    System.arraycopy(byBound, 0, tally.byBound, 0, byBound.length);
    int minutes = in.readInt();
    for (int i = 0; i < minutes; i++) {
      tally.endsByMinute.put(in.readLong(), in.readLong());
    }
    tally.degraded = in.readLong();
    tally.executed = in.readLong();
    tally.retries = in.readLong();
    tally.coreSeconds = in.readDouble();
    tally.memoryExcess = in.readDouble();
    tally.failedCoreSeconds = in.readDouble();
    tally.retriedCoreSeconds = in.readDouble();
    tally.repeatedCoreSeconds = in.readDouble();
    tally.savedCoreSeconds = in.readDouble();
    tally.wallSeconds = in.readDouble();
    tally.wallSquared = in.readDouble();
    tally.waitSeconds = in.readDouble();
    tally.peakBytes = in.readDouble();
    tally.bytesRead = in.readDouble();
    tally.bytesWritten = in.readDouble();
    tally.firstStart = in.readDouble();
    tally.lastEnd = in.readDouble();
    return tally;
  }

  private static void write(DataOutputStream out, long[] values) throws IOException {
    for (long value : values) {
      out.writeLong(value);
    }
  }

  private static void read(DataInputStream in, long[] values) throws IOException {
    for (int i = 0; i < values.length; i++) {
      values[i] = in.readLong();
    }
  }
}
