package org.starbeam.pipelines.observe;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends the metrics of a run to a sink every ten seconds, and those of its science at the end. */
public final class MetricsPublisher implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MetricsPublisher.class);
  private static final long PERIOD_SECONDS = 10;

  private final RunMonitor monitor;
  private final InfluxSink sink;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "starbeam-metrics-clock");
            thread.setDaemon(true);
            return thread;
          });

  public MetricsPublisher(RunMonitor monitor, InfluxSink sink) {
    this.monitor = monitor;
    this.sink = sink;
    clock.scheduleWithFixedDelay(this::publish, PERIOD_SECONDS, PERIOD_SECONDS, TimeUnit.SECONDS);
  }

  private void publish() {
    try {
      monitor.refresh();
      sink.offer(LineProtocol.of(monitor.metrics(), System.currentTimeMillis() * 1_000_000));
    } catch (RuntimeException e) {
      LOG.debug("no metrics of run {}", monitor.run(), e);
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
    publish();
    try {
      sink.offer(ScienceMetrics.lines(monitor.root(), monitor.run()));
    } catch (RuntimeException e) {
      LOG.debug("no science metrics of run {}", monitor.run(), e);
    }
    sink.close();
  }
}
