package org.starbeam.pipelines.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.campaign.RunSummary;
import org.starbeam.schema.QuantumStatus;

/**
 * Shows on stderr how a run goes on, from its ledger: a bar on a terminal, else a plain line every
 * half minute. What it shows is what {@code status} shows from any other shell.
 */
final class Progress implements AutoCloseable {
  private final Path root;
  private final String run;
  private final boolean terminal = System.console() != null;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "starbeam-progress");
            thread.setDaemon(true);
            return thread;
          });
  private final @Nullable ProgressBar bar;

  Progress(Path root, String run, boolean quiet) {
    this.root = root;
    this.run = run;
    this.bar =
        terminal && !quiet
            ? new ProgressBarBuilder()
                .setTaskName("quanta")
                .setInitialMax(-1)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(500)
                .build()
            : null;
    if (!quiet) {
      long period = terminal ? 2 : 30;
      clock.scheduleWithFixedDelay(this::show, period, period, TimeUnit.SECONDS);
    }
  }

  private void show() {
    try {
      RunSummary summary = new RunSummary(RunCatalog.open(root, run).quanta(), 0);
      List<RunSummary.TaskCount> tasks = summary.tasks();
      String now =
          tasks.isEmpty()
              ? ""
              : tasks.get(tasks.size() - 1).step() + " " + tasks.get(tasks.size() - 1).task();
      if (bar != null) {
        bar.stepTo(summary.total(QuantumStatus.DONE) + summary.total(QuantumStatus.ADOPTED));
        bar.setExtraMessage(now + ", " + summary.total(QuantumStatus.FAILED) + " failed");
      } else {
        System.err.println(summary.line() + "; " + now);
      }
    } catch (UserException e) {
      // The run has no ledger yet.
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
    if (bar != null) {
      bar.close();
    }
  }
}
