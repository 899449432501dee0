package org.starbeam.pipelines.campaign;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.CampaignServices;
import org.starbeam.transforms.quantum.RunFiles;
import org.starbeam.transforms.quantum.RunLease;
import org.starbeam.transforms.quantum.RunStop;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Ctrl-C and SIGTERM while a launch runs (specs/05 section 8): the first has it begin no quantum
 * any more and end what runs, for half a minute at most; the second ends the process at once. The
 * run can be resumed after either.
 */
final class LaunchSignals implements AutoCloseable {
  private static final long PATIENCE_MILLIS = 30_000;

  private final CampaignContext context;
  private final AtomicInteger count = new AtomicInteger();
  private final SignalHandler interruptBefore;
  private final SignalHandler terminateBefore;

  LaunchSignals(CampaignContext context) {
    this.context = context;
    interruptBefore =
        Signal.handle(new Signal("INT"), s -> arrived(RunStop.Cause.INTERRUPTED, 130));
    terminateBefore =
        Signal.handle(new Signal("TERM"), s -> arrived(RunStop.Cause.TERMINATED, 143));
  }

  private void arrived(RunStop.Cause cause, int exitCode) {
    if (count.incrementAndGet() > 1) {
      halt(exitCode);
    }
    System.err.println(
        "stopping: no quantum is begun any more, those that run have 20 s; once more to end now");
    RunStop stop =
        new RunStop(
            cause, cause == RunStop.Cause.INTERRUPTED ? "interrupted" : "terminated", false);
    CampaignServices.stop(context, stop);
    try {
      RunLease.requestStop(RunFiles.of(context), stop);
    } catch (IOException e) {
      System.err.println("other workers cannot be told: " + e);
    }
    Thread late =
        new Thread(
            () -> {
              try {
                Thread.sleep(PATIENCE_MILLIS);
                halt(exitCode);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "starbeam-late");
    late.setDaemon(true);
    late.start();
  }

  private void halt(int exitCode) {
    CampaignServices.abandon(context);
    Runtime.getRuntime().halt(exitCode);
  }

  /** The exit code of a launch that was stopped. */
  static ExitCode exitCode(RunStop stop) {
    return switch (stop.cause()) {
      case OPERATOR, INTERRUPTED -> ExitCode.INTERRUPTED;
      case TERMINATED -> ExitCode.TERMINATED;
      case POLICY -> ExitCode.POLICY;
      case LEASE_LOST -> ExitCode.CONFLICT;
      case DISK_FULL, STORE_UNAVAILABLE, STORAGE -> ExitCode.INFRASTRUCTURE;
    };
  }

  @Override
  public void close() {
    Signal.handle(new Signal("INT"), interruptBefore);
    Signal.handle(new Signal("TERM"), terminateBefore);
  }
}
