package org.starbeam.transforms.ingest;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.InstantCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.InputFile;
import org.starbeam.transforms.dataset.RecordCoder;
import org.starbeam.transforms.ingest.ArrivalState.Step;
import org.starbeam.transforms.ingest.ArrivalState.Unsettled;
import org.starbeam.transforms.quantum.ArrivalSettings;
import org.starbeam.transforms.quantum.QuantumSources;
import org.starbeam.transforms.window.CampaignWindows;
import org.starbeam.transforms.window.EventTime;

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
  private static final Logger LOG = LoggerFactory.getLogger(RawArrivals.class);

  /** Name of the sentinel that ends the stream. */
  public static final String CAMPAIGN_DONE = "CAMPAIGN_DONE";

  /** Beginning of the name of a night's sentinel; the observing day follows. */
  public static final String NIGHT_DONE = "NIGHT_DONE_";

  /** Says whether the operator wants the stream to end. */
  @FunctionalInterface
  public interface StopSignal extends Serializable {
    boolean isGiven();
  }

  private final String directory;
  private final ArrivalSettings settings;
  private final double rolloverHours;
  private final FrameClock clock;
  private final StopSignal stop;

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
    this.directory = directory.toAbsolutePath().normalize().toString();
    this.settings = settings;
    this.rolloverHours = rolloverHours;
    this.clock = clock;
    this.stop = stop;
  }

  @Override
  public PCollection<QuantumResult> expand(PBegin begin) {
    return begin
        .apply("Directory", Create.of(directory).withCoder(StringUtf8Coder.of()))
        .apply("Watch", ParDo.of(new WatchFn(settings, rolloverHours, clock, stop)))
        .setCoder(RecordCoder.of(QuantumResult.class));
  }

  /** Follows one directory. */
  @DoFn.UnboundedPerElement
  static final class WatchFn extends DoFn<String, QuantumResult> {
    private static final long serialVersionUID = 1L;

    private final ArrivalSettings settings;
    private final double rolloverHours;
    private final FrameClock clock;
    private final StopSignal stop;

    WatchFn(ArrivalSettings settings, double rolloverHours, FrameClock clock, StopSignal stop) {
      this.settings = settings;
      this.rolloverHours = rolloverHours;
      this.clock = clock;
      this.stop = stop;
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
        boolean goesOn = new Poll(Path.of(directory), tracker, watermark, out).run();
        return goesOn
            ? ProcessContinuation.resume().withResumeDelay(Duration.millis(settings.pollMillis()))
            : ProcessContinuation.stop();
      } catch (IOException e) {
        LOG.warn("listing of {}: {}; tried again", directory, e.toString());
        return ProcessContinuation.resume()
            .withResumeDelay(Duration.millis(Math.max(1000, settings.pollMillis())));
      }
    }

    /** One look at the directory. */
    private final class Poll {
      private final Path root;
      private final RestrictionTracker<ArrivalState, Step> tracker;
      private final ManualWatermarkEstimator<Instant> watermark;
      private final OutputReceiver<QuantumResult> out;
      private final FileReadiness readiness = new FileReadiness(settings.settleMillis());
      private final long nowMs = System.currentTimeMillis();

      Poll(
          Path root,
          RestrictionTracker<ArrivalState, Step> tracker,
          ManualWatermarkEstimator<Instant> watermark,
          OutputReceiver<QuantumResult> out) {
        this.root = root;
        this.tracker = tracker;
        this.watermark = watermark;
        this.out = out;
      }

      private ArrivalState state() {
        return tracker.currentRestriction();
      }

      /** False when there is no more to do here: the stream has ended or somebody else goes on. */
      boolean run() throws IOException {
        if (state().isEnded() || (stop.isGiven() && !claim(new Step.End()))) {
          return false;
        }
        if (state().isEnded()) {
          advance();
          return false;
        }
        FolderListing listing =
            new FolderListing(root, state(), nowMs, !state().unsettled().isEmpty()).list();
        Set<String> sentinels = newSentinels(listing.sentinels());
        if (!sentinels.isEmpty()) {
          listing = new FolderListing(root, state(), nowMs, true).list();
        }
        return send(listing) && close(sentinels) && remember(listing.listed()) && end(sentinels);
      }

      private Set<String> newSentinels(Set<String> names) {
        Set<String> out = new TreeSet<>(names);
        out.removeIf(name -> name.startsWith(NIGHT_DONE) && state().isClosed(night(name)));
        return out;
      }

      /** Sends what is ready on, oldest first, and remembers what is not. */
      private boolean send(FolderListing listing) throws IOException {
        List<Ready> ready = new ArrayList<>();
        TreeSet<String> missing = new TreeSet<>(state().unsettled().keySet());
        List<FolderListing.Found> found = new ArrayList<>(listing.frames());
        found.forEach(frame -> missing.remove(frame.path()));
        missing.forEach(path -> found.add(found(path)));
        for (FolderListing.Found frame : found) {
          try {
            Unsettled before = state().unsettled().get(frame.path());
            Path file = root.resolve(frame.path());
            Unsettled now = readiness.check(file, before, nowMs);
            if (now == null) {
              ready.add(new Ready(frame, Files.getLastModifiedTime(file).toMillis()));
            } else if (!now.equals(before) && !claim(new Step.Wait(frame.path(), now))) {
              return false;
            }
          } catch (NoSuchFileException e) {
            if (state().unsettled().containsKey(frame.path())
                && !claim(new Step.Gone(frame.path()))) {
              return false;
            }
          }
        }
        ready.sort(
            Comparator.comparingLong(Ready::modifiedMs).thenComparing(r -> r.frame().path()));
        for (Ready frame : ready) {
          if (!send(frame.frame())) {
            return false;
          }
        }
        return true;
      }

      private boolean remember(List<Step.Listed> folders) {
        for (Step.Listed folder : folders) {
          if (!claim(folder)) {
            return false;
          }
        }
        return true;
      }

      private boolean send(FolderListing.Found frame) throws IOException {
        Path file = root.resolve(frame.path());
        OptionalLong middle = clock.middle(file);
        QuantumResult result = QuantumSources.inputFile(InputFile.of(root, file));
        int night = middle.isPresent() ? opened(middle.getAsLong()) : 0;
        if (!claim(new Step.Sent(frame.folder(), frame.name(), night, nowMs))) {
          return false;
        }
        Instant time = watermark.currentWatermark();
        result.setEventTimeMs(time.getMillis());
        out.outputWithTimestamp(result, time);
        return true;
      }

      /** The night that an exposure keeps open; 0 when its date is ahead of time or too late. */
      private int opened(long middle) {
        if (middle > EventTime.ofClock(nowMs) + settings.futureMillis()) {
          return 0;
        }
        int night = CampaignWindows.dayObs(middle, rolloverHours);
        long end = CampaignWindows.night(night, rolloverHours).endMs();
        return end + settings.latenessMillis() <= watermark.currentWatermark().getMillis()
            ? 0
            : night;
      }

      /** Closes nights; none while a file is being written that may belong to one. */
      private boolean close(Set<String> sentinels) {
        if (!state().unsettled().isEmpty()) {
          return true;
        }
        TreeSet<Integer> nights = new TreeSet<>();
        for (String name : sentinels) {
          int night = name.startsWith(NIGHT_DONE) ? night(name) : 0;
          if (night != 0) {
            nights.add(night);
          }
        }
        state()
            .open()
            .forEach(
                (night, last) -> {
                  if (sentinels.contains(CAMPAIGN_DONE) || isOver(night, last)) {
                    nights.add(night);
                  }
                });
        for (int night : nights) {
          if (!claim(new Step.Closed(night))) {
            return false;
          }
          LOG.info("night {} closed", night);
        }
        advance();
        return true;
      }

      private boolean isOver(int night, long lastArrivalMs) {
        long end = CampaignWindows.night(night, rolloverHours).endMs();
        return EventTime.ofClock(nowMs) > end + settings.closeAfterEndMillis()
            && nowMs > lastArrivalMs + settings.quietMillis();
      }

      /** Ends the stream when nothing more is to come. */
      private boolean end(Set<String> sentinels) {
        List<Integer> expected = settings.nights();
        boolean allClosed = !expected.isEmpty() && expected.stream().allMatch(state()::isClosed);
        boolean idle =
            settings.idleMillis() > 0
                && state().lastArrivalMs() != Long.MIN_VALUE
                && nowMs > state().lastArrivalMs() + settings.idleMillis();
        boolean over =
            state().unsettled().isEmpty()
                && (allClosed || idle || sentinels.contains(CAMPAIGN_DONE));
        if (!over) {
          return true;
        }
        if (claim(new Step.End())) {
          advance();
        }
        return false;
      }

      private boolean claim(Step step) {
        return tracker.tryClaim(step);
      }

      private void advance() {
        Instant to = state().watermark(settings.nights(), rolloverHours);
        if (to.isAfter(watermark.currentWatermark())) {
          watermark.setWatermark(to);
        }
      }

      /** The night of a sentinel; 0 when its name has none, or one that has not begun. */
      private int night(String sentinel) {
        try {
          int night = Integer.parseInt(sentinel.substring(NIGHT_DONE.length()));
          long start = CampaignWindows.night(night, rolloverHours).startMs();
          return start <= EventTime.ofClock(nowMs) ? night : 0;
        } catch (RuntimeException e) {
          return 0;
        }
      }

      private FolderListing.Found found(String path) {
        int slash = path.lastIndexOf('/');
        return new FolderListing.Found(
            slash < 0 ? "" : path.substring(0, slash), path.substring(slash + 1));
      }
    }

    /** A frame whose writer has finished. */
    private record Ready(FolderListing.Found frame, long modifiedMs) {}
  }
}
