package org.starbeam.pipelines.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.pipelines.observe.RunMonitor;
import org.starbeam.pipelines.observe.RunText;

/**
 * Shows on stderr how a run goes on, from the tails of its ledger: on a terminal a line per step,
 * redrawn once a second, else a plain line every half minute. What it shows is what {@code status}
 * shows from any other shell.
 */
final class Progress implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Progress.class);

  private static final String NO_WRAP = "\u001b[?7l";
  private static final String WRAP = "\u001b[?7h";

  private final RunMonitor monitor;
  private final boolean terminal;
  private final PrintStream out = System.err;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "starbeam-progress");
            thread.setDaemon(true);
            return thread;
          });
  private int drawn;

  Progress(Path root, String run, boolean quiet) {
    this(RunMonitor.open(root, run), quiet);
  }

  Progress(RunMonitor monitor, boolean quiet) {
    this(monitor, quiet, System.console() != null);
  }

  Progress(RunMonitor monitor, boolean quiet, boolean terminal) {
    this.monitor = monitor;
    this.terminal = terminal;
    long period = terminal && !quiet ? 1 : 30;
    clock.scheduleWithFixedDelay(() -> show(quiet), period, period, TimeUnit.SECONDS);
  }

  private void show(boolean quiet) {
    try {
      monitor.refresh();
      monitor.save();
      if (!quiet) {
        print(
            terminal ? RunText.steps(monitor.state()) : List.of(RunText.summary(monitor.state())));
      }
    } catch (RuntimeException e) {
      LOG.debug("no progress can be shown", e);
    }
  }

  private synchronized void print(List<String> lines) {
    StringBuilder text = new StringBuilder();
    if (terminal) {
      text.append(NO_WRAP).append(drawn > 0 ? "\u001b[" + drawn + "A\u001b[J" : "");
    }
    lines.forEach(line -> text.append(line).append(System.lineSeparator()));
    text.append(terminal ? WRAP : "");
    drawn = lines.size();
    out.print(text);
    out.flush();
  }

  @Override
  public void close() {
    clock.shutdownNow();
    try {
      monitor.refresh();
      monitor.save();
    } catch (RuntimeException e) {
      LOG.debug("the run's ledger cannot be read", e);
    }
  }
}
