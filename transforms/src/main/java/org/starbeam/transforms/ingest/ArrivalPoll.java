package org.starbeam.transforms.ingest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.joda.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.InputFile;
import org.starbeam.transforms.ingest.ArrivalState.Step;
import org.starbeam.transforms.ingest.ArrivalState.Unsettled;
import org.starbeam.transforms.log.ProcessMeters;
import org.starbeam.transforms.quantum.QuantumSources;
import org.starbeam.transforms.window.CampaignWindows;
import org.starbeam.transforms.window.EventTime;

/** One look at a watched input: what has come is sent, nights are closed, the rest remembered. */
final class ArrivalPoll {
  private static final Logger LOG = LoggerFactory.getLogger(ArrivalPoll.class);

  /** What a look works on, and where it puts what it finds. */
  interface Stream {
    /** What has been seen and done. */
    ArrivalState state();

    /** Remembers a step before it is done; false when somebody else goes on. */
    boolean claim(Step step);

    /** How far event time has come. */
    Instant watermark();

    /** Moves event time on. */
    void advance(Instant to);

    /** Sends a frame. */
    void send(QuantumResult frame, Instant time);
  }

  private final WatchedInput input;
  private final Path root;
  private final Stream stream;
  private final FileReadiness readiness;
  private final long nowMs = System.currentTimeMillis();

  ArrivalPoll(WatchedInput input, Stream stream) {
    this.input = input;
    this.root = Path.of(input.directory());
    this.stream = stream;
    this.readiness = new FileReadiness(input.settings().settleMillis());
  }

  /** False when there is no more to do here: the stream has ended or somebody else goes on. */
  boolean run() throws IOException {
    boolean goesOn = look();
    ProcessMeters.WATERMARK_LAG.set(goesOn ? lagMs() / 1000.0 : 0);
    return goesOn;
  }

  /** Since when a file waits to be taken, or a night to be closed. */
  private long lagMs() {
    long since = nowMs;
    for (Unsettled file : stream.state().unsettled().values()) {
      since = Math.min(since, file.sinceMs());
    }
    for (Map.Entry<Integer, Long> open : stream.state().open().entrySet()) {
      long end = CampaignWindows.night(open.getKey(), input.rolloverHours()).endMs();
      long behind = EventTime.ofClock(nowMs) - end - input.settings().closeAfterEndMillis();
      since =
          Math.min(
              since, Math.max(nowMs - behind, open.getValue() + input.settings().quietMillis()));
    }
    return nowMs - since;
  }

  private boolean look() throws IOException {
    if (stream.state().isEnded() || (input.stop().isGiven() && !claim(new Step.End()))) {
      return false;
    }
    if (stream.state().isEnded()) {
      advance();
      return false;
    }
    FolderListing listing =
        new FolderListing(root, stream.state(), nowMs, !stream.state().unsettled().isEmpty())
            .list();
    Set<String> sentinels = newSentinels(listing.sentinels());
    if (!sentinels.isEmpty()) {
      listing = new FolderListing(root, stream.state(), nowMs, true).list();
    }
    return send(listing) && close(sentinels) && remember(listing.listed()) && end(sentinels);
  }

  private Set<String> newSentinels(Set<String> names) {
    Set<String> out = new TreeSet<>(names);
    out.removeIf(
        name -> name.startsWith(RawArrivals.NIGHT_DONE) && stream.state().isClosed(night(name)));
    return out;
  }

