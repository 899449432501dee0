package org.starbeam.transforms.quantum;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.CanonicalJson;

/**
 * Whether this JVM may begin quanta of its launch: it may not once the run has been stopped, from
 * inside or by {@code stop.json}, or when another launcher holds the lease, and not while the disk
 * is full.
 */
final class RunControl {
  private static final Logger LOG = LoggerFactory.getLogger(RunControl.class);

  private final RunFiles files;
  private final String launchId;
  private final long fence;
  private final DiskGuard disk;
  private final StoragePresence storage;
  private final Set<CancelToken> running = ConcurrentHashMap.newKeySet();
  private final AtomicReference<@Nullable RunStop> stop = new AtomicReference<>();

  /** After this a stopped run cancels what has not ended by itself. */
  private static final double CANCEL_SECONDS = 20;

  /** After this it gives up to record the quanta that it does not begin. */
  private static final double LEAVE_SECONDS = 25;

  private volatile long stoppedAt;

  /** What {@code stop.json} says. */
  record Request(long fence, RunStop.Cause cause, boolean now, String by) {}

  RunControl(RunFiles files, String launchId, long fence, DiskGuard disk, StoragePresence storage) {
    this.files = files;
    this.launchId = launchId;
    this.fence = fence;
    this.disk = disk;
    this.storage = storage;
  }

  DiskGuard disk() {
    return disk;
  }

  /** Begins no quantum any more; a second call can only make it more urgent. */
  void stop(RunStop how) {
    RunStop before = stop.getAndUpdate(s -> s == null ? how : s.now() ? s : more(s, how));
    if (before == null) {
      stoppedAt = System.nanoTime();
      LOG.warn("no quantum is begun any more: {}", how.text());
    }
    if (how.now()) {
      cancelAll();
    }
  }

  private void cancelAll() {
    disk.giveUp();
    running.forEach(token -> token.cancel(CancelToken.Reason.STOPPED));
  }

  /**
   * True when the graph is to be left by an exception: at once when the lease is lost or the stop
   * is urgent, after a while when somebody waits for the end. A run that its policy stops goes
   * through all its quanta.
   */
  boolean leaves() {
    RunStop how = stop.get();
    if (how == null || how.cause() == RunStop.Cause.POLICY) {
      return false;
    }
    return how.now() || secondsSinceStop() > LEAVE_SECONDS;
  }

  private double secondsSinceStop() {
    return (System.nanoTime() - stoppedAt) / 1e9;
  }

  private static RunStop more(RunStop first, RunStop second) {
    return new RunStop(first.cause(), first.text(), second.now());
  }

  @Nullable RunStop stopped() {
    return stop.get();
  }

  /** Waits while the run is paused; returns why no quantum may begin, or null. */
  @Nullable RunStop gate() throws InterruptedException {
    requireStorage(storage.trouble());
    if (disk.isPaused() && !disk.await(() -> stop.get() != null)) {
      stop(disk.lasting());
    }
    return stop.get();
  }

  /** True when it was for want of storage that a quantum with these inputs failed. */
  boolean lacksStorage(List<DatasetRef> inputs) {
    return stop.get() == null && requireStorage(storage.troubleAfterFailure(inputs));
  }

  private boolean requireStorage(@Nullable String trouble) {
    if (trouble != null) {
      stop(new RunStop(RunStop.Cause.STORAGE, trouble, true));
    }
    return trouble != null;
  }

  /** Has an attempt told when the run is stopped at once. */
  void begin(CancelToken token) {
    running.add(token);
    RunStop how = stop.get();
    if (how != null && how.now()) {
      token.cancel(CancelToken.Reason.STOPPED);
    }
  }

  void end(CancelToken token) {
    running.remove(token);
  }

  /** Looks for a request to stop and cancels what is late; called once a second. */
  void look() {
    if (stop.get() != null && secondsSinceStop() > CANCEL_SECONDS) {
      cancelAll();
    }
    try {
      if (!Files.exists(files.stop())) {
        return;
      }
      Request request = CanonicalJson.read(Files.readString(files.stop()), Request.class);
      if (request.fence() == fence) {
        stop(new RunStop(request.cause(), request.by(), request.now()));
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("{} cannot be read: {}", files.stop(), e.toString());
    }
  }

  /** Looks whether the launch still holds the lease; called every few seconds. */
  void lookAtLease() {
    RunLease.Holder holder;
    try {
      holder = RunLease.read(files);
    } catch (UncheckedIOException e) {
      LOG.warn("{} cannot be read: {}", files.lease(), e.toString());
      return;
    }
    if (fence == 0) {
      return;
    }
    if (holder == null) {
      requireStorage(storage.trouble());
    } else if (!holder.uuid().equals(launchId)) {
      stop(RunLease.lost(holder));
    }
  }
}
