package org.starbeam.transforms.ingest;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.io.UnboundedSource;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.joda.time.Instant;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.RecordCoder;
import org.starbeam.transforms.ingest.ArrivalState.Step;

/**
 * A watched input as an unbounded source: the looks of {@link ArrivalPoll}, one every poll. A
 * checkpoint holds what has been seen, the frames that were seen and not yet read, and event time.
 */
final class ArrivalSource extends UnboundedSource<QuantumResult, ArrivalSource.Mark> {
  private static final long serialVersionUID = 1L;

  private final WatchedInput input;

  ArrivalSource(WatchedInput input) {
    this.input = input;
  }

  /** One directory is followed by one reader. */
  @Override
  public List<ArrivalSource> split(int desired, PipelineOptions options) {
    return List.of(this);
  }

  @Override
  public UnboundedReader<QuantumResult> createReader(PipelineOptions options, @Nullable Mark mark) {
    return new Reader(this, mark == null ? Mark.begin() : mark);
  }

  @Override
  public Coder<Mark> getCheckpointMarkCoder() {
    return MarkCoder.INSTANCE;
  }

  @Override
  public Coder<QuantumResult> getOutputCoder() {
    return RecordCoder.of(QuantumResult.class);
  }

  /** A frame and the event time at which it was seen. */
  private record Sent(QuantumResult frame, Instant time) {}

  /**
   * Where a reader goes on.
   *
   * @param waiting frames that the state knows and that have not been read
   * @param watermark event time of the state
   */
  record Mark(ArrivalState state, List<QuantumResult> waiting, Instant watermark)
      implements CheckpointMark {
    static Mark begin() {
      return new Mark(new ArrivalState(), List.of(), BoundedWindow.TIMESTAMP_MIN_VALUE);
    }

    @Override
    public void finalizeCheckpoint() {
      // frames stay where they are
    }
  }

  /** Looks and hands out what was found, one by one. */
  private static final class Reader extends UnboundedReader<QuantumResult>
      implements ArrivalPoll.Stream {
    private final ArrivalSource source;
    private final ArrivalState state;
    private final Deque<Sent> waiting = new ArrayDeque<>();
    private Instant watermark;
    private @Nullable Sent current;
    private long lookedMs = System.currentTimeMillis();
    private long nextLookMs;

    Reader(ArrivalSource source, Mark mark) {
      this.source = source;
      this.state = mark.state();
      this.watermark = mark.watermark();
      mark.waiting()
          .forEach(frame -> waiting.add(new Sent(frame, new Instant(frame.getEventTimeMs()))));
    }

    @Override
    public boolean start() {
      return advance();
    }

    @Override
    public boolean advance() {
      if (waiting.isEmpty() && !state.isEnded() && System.currentTimeMillis() >= nextLookMs) {
        look();
      }
      current = waiting.poll();
      return current != null;
    }

    private void look() {
      long pause = source.input.restMs();
      try {
        new ArrivalPoll(source.input, this).run();
        lookedMs = System.currentTimeMillis();
      } catch (IOException e) {
        pause = source.input.restMs(e, lookedMs);
      }
      nextLookMs = System.currentTimeMillis() + pause;
    }

    @Override
    public QuantumResult getCurrent() {
      return sent().frame();
    }

    @Override
    public Instant getCurrentTimestamp() {
      return sent().time();
    }

    private Sent sent() {
      Sent now = current;
      if (now == null) {
        throw new NoSuchElementException("no frame");
      }
      return now;
    }

    /** Not past the frames that wait to be read. */
    @Override
    public Instant getWatermark() {
      Sent next = waiting.peek();
      return next == null || next.time().isAfter(watermark) ? watermark : next.time();
    }

    @Override
    public Mark getCheckpointMark() {
      return new Mark(state, waiting.stream().map(Sent::frame).toList(), watermark);
    }

    @Override
    public ArrivalSource getCurrentSource() {
      return source;
    }

    @Override
    public void close() {
      waiting.clear();
    }

    @Override
    public ArrivalState state() {
      return state;
    }

    @Override
    public boolean claim(Step step) {
      if (!state.isEnded()) {
        state.apply(step);
        return true;
      }
      return false;
    }

    @Override
    public Instant watermark() {
      return watermark;
    }

    @Override
    public void advance(Instant to) {
      watermark = to;
    }

    @Override
    public void send(QuantumResult frame, Instant time) {
      waiting.add(new Sent(frame, time));
    }
  }

  /** State, number of waiting frames, these, event time. */
  private static final class MarkCoder extends AtomicCoder<Mark> {
    private static final long serialVersionUID = 1L;
    private static final MarkCoder INSTANCE = new MarkCoder();
    private static final Coder<QuantumResult> FRAME = RecordCoder.of(QuantumResult.class);

    @Override
    public void encode(Mark mark, OutputStream stream) throws IOException {
      DataOutputStream out = new DataOutputStream(stream);
      ArrivalState.StateCoder.of().encode(mark.state(), out);
      out.writeInt(mark.waiting().size());
      for (QuantumResult frame : mark.waiting()) {
        FRAME.encode(frame, out);
      }
      out.writeLong(mark.watermark().getMillis());
      out.flush();
    }

    @Override
    public Mark decode(InputStream stream) throws IOException {
      DataInputStream in = new DataInputStream(stream);
      ArrivalState state = ArrivalState.StateCoder.of().decode(in);
      List<QuantumResult> waiting = new ArrayList<>();
      for (int n = in.readInt(); n > 0; n--) {
        waiting.add(FRAME.decode(in));
      }
      return new Mark(state, waiting, new Instant(in.readLong()));
    }
  }
}
