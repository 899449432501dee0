package org.starbeam.transforms.ingest;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.InstantCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.io.Read;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.splittabledofn.ManualWatermarkEstimator;
import org.apache.beam.sdk.transforms.splittabledofn.RestrictionTracker;
import org.apache.beam.sdk.transforms.splittabledofn.WatermarkEstimators;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.joda.time.Duration;
import org.joda.time.Instant;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.RecordCoder;
import org.starbeam.transforms.ingest.ArrivalState.Step;
import org.starbeam.transforms.quantum.ArrivalSettings;

/**
 * The frames of an input directory as they arrive, without end until it is said to have come
 * (specs/05 section 2.3). Below {@code raw/} and {@code calibrated/} every FITS file counts once by
 * its name, as soon as its writer has finished; hidden and temporary names do not count.
 *
 * <p>A file {@code NIGHT_DONE_<day_obs>}, in the input directory or any folder below, closes a
 * night; so does time: two hours after its end, when nothing of it has come for half an hour. A
 * file {@code CAMPAIGN_DONE}, the close of all expected nights, or the operator's stop ends the
 * stream. What lay there before a sentinel is sent before the night closes.
 *
 * <p>A frame is sent with the watermark of that moment as its time, so a night's end cannot
 * overtake it and it is never late for the runner; its own time comes with its metadata. Sending a
 * frame again, after a restart, does no harm: the ledger knows it.
 */
public final class RawArrivals extends PTransform<PBegin, PCollection<QuantumResult>> {
  private static final long serialVersionUID = 1L;

  /** Name of the sentinel that ends the stream. */
  public static final String CAMPAIGN_DONE = "CAMPAIGN_DONE";

  /** Beginning of the name of a night's sentinel; the observing day follows. */
  public static final String NIGHT_DONE = "NIGHT_DONE_";

  /** Says whether the operator wants the stream to end. */
  @FunctionalInterface
  public interface StopSignal extends Serializable {
    boolean isGiven();
  }

  private final WatchedInput input;

  /**
   * @param rolloverHours when the observing day begins, hours TAI
   * @param clock tells which night a frame keeps open
   */
  public RawArrivals(
      Path directory,
      ArrivalSettings settings,
      double rolloverHours,
      FrameClock clock,
      StopSignal stop) {
    this.input =
        new WatchedInput(
            directory.toAbsolutePath().normalize().toString(),
            settings,
            rolloverHours,
            clock,
            stop);
  }

  @Override
  public PCollection<QuantumResult> expand(PBegin begin) {
    return begin
        .apply("Directory", Create.of(input.directory()).withCoder(StringUtf8Coder.of()))
        .apply("Watch", ParDo.of(new WatchFn(input)))
        .setCoder(RecordCoder.of(QuantumResult.class));
  }

  /**
   * The same stream as a source, for a runner whose splittable functions do not rest between two
   * looks or end when their input has.
   */
  public PTransform<PBegin, PCollection<QuantumResult>> asSource() {
    return Read.from(new ArrivalSource(input));
  }

  /** Follows one directory. */
  @DoFn.UnboundedPerElement
  static final class WatchFn extends DoFn<String, QuantumResult> {
    private static final long serialVersionUID = 1L;

    private final WatchedInput input;
    private transient long lookedMs = System.currentTimeMillis();

    WatchFn(WatchedInput input) {
      this.input = input;
    }

    @GetInitialRestriction
    public ArrivalState begin() {
      return new ArrivalState();
    }

    @GetRestrictionCoder
    public Coder<ArrivalState> restrictionCoder() {
      return ArrivalState.StateCoder.of();
    }

    @NewTracker
    public ArrivalTracker tracker(@Restriction ArrivalState state) {
      return new ArrivalTracker(state);
    }

    @GetInitialWatermarkEstimatorState
    public Instant firstWatermark() {
      return BoundedWindow.TIMESTAMP_MIN_VALUE;
    }

    @GetWatermarkEstimatorStateCoder
    public Coder<Instant> watermarkCoder() {
      return InstantCoder.of();
    }

    @NewWatermarkEstimator
    public WatermarkEstimators.Manual watermarkEstimator(@WatermarkEstimatorState Instant time) {
      return new WatermarkEstimators.Manual(time);
    }

    @ProcessElement
    public ProcessContinuation process(
        @Element String directory,
        RestrictionTracker<ArrivalState, Step> tracker,
        ManualWatermarkEstimator<Instant> watermark,
        OutputReceiver<QuantumResult> out) {
      try {
        boolean goesOn = new ArrivalPoll(input, new Claimed(tracker, watermark, out)).run();
        lookedMs = System.currentTimeMillis();
        return goesOn
            ? ProcessContinuation.resume().withResumeDelay(Duration.millis(input.restMs()))
            : ProcessContinuation.stop();
      } catch (IOException e) {
        return ProcessContinuation.resume()
            .withResumeDelay(Duration.millis(input.restMs(e, lookedMs)));
      }
    }
  }

  /** A look within a splittable function. */
  private record Claimed(
      RestrictionTracker<ArrivalState, Step> tracker,
      ManualWatermarkEstimator<Instant> estimator,
      DoFn.OutputReceiver<QuantumResult> out)
      implements ArrivalPoll.Stream {
    @Override
    public ArrivalState state() {
      return tracker.currentRestriction();
    }

    @Override
    public boolean claim(Step step) {
      return tracker.tryClaim(step);
    }

    @Override
    public Instant watermark() {
      return estimator.currentWatermark();
    }

    @Override
    public void advance(Instant to) {
      estimator.setWatermark(to);
    }

    @Override
    public void send(QuantumResult frame, Instant time) {
      out.outputWithTimestamp(frame, time);
    }
  }
}