  /** Sends what is ready on, oldest first, and remembers what is not. */
  private boolean send(FolderListing listing) throws IOException {
    List<Ready> ready = new ArrayList<>();
    TreeSet<String> missing = new TreeSet<>(stream.state().unsettled().keySet());
    List<FolderListing.Found> found = new ArrayList<>(listing.frames());
    found.forEach(frame -> missing.remove(frame.path()));
    missing.forEach(path -> found.add(found(path)));
    for (FolderListing.Found frame : found) {
      try {
        Unsettled before = stream.state().unsettled().get(frame.path());
        Path file = root.resolve(frame.path());
        Unsettled now = readiness.check(file, before, nowMs);
        if (now == null) {
          ready.add(new Ready(frame, Files.getLastModifiedTime(file).toMillis()));
        } else if (!now.equals(before) && !claim(new Step.Wait(frame.path(), now))) {
          return false;
        }
      } catch (NoSuchFileException e) {
        if (stream.state().unsettled().containsKey(frame.path())
            && !claim(new Step.Gone(frame.path()))) {
          return false;
        }
      }
    }
    ready.sort(Comparator.comparingLong(Ready::modifiedMs).thenComparing(r -> r.frame().path()));
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
    OptionalLong middle = input.clock().middle(file);
    QuantumResult result = QuantumSources.inputFile(InputFile.of(root, file));
    int night = middle.isPresent() ? opened(middle.getAsLong()) : 0;
    if (!claim(new Step.Sent(frame.folder(), frame.name(), night, nowMs))) {
      return false;
    }
    Instant time = stream.watermark();
    result.setEventTimeMs(time.getMillis());
    stream.send(result, time);
    return true;
  }

  /** The night that an exposure keeps open; 0 when its date is ahead of time or too late. */
  private int opened(long middle) {
    if (middle > EventTime.ofClock(nowMs) + input.settings().futureMillis()) {
      return 0;
    }
    int night = CampaignWindows.dayObs(middle, input.rolloverHours());
    long end = CampaignWindows.night(night, input.rolloverHours()).endMs();
    return end + input.settings().latenessMillis() <= stream.watermark().getMillis() ? 0 : night;
  }

  /** Closes nights; none while a file is being written that may belong to one. */
  private boolean close(Set<String> sentinels) {
    if (!stream.state().unsettled().isEmpty()) {
      return true;
    }
    TreeSet<Integer> nights = new TreeSet<>();
    for (String name : sentinels) {
      int night = name.startsWith(RawArrivals.NIGHT_DONE) ? night(name) : 0;
      if (night != 0) {
        nights.add(night);
      }
    }
    stream
        .state()
        .open()
        .forEach(
            (night, last) -> {
              if (sentinels.contains(RawArrivals.CAMPAIGN_DONE) || isOver(night, last)) {
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
    long end = CampaignWindows.night(night, input.rolloverHours()).endMs();
    return EventTime.ofClock(nowMs) > end + input.settings().closeAfterEndMillis()
        && nowMs > lastArrivalMs + input.settings().quietMillis();
  }

  /** Ends the stream when nothing more is to come. */
  private boolean end(Set<String> sentinels) {
    List<Integer> expected = input.settings().nights();
    boolean nightOver =
        input.settings().endsWithNight()
            && stream.state().open().isEmpty()
            && stream.state().hasClosed();
    boolean allClosed = !expected.isEmpty() && expected.stream().allMatch(stream.state()::isClosed);
    boolean idle =
        input.settings().idleMillis() > 0
            && stream.state().lastArrivalMs() != Long.MIN_VALUE
            && nowMs > stream.state().lastArrivalMs() + input.settings().idleMillis();
    boolean over =
        stream.state().unsettled().isEmpty()
            && (nightOver || allClosed || idle || sentinels.contains(RawArrivals.CAMPAIGN_DONE));
    if (!over) {
      return true;
    }
    if (claim(new Step.End())) {
      advance();
    }
    return false;
  }

  private boolean claim(Step step) {
    return stream.claim(step);
  }

  private void advance() {
    Instant to = stream.state().watermark(input.settings().nights(), input.rolloverHours());
    if (to.isAfter(stream.watermark())) {
      stream.advance(to);
    }
  }

  /** The night of a sentinel; 0 when its name has none, or one that has not begun. */
  private int night(String sentinel) {
    try {
      int night = Integer.parseInt(sentinel.substring(RawArrivals.NIGHT_DONE.length()));
      long start = CampaignWindows.night(night, input.rolloverHours()).startMs();
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

  /** A frame whose writer has finished. */
  private record Ready(FolderListing.Found frame, long modifiedMs) {}
}
