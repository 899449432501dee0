package org.starbeam.transforms.quantum;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.transforms.dataset.CanonicalJson;
import org.starbeam.transforms.log.HostName;

/**
 * The right to launch a run, one process at a time (specs/05 section 4.8). The holder raises a beat
 * in {@code lease.json} every few seconds. Whoever wants the lease of a holder that has not said
 * that it ended must see the beat unchanged for a while of its own clock, so clocks need not agree;
 * a holder on the same host whose process is gone is succeeded at once. Each holder has a higher
 * fence, which all records of its launch carry.
 */
public final class RunLease implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(RunLease.class);

  /**
   * What {@code lease.json} says.
   *
   * @param uuid the launch
   * @param started when the process of that pid began, by {@link ProcessStart}; 0 when unknown
   * @param state {@code active} or {@code ended}
   * @param exitCode how the launch ended, -1 while it is active
   */
  public record Holder(
      String uuid,
      String host,
      long pid,
      long started,
      long fence,
      long beat,
      String state,
      int exitCode) {
    public boolean isActive() {
      return state.equals("active");
    }

    /** True when the holder's process is known to be gone. */
    public boolean isDead() {
      if (!host.equals(HostName.here())) {
        return false;
      }
      Optional<ProcessHandle> process = ProcessHandle.of(pid);
      boolean other = started != 0 && ProcessStart.of(pid) != started;
      return process.isEmpty() || !process.get().isAlive() || other;
    }

    private Holder beating(long next) {
      return new Holder(uuid, host, pid, started, fence, next, state, exitCode);
    }

    private Holder ended(int code) {
      return new Holder(uuid, host, pid, started, fence, beat, "ended", code);
    }
  }

  /**
   * How often the beat is raised and how long one must be unchanged.
   *
   * @param beatMillis pause between beats
   * @param patienceMillis how long a taker watches
   */
  public record Timing(long beatMillis, long patienceMillis) {
    public static Timing defaults() {
      return new Timing(10_000, 60_000);
    }
  }

  /** Characters of a file, filled up with blanks. */
  private static final int LENGTH = 512;

  private final RunFiles files;
  private final ScheduledThreadPoolExecutor clock =
      new ScheduledThreadPoolExecutor(
          1,
          task -> {
            Thread thread = new Thread(task, "starbeam-lease");
            thread.setDaemon(true);
            return thread;
          });
  private Holder mine;

  private RunLease(RunFiles files, Holder mine, Timing timing) {
    this.files = files;
    this.mine = mine;
    clock.scheduleAtFixedRate(
        this::beat, timing.beatMillis, timing.beatMillis, TimeUnit.MILLISECONDS);
  }

  /**
   * Takes the lease of a run for a launch.
   *
   * @throws RunActiveException when another launcher is alive
   */
  public static RunLease take(CampaignContext campaign, Timing timing)
      throws IOException, InterruptedException {
    RunFiles files = RunFiles.of(campaign);
    Files.createDirectories(files.lease().getParent());
    Holder found = read(files);
    if (found != null && found.isActive() && !found.isDead()) {
      requireSilence(campaign, files, found, timing);
    }
    try (FileChannel channel =
            FileChannel.open(lockFile(files), StandardOpenOption.WRITE, StandardOpenOption.CREATE);
        FileLock lock = lock(channel)) {
      Holder now = read(files);
      if (lock == null || !sameLaunch(found, now)) {
        throw active(campaign, now == null ? found : now);
      }
      long fence = now == null ? 1 : now.fence + 1;
      Holder mine =
          new Holder(
              campaign.launchId(),
              HostName.here(),
              ProcessHandle.current().pid(),
              ProcessStart.here(),
              fence,
              0,
              "active",
              -1);
      write(files.lease(), mine);
      Files.deleteIfExists(files.stop());
      Files.deleteIfExists(files.paused());
      reserve(files);
      return new RunLease(files, mine, timing);
    }
  }

  private static void reserve(RunFiles files) {
    try {
      DiskGuard.reserve(files);
    } catch (IOException e) {
      LOG.warn("no reserve for the ledger: {}", e.toString());
    }
  }

  private static @Nullable FileLock lock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  private static boolean sameLaunch(@Nullable Holder before, @Nullable Holder now) {
    return before == null ? now == null : now != null && now.uuid.equals(before.uuid);
  }

  private static void requireSilence(
      CampaignContext campaign, RunFiles files, Holder found, Timing timing)
      throws InterruptedException {
    LOG.warn(
        "run {} has a launcher, process {} on {}; watching for {} s whether it is alive",
        campaign.run(),
        found.pid,
        found.host,
        timing.patienceMillis / 1000);
    long deadline = System.nanoTime() + timing.patienceMillis * 1_000_000;
    while (System.nanoTime() < deadline) {
      Thread.sleep(Math.min(500, Math.max(1, timing.patienceMillis / 20)));
      Holder now = read(files);
      if (now != null && !now.isActive()) {
        return;
      }
      if (now == null || now.beat != found.beat || !now.uuid.equals(found.uuid)) {
        throw active(campaign, found);
      }
    }
  }

  private static RunActiveException active(CampaignContext campaign, @Nullable Holder holder) {
    String who =
        holder == null ? "another process" : "process " + holder.pid + " on " + holder.host;
    return new RunActiveException("run " + campaign.run() + " is being worked on by " + who);
  }

  /** Who holds or last held the lease, or null when nobody ever did. */
  public static @Nullable Holder read(RunFiles files) {
    try {
      return CanonicalJson.read(Files.readString(files.lease()), Holder.class);
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Number that the records of this launch carry. */
  public long fence() {
    return mine.fence;
  }

  /**
   * Under the lock of the lease: a launcher that was suspended between reading and writing would
   * else take the run back from whoever took it over meanwhile.
   */
  private synchronized void beat() {
    try (FileChannel channel = FileChannel.open(lockFile(files), StandardOpenOption.WRITE);
        FileLock lock = lock(channel)) {
      Holder now = lock == null ? null : read(files);
      if (now == null) {
        return;
      }
      if (now.uuid.equals(mine.uuid) && now.isActive()) {
        mine = mine.beating(mine.beat + 1);
        renew();
      } else {
        clock.shutdown();
      }
    } catch (IOException | UncheckedIOException e) {
      LOG.warn("the lease {} cannot be renewed: {}", files.lease(), e.toString());
    }
  }

  /** On a full disk the file is written over in its place, which takes no room. */
  private void renew() throws IOException {
    try {
      write(files.lease(), mine);
    } catch (IOException e) {
      if (!Failure.isDiskFull(e)) {
        throw e;
      }
      try (FileChannel file = FileChannel.open(files.lease(), StandardOpenOption.WRITE)) {
        file.write(ByteBuffer.wrap(text(mine).getBytes(StandardCharsets.UTF_8)), 0);
      }
    }
  }

  private static Path lockFile(RunFiles files) {
    return files.lease().resolveSibling(".lease.lock");
  }

  /** Says how the launch ended and gives the lease back. */
  public synchronized void end(int exitCode) throws IOException {
    clock.shutdownNow();
    Holder now = read(files);
    if (now != null && now.uuid.equals(mine.uuid) && now.isActive()) {
      mine = mine.ended(exitCode);
      write(files.lease(), mine);
      Files.deleteIfExists(files.stop());
      Files.deleteIfExists(files.reserve());
    }
  }

  /** Gives the lease back; {@link #end} says how the launch ended, this that it broke off. */
  @Override
  public void close() throws IOException {
    end(-1);
  }

  /** Asks all processes of the launch that holds the lease to stop. */
  public static void requestStop(RunFiles files, RunStop stop) throws IOException {
    Holder holder = read(files);
    if (holder != null) {
      write(
          files.stop(),
          new RunControl.Request(holder.fence, stop.cause(), stop.now(), stop.text()));
    }
  }

  /** What this launch was asked to do by {@link #requestStop}, or null. */
  public @Nullable RunStop requestedStop() throws IOException {
    if (!Files.exists(files.stop())) {
      return null;
    }
    RunControl.Request request =
        CanonicalJson.read(Files.readString(files.stop()), RunControl.Request.class);
    return request.fence() == mine.fence
        ? new RunStop(request.cause(), request.by(), request.now())
        : null;
  }

  /** How this launch has lost the run to another, or null while it is its own. */
  public @Nullable RunStop lost() {
    Holder holder = read(files);
    return holder == null || holder.uuid.equals(mine.uuid) ? null : lost(holder);
  }

  static RunStop lost(Holder to) {
    return new RunStop(
        RunStop.Cause.LEASE_LOST,
        "the run was taken by process " + to.pid() + " on " + to.host(),
        true);
  }

  private static void write(Path file, Object document) throws IOException {
    Path temporary =
        file.resolveSibling(
            "." + file.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
    Files.writeString(temporary, text(document));
    Files.move(
        temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Of equal length, so that one can be written over another. */
  private static String text(Object document) {
    String json = CanonicalJson.write(document);
    return json + " ".repeat(Math.max(0, LENGTH - json.length()));
  }
}
