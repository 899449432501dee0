package org.starbeam.transforms.quantum;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.transforms.dataset.CanonicalJson;
import org.starbeam.transforms.log.HostName;

/**
 * Holds a run up while the repository's disk is full or its object store does not answer: no
 * quantum begins, those that found it so try again when it is over. A reserve file, given up first
 * when the disk is full, keeps the ledger writable meanwhile. There is room again when the reserve
 * is back and something beside it can be written: the room that the reserve itself left does not
 * count.
 */
final class DiskGuard implements Ledger.Room {
  private static final Logger LOG = LoggerFactory.getLogger(DiskGuard.class);
  private static final int PROBE_BYTES = 1 << 20;

  private final RunFiles files;
  private final QuantumLimits.TimeLimit limit;
  private final BooleanSupplier probe;
  private final boolean reserved;
  private volatile boolean givenUp;
  private @Nullable Trouble trouble;

  /** What holds the run up, and who knows whether it is over. */
  private record Trouble(RunStop.Cause cause, BooleanSupplier over) {}

  /** What {@code paused.json} says. */
  record Paused(String reason, String since, String host) {}

  DiskGuard(RunFiles files, QuantumLimits.TimeLimit limit) {
    this(files, limit, () -> hasRoom(files.paused().resolveSibling(".probe")));
  }

  /**
   * @param probe true when there is room again
   */
  DiskGuard(RunFiles files, QuantumLimits.TimeLimit limit, BooleanSupplier probe) {
    this.files = files;
    this.limit = limit;
    this.probe = probe;
    this.reserved = Files.exists(files.reserve());
  }

  /** Holds the run up and gives the reserve to the ledger, which could not be written. */
  @Override
  public void make(Exception cause) {
    if (Failure.isDiskFull(cause)) {
      begin("the ledger: " + cause.getMessage());
    }
    freeReserve();
  }

  /** Waits a while for room for the ledger; false once nobody waits for it any more. */
  @Override
  public boolean await(long sinceNanos) throws InterruptedException {
    long until = System.nanoTime() + (long) (limit.diskProbeSeconds() * 1e9);
    while (System.nanoTime() < until && !givenUp) {
      Thread.sleep(Math.max(1, Math.min(100, (until - System.nanoTime()) / 1_000_000)));
    }
    return !givenUp && (System.nanoTime() - sinceNanos) / 1e9 < limit.diskPatienceSeconds();
  }

  /** Nobody waits for room any more: the launch is ending. */
  void giveUp() {
    givenUp = true;
  }

  private void freeReserve() {
    try {
      Files.deleteIfExists(files.reserve());
    } catch (IOException e) {
      LOG.warn("the reserve {} cannot be removed: {}", files.reserve(), e.toString());
    }
  }

  /** True when a write just failed and the repository, not the scratch disk, is full. */
  boolean isFull() {
    return !probe.getAsBoolean();
  }

  /** Begins a pause. */
  synchronized void begin(String what) {
    if (trouble == null) {
      LOG.error("paused, the disk of the repository is full: {}", what);
      freeReserve();
      begin(new Trouble(RunStop.Cause.DISK_FULL, this::isRoomAgain));
    }
  }

  /**
   * Begins a pause because an object store does not answer.
   *
   * @param answers whether it does again
   */
  synchronized void beginStore(String what, BooleanSupplier answers) {
    if (trouble == null) {
      LOG.error("paused, an object store does not answer: {}", what);
      begin(new Trouble(RunStop.Cause.STORE_UNAVAILABLE, answers));
    }
  }

  private void begin(Trouble now) {
    trouble = now;
    String host = HostName.here();
    String text =
        CanonicalJson.write(new Paused(now.cause.name(), HostClock.now().toString(), host));
    try {
      Files.createDirectories(files.paused().getParent());
      Files.writeString(files.paused(), text);
    } catch (IOException e) {
      LOG.warn("{} cannot be written: {}", files.paused(), e.toString());
    }
  }

  synchronized boolean isPaused() {
    return trouble != null;
  }

  /** Why a run that was held up for too long is stopped. */
  synchronized RunStop lasting() {
    Trouble now = trouble;
    return now == null || now.cause == RunStop.Cause.DISK_FULL
        ? new RunStop(RunStop.Cause.DISK_FULL, "the disk of the repository stays full", true)
        : new RunStop(now.cause, "an object store does not answer for too long", true);
  }

  /**
   * Waits until it is over or the run is stopped.
   *
   * @return false when the patience has come to its end
   */
  synchronized boolean await(BooleanSupplier stopped) throws InterruptedException {
    long begin = System.nanoTime();
    while (trouble != null && !stopped.getAsBoolean()) {
      wait(Math.max(1, Math.round(limit.diskProbeSeconds() * 1000)));
      Trouble now = trouble;
      if (now != null && now.over.getAsBoolean()) {
        trouble = null;
        LOG.warn("{} is over, going on", now.cause);
        clear();
        notifyAll();
      }
      if (trouble != null && (System.nanoTime() - begin) / 1e9 > limit.diskPatienceSeconds()) {
        return false;
      }
    }
    return true;
  }

  private boolean isRoomAgain() {
    try {
      if (reserved) {
        reserve(files);
      }
      if (!probe.getAsBoolean()) {
        freeReserve();
        return false;
      }
      return true;
    } catch (IOException e) {
      LOG.debug("no room for the reserve: {}", e.toString());
      return false;
    }
  }

  private void clear() {
    try {
      Files.deleteIfExists(files.paused());
    } catch (IOException e) {
      LOG.warn("{} cannot be removed: {}", files.paused(), e.toString());
    }
  }

  /** Makes the reserve, of blocks that are really there. */
  static void reserve(RunFiles files) throws IOException {
    if (Files.exists(files.reserve())) {
      return;
    }
    Path temporary = files.reserve().resolveSibling(".reserve.tmp");
    Files.createDirectories(temporary.getParent());
    ByteBuffer block = ByteBuffer.allocate(PROBE_BYTES);
    try (FileChannel channel =
        FileChannel.open(
            temporary,
            StandardOpenOption.WRITE,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      for (int i = 0; i < 64; i++) {
        channel.write(block.clear());
      }
    } catch (IOException e) {
      Files.deleteIfExists(temporary);
      throw e;
    }
    Files.move(temporary, files.reserve());
  }

  private static boolean hasRoom(Path file) {
    try {
      ByteBuffer bytes = ByteBuffer.allocate(PROBE_BYTES);
      bytes.put("probe".getBytes(StandardCharsets.US_ASCII)).clear();
      try (FileChannel channel =
          FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE)) {
        channel.write(bytes, 0);
        channel.force(false);
      } finally {
        Files.deleteIfExists(file);
      }
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
