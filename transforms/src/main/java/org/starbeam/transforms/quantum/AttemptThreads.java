package org.starbeam.transforms.quantum;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.transforms.store.DatasetFiles;

/**
 * Runs attempts within their limits: on a thread that can be given up when the task does not stop,
 * or in a JVM of their own, and only when there is memory for them.
 */
final class AttemptThreads {
  private static final Logger LOG = LoggerFactory.getLogger(AttemptThreads.class);
  private static final long SECOND = 1_000_000_000;

  /** How long an attempt may go on once its run was stopped. */
  private static final long STOP_GRACE = 3 * SECOND;

  private final CampaignServices services;

  AttemptThreads(CampaignServices services) {
    this.services = services;
  }

  /** Waits until a quantum may begin; returns why it may not, or null. */
  @Nullable RunStop gate(RecordDraft draft) {
    long start = System.nanoTime();
    try {
      RunStop stop = services.control().gate();
      draft.waited(System.nanoTime() - start);
      return stop;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LaunchStoppedException("stopped by the runner");
    }
  }

  /**
   * Runs one attempt; its beginning is recorded, its end is not.
   *
   * @param alone true for a JVM of its own
   * @param memoryBytes heap that the quantum is said to take; 0 when nobody knows
   */
  AttemptEnd run(Assignment work, RecordDraft draft, int attempt, boolean alone, long memoryBytes) {
    CancelToken cancel = new CancelToken();
    long permit = 0;
    try {
      long start = System.nanoTime();
      permit = alone ? 0 : services.memory().acquire(memoryBytes);
      draft.waited(System.nanoTime() - start);
      int slot = services.begin(draft, attempt, cancel);
      try {
        AttemptEnd end =
            alone ? inChild(work, attempt, memoryBytes, cancel) : inThread(work, draft, cancel);
        draft.took(end.usage());
        return end;
      } finally {
        services.end(slot, cancel);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LaunchStoppedException("stopped by the runner");
    } finally {
      services.memory().release(permit);
    }
  }

  private AttemptEnd inChild(Assignment work, int attempt, long memoryBytes, CancelToken cancel)
      throws InterruptedException {
    try {
      long heap = services.child().heapBytes(memoryBytes, attempt);
      return services.child().run(work, heap, attempt, cancel);
    } catch (IOException e) {
      return AttemptEnd.failed(
          Failure.of(work.label() + " in a JVM of its own", e), AttemptEnd.Usage.NONE);
    }
  }

  private AttemptEnd inThread(Assignment work, RecordDraft draft, CancelToken cancel)
      throws InterruptedException {
    long start = System.nanoTime();
    long soft = start + (long) Math.min(work.softSeconds() * SECOND, Long.MAX_VALUE / 4);
    long grace = (long) (services.campaign().limits().time().graceSeconds() * SECOND);
    long giveUp = Long.MAX_VALUE;
    Thread[] thread = new Thread[1];
    Future<AttemptEnd> attempt =
        services.submit(
            draft,
            () -> {
              thread[0] = Thread.currentThread();
              return AttemptEnd.of(work, services.workplace(), cancel);
            });
    while (true) {
      long now = System.nanoTime();
      if (now >= soft && !cancel.isCancelled()) {
        LOG.warn("{} has run for {} s and is asked to stop", work.label(), work.softSeconds());
        cancel.cancel(CancelToken.Reason.TIME_LIMIT);
      }
      CancelToken.Reason reason = cancel.reason();
      if (reason != null && giveUp == Long.MAX_VALUE) {
        giveUp = now + (reason == CancelToken.Reason.TIME_LIMIT ? grace : STOP_GRACE);
      }
      if (now >= giveUp && reason != null) {
        return givenUp(work, attempt, thread[0], reason, (now - start) / 1e9);
      }
      try {
        long wait = Math.max(1, Math.min(SECOND, Math.min(soft - now, giveUp - now)));
        return attempt.get(reason == null ? wait : Math.min(SECOND / 10, giveUp - now), NANOS);
      } catch (TimeoutException e) {
        continue;
      } catch (ExecutionException e) {
        Throwable cause = e.getCause();
        return AttemptEnd.failed(
            Failure.of(work.label(), cause == null ? e : cause), AttemptEnd.Usage.NONE);
      } catch (InterruptedException e) {
        attempt.cancel(true);
        throw e;
      }
    }
  }

  private static final TimeUnit NANOS = TimeUnit.NANOSECONDS;

  /**
   * The thread is stopped by force, where Java still can, because it would take a core to the end
   * of the run. It holds nothing but its own task, whose staged files are thrown away.
   */
  @SuppressWarnings({"removal", "deprecation"})
  private static AttemptEnd givenUp(
      Assignment work,
      Future<AttemptEnd> attempt,
      @Nullable Thread thread,
      CancelToken.Reason reason,
      double seconds) {
    StringBuilder stack = new StringBuilder();
    if (thread != null) {
      for (StackTraceElement frame : thread.getStackTrace()) {
        stack.append("  at ").append(frame).append('\n');
      }
      thread.setPriority(Thread.MIN_PRIORITY);
      try {
        thread.stop();
      } catch (UnsupportedOperationException e) {
        LOG.warn("this Java cannot end the thread {}: it goes on", thread.getName());
      }
    }
    attempt.cancel(true);
    String message =
        "%s: %s, and does not stop; given up after %.1f s"
            .formatted(work.label(), reason.text(), seconds);
    LOG.warn("{}\n{}", message, stack);
    Failure failure =
        reason == CancelToken.Reason.TIME_LIMIT
            ? Failure.of(FailureClass.RESOURCE, Failure.TIME_LIMIT, message, stack.toString())
            : Failure.of(FailureClass.INFRA, Failure.STOPPED, message, stack.toString());
    return AttemptEnd.failed(failure, AttemptEnd.Usage.NONE);
  }

  /**
   * What a full disk means: the repository's holds the run up and the attempt does not count; the
   * scratch disk's is a want of the quantum.
   */
  Failure diskFull(Assignment work, Failure failure) {
    if (!isRepositoryFull()) {
      return failure.as(FailureClass.RESOURCE, Failure.SCRATCH_FULL);
    }
    services.control().disk().begin(work.label() + ": " + failure.message());
    return failure;
  }

  /** What a store that does not answer means: it holds the run up, the attempt does not count. */
  void storeUnavailable(Assignment work, Failure failure) {
    DatasetFiles files = services.workplace().files();
    services
        .control()
        .disk()
        .beginStore(
            work.label() + ": " + failure.message(), () -> files.isAnswering(failure.message()));
  }

  /** Full, or fuller than the disk of temporary files. */
  private boolean isRepositoryFull() {
    if (services.control().disk().isFull()) {
      return true;
    }
    try {
      FileStore repository = Files.getFileStore(services.campaign().root());
      FileStore scratch = Files.getFileStore(Path.of(System.getProperty("java.io.tmpdir")));
      return repository.equals(scratch) || repository.getUsableSpace() <= scratch.getUsableSpace();
    } catch (IOException e) {
      return true;
    }
  }
}
