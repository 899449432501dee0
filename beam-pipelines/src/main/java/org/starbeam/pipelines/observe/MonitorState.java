package org.starbeam.pipelines.observe;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.QuantumStatus;

/**
 * What a {@link RunMonitor} has learned from a ledger. The table of the quanta is loaded when it is
 * first needed: a summary of a run that has not changed does without.
 */
final class MonitorState {
  private static final int STATUSES = QuantumStatus.values().length;

  /** Stands for the error class of quanta that did not fail but have caveats. */
  static final String DEGRADED = "DEGRADED";

  /** A kind of failure or caveat of a task, with the first quantum that ended so. */
  static final class Signature {
    final String key;
    final String task;
    final String errorClass;
    final String errorCode;
    final String name;
    final String message;
    final String exampleId;
    final String example;
    long count;

    private Signature(
        String key,
        String task,
        String errorClass,
        String errorCode,
        String name,
        String message,
        String exampleId,
        String example) {
      this.key = key;
      this.task = task;
      this.errorClass = errorClass;
      this.errorCode = errorCode;
      this.name = name;
      this.message = message;
      this.exampleId = exampleId;
      this.example = example;
    }

    static Signature of(String key, LedgerEntry entry) {
      return new Signature(
          key,
          entry.task(),
          entry.failed() ? text(entry.errorClass(), "FAILED") : DEGRADED,
          entry.failed() ? text(entry.errorCode(), "unknown") : entry.caveats(),
          text(entry.signature(), ""),
          text(entry.message(), ""),
          entry.quantumId(),
          entry.dataId());
    }

    boolean failure() {
      return !errorClass.equals(DEGRADED);
    }

    private static String text(@Nullable String value, String otherwise) {
      return value == null ? otherwise : value;
    }
  }

  /** Positions by segment, as of the last save. */
  final Map<String, Long> segments = new LinkedHashMap<>();

  final List<TaskTally> tasks = new ArrayList<>();
  final List<String> windows = new ArrayList<>();
  final List<String> workers = new ArrayList<>();
  final List<Signature> signatures = new ArrayList<>();

  /** Rows of the quanta that took longest, longest first. */
  final List<Integer> slowest = new ArrayList<>();

  Activity activity = new Activity();
  long records;
  private List<QuantumView> savedSlowest = List.of();
  private final Map<Long, long[]> cells = new LinkedHashMap<>();
  private final Supplier<QuantumTable> loader;
  private @Nullable QuantumTable table;

  MonitorState(Supplier<QuantumTable> loader) {
    this.loader = loader;
  }

  QuantumTable table() {
    QuantumTable loaded = table;
    if (loaded == null) {
      loaded = loader.get();
      table = loaded;
    }
    return loaded;
  }

  /** Counts by status of a task in a window. */
  long[] cell(int task, int window) {
    return cells.computeIfAbsent((long) task << 32 | window, key -> new long[STATUSES]);
  }

  /** Counts by status of a step's tasks together, by window. */
  Map<String, long[]> windowsOf(String step) {
    Map<String, long[]> out = new LinkedHashMap<>();
    cells.forEach(
        (key, counts) -> {
          if (tasks.get((int) (key >> 32)).step.equals(step)) {
            long[] sum =
                out.computeIfAbsent(windows.get(key.intValue()), name -> new long[STATUSES]);
            Arrays.setAll(sum, i -> sum[i] + counts[i]);
          }
        });
    return out;
  }

  /** Takes a row into the list of the slowest when it belongs there. */
  void slowest(int row, int most) {
    QuantumTable rows = table();
    slowest.remove((Integer) row);
    int place = slowest.size();
    while (place > 0 && rows.wallSeconds(slowest.get(place - 1)) < rows.wallSeconds(row)) {
      place--;
    }
    if (place < most) {
      slowest.add(place, row);
      if (slowest.size() > most) {
        slowest.remove(most);
      }
    }
  }

  /** The slowest quanta; as they were saved while the table is not loaded. */
  List<QuantumView> slowestViews() {
    return table == null
        ? savedSlowest
        : slowest.stream().map(row -> QuantumView.of(this, row)).toList();
  }

  void write(DataOutputStream out) throws IOException {
    out.writeLong(records);
    activity.write(out);
    out.writeInt(segments.size());
    for (Map.Entry<String, Long> segment : segments.entrySet()) {
      out.writeUTF(segment.getKey());
      out.writeLong(segment.getValue());
    }
    out.writeInt(tasks.size());
    for (TaskTally tally : tasks) {
      tally.write(out);
    }
    for (List<String> names : List.of(windows, workers)) {
      out.writeInt(names.size());
      for (String name : names) {
        out.writeUTF(name);
      }
    }
    out.writeInt(signatures.size());
    for (Signature s : signatures) {
      for (String text :
          List.of(
              s.key,
              s.task,
              s.errorClass,
              s.errorCode,
              s.name,
              s.message,
              s.exampleId,
              s.example)) {
        out.writeUTF(text);
      }
      out.writeLong(s.count);
    }
    out.writeInt(slowest.size());
    for (int row : slowest) {
      out.writeInt(row);
      out.writeUTF(RunStateJson.mapper().writeValueAsString(QuantumView.of(this, row)));
    }
    out.writeInt(cells.size());
    for (Map.Entry<Long, long[]> cell : cells.entrySet()) {
      out.writeLong(cell.getKey());
      for (long count : cell.getValue()) {
        out.writeLong(count);
      }
    }
  }

  static MonitorState read(DataInputStream in, Supplier<QuantumTable> loader) throws IOException {
    MonitorState state = new MonitorState(loader);
    state.records = in.readLong();
    state.activity = Activity.read(in);
    for (int left = in.readInt(); left > 0; left--) {
      state.segments.put(in.readUTF(), in.readLong());
    }
    for (int left = in.readInt(); left > 0; left--) {
      state.tasks.add(TaskTally.read(in));
    }
    for (List<String> names : List.of(state.windows, state.workers)) {
      for (int left = in.readInt(); left > 0; left--) {
        names.add(in.readUTF());
      }
    }
    for (int left = in.readInt(); left > 0; left--) {
      Signature signature =
          new Signature(
              in.readUTF(),
              in.readUTF(),
              in.readUTF(),
              in.readUTF(),
              in.readUTF(),
              in.readUTF(),
              in.readUTF(),
              in.readUTF());
      signature.count = in.readLong();
      state.signatures.add(signature);
    }
    List<QuantumView> views = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      state.slowest.add(in.readInt());
      views.add(RunStateJson.mapper().readValue(in.readUTF(), QuantumView.class));
    }
    state.savedSlowest = List.copyOf(views);
    for (int left = in.readInt(); left > 0; left--) {
      long key = in.readLong();
      long[] counts = new long[STATUSES];
      for (int i = 0; i < STATUSES; i++) {
        counts[i] = in.readLong();
      }
      state.cells.put(key, counts);
    }
    return state;
  }
}
