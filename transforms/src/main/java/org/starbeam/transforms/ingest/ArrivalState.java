package org.starbeam.transforms.ingest;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.joda.time.Instant;
import org.starbeam.transforms.window.CampaignWindows;

/**
 * What a watcher remembers between two listings; all of it, so that it can stop and go on anywhere:
 * per folder when it last changed and 8 bytes for each name that has been seen, the files that are
 * still being written, the nights that are open and those that have closed.
 *
 * <p>Event time advances by nights only: to the end of the latest that has closed, but not past the
 * begin of one that is open or expected. So nights of years ago pass as tonight's do, and no
 * exposure, whatever its date, moves it.
 */
final class ArrivalState {
  /** A folder as it was last listed. */
  static final class Folder {
    private long modifiedMs = Long.MIN_VALUE;
    private long listedMs = Long.MIN_VALUE;
    private List<String> children = List.of();
    private final Set<Long> known = new HashSet<>();

    long modifiedMs() {
      return modifiedMs;
    }

    long listedMs() {
      return listedMs;
    }

    List<String> children() {
      return children;
    }

    boolean knows(String name) {
      return known.contains(key(name));
    }
  }

  /** A file whose writer may not have finished, as it was at a time. */
  record Unsettled(long bytes, long modifiedMs, long sinceMs) {
    /** True when size and time are still the same. */
    boolean is(long size, long time) {
      return bytes == size && modifiedMs == time;
    }
  }

  /** One thing that a watcher has seen or done. */
  sealed interface Step {
    /** A folder was listed. */
    record Listed(String folder, long modifiedMs, long nowMs, List<String> children)
        implements Step {}

    /** A frame is about to be sent on; its night is 0 when it opens none. */
    record Sent(String folder, String name, int night, long nowMs) implements Step {}

    /** A file is not to be sent on yet. */
    record Wait(String path, Unsettled as) implements Step {}

    /** A file that waited has gone. */
    record Gone(String path) implements Step {}

    /** A night takes no more exposures in time. */
    record Closed(int night) implements Step {}

    /** No more exposures will come. */
    record End() implements Step {}
  }

  private final TreeMap<String, Folder> folders = new TreeMap<>();
  private final TreeMap<String, Unsettled> unsettled = new TreeMap<>();
  private final TreeMap<Integer, Long> open = new TreeMap<>();
  private final TreeSet<Integer> closed = new TreeSet<>();
  private long lastArrivalMs = Long.MIN_VALUE;
  private boolean ended;

  /** A state in which nothing is left to do. */
  static ArrivalState ended() {
    ArrivalState state = new ArrivalState();
    state.ended = true;
    return state;
  }

  /** 64 bits that stand for a name. */
  private static long key(String name) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < name.length(); i++) {
      hash = (hash ^ name.charAt(i)) * 0x100000001b3L;
    }
    return hash;
  }

  Folder folder(String path) {
    return folders.computeIfAbsent(path, p -> new Folder());
  }

  Map<String, Unsettled> unsettled() {
    return unsettled;
  }

  /** Open nights with the time of their last arrival. */
  Map<Integer, Long> open() {
    return open;
  }

  boolean isClosed(int night) {
    return closed.contains(night);
  }

  /** True when any night has closed. */
  boolean hasClosed() {
    return !closed.isEmpty();
  }

  boolean isEnded() {
    return ended;
  }

  /** When the last frame arrived; the least number when none has. */
  long lastArrivalMs() {
    return lastArrivalMs;
  }

  int known() {
    return folders.values().stream().mapToInt(f -> f.known.size()).sum();
  }

  void apply(Step step) {
    if (step instanceof Step.Listed s) {
      Folder folder = folder(s.folder);
      folder.modifiedMs = s.modifiedMs;
      folder.listedMs = s.nowMs;
      folder.children = List.copyOf(s.children);
    } else if (step instanceof Step.Sent s) {
      folder(s.folder).known.add(key(s.name));
      unsettled.remove(path(s.folder, s.name));
      lastArrivalMs = s.nowMs;
      if (s.night != 0 && !closed.contains(s.night)) {
        open.put(s.night, s.nowMs);
      }
    } else if (step instanceof Step.Wait s) {
      unsettled.put(s.path, s.as);
    } else if (step instanceof Step.Gone s) {
      unsettled.remove(s.path);
    } else if (step instanceof Step.Closed s) {
      open.remove(s.night);
      closed.add(s.night);
    } else {
      ended = true;
    }
  }

  static String path(String folder, String name) {
    return folder.isEmpty() ? name : folder + "/" + name;
  }

  /**
   * How far event time has come.
   *
   * @param expected nights that are expected
   */
  Instant watermark(List<Integer> expected, double rolloverHours) {
    if (ended) {
      return BoundedWindow.TIMESTAMP_MAX_VALUE;
    }
    if (closed.isEmpty()) {
      return BoundedWindow.TIMESTAMP_MIN_VALUE;
    }
    long end = CampaignWindows.night(closed.last(), rolloverHours).endMs();
    OptionalInt first =
        IntStream.concat(
                open.keySet().stream().mapToInt(Integer::intValue),
                expected.stream().mapToInt(Integer::intValue).filter(n -> !closed.contains(n)))
            .min();
    return new Instant(
        first.isEmpty()
            ? end
            : Math.min(end, CampaignWindows.night(first.getAsInt(), rolloverHours).startMs()));
  }

  /** Plain numbers and UTF-8, names as sorted 64-bit keys. */
  static final class StateCoder extends AtomicCoder<ArrivalState> {
    private static final long serialVersionUID = 1L;
    private static final StateCoder INSTANCE = new StateCoder();

    private StateCoder() {}

    static StateCoder of() {
      return INSTANCE;
    }

    @Override
    public void encode(ArrivalState state, OutputStream stream) throws IOException {
      DataOutputStream out = new DataOutputStream(stream);
      out.writeBoolean(state.ended);
      out.writeLong(state.lastArrivalMs);
      out.writeInt(state.folders.size());
      for (Map.Entry<String, Folder> entry : state.folders.entrySet()) {
        encode(entry.getKey(), entry.getValue(), out);
      }
      out.writeInt(state.unsettled.size());
      for (Map.Entry<String, Unsettled> entry : state.unsettled.entrySet()) {
        out.writeUTF(entry.getKey());
        out.writeLong(entry.getValue().bytes());
        out.writeLong(entry.getValue().modifiedMs());
        out.writeLong(entry.getValue().sinceMs());
      }
      out.writeInt(state.open.size());
      for (Map.Entry<Integer, Long> entry : state.open.entrySet()) {
        out.writeInt(entry.getKey());
        out.writeLong(entry.getValue());
      }
      out.writeInt(state.closed.size());
      for (int night : state.closed) {
        out.writeInt(night);
      }
      out.flush();
    }

    private static void encode(String path, Folder folder, DataOutputStream out)
        throws IOException {
      out.writeUTF(path);
      out.writeLong(folder.modifiedMs);
      out.writeLong(folder.listedMs);
      out.writeInt(folder.children.size());
      for (String child : folder.children) {
        out.writeUTF(child);
      }
      long[] keys = folder.known.stream().mapToLong(Long::longValue).toArray();
      Arrays.sort(keys);
      out.writeInt(keys.length);
      for (long key : keys) {
        out.writeLong(key);
      }
    }

    @Override
    public ArrivalState decode(InputStream stream) throws IOException {
      DataInputStream in = new DataInputStream(stream);
      ArrivalState state = new ArrivalState();
      state.ended = in.readBoolean();
      state.lastArrivalMs = in.readLong();
      for (int n = in.readInt(); n > 0; n--) {
        decode(state.folder(in.readUTF()), in);
      }
      for (int n = in.readInt(); n > 0; n--) {
        state.unsettled.put(
            in.readUTF(), new Unsettled(in.readLong(), in.readLong(), in.readLong()));
      }
      for (int n = in.readInt(); n > 0; n--) {
        state.open.put(in.readInt(), in.readLong());
      }
      for (int n = in.readInt(); n > 0; n--) {
        state.closed.add(in.readInt());
      }
      return state;
    }

    private static void decode(Folder folder, DataInputStream in) throws IOException {
      folder.modifiedMs = in.readLong();
      folder.listedMs = in.readLong();
      String[] children = new String[in.readInt()];
      for (int i = 0; i < children.length; i++) {
        children[i] = in.readUTF();
      }
      folder.children = List.of(children);
      for (int n = in.readInt(); n > 0; n--) {
        folder.known.add(in.readLong());
      }
    }
  }
}
