package org.starbeam.pipelines.cli;

import java.util.ArrayList;
import java.util.List;
import org.starbeam.pipelines.observe.InfluxSink;
import org.starbeam.pipelines.observe.MetricsPublisher;
import org.starbeam.pipelines.observe.RunMonitor;
import org.starbeam.pipelines.observe.StatusServer;

/** What watches a launch from inside its process: the status page and the sink of metrics. */
final class Watchers implements AutoCloseable {
  private final List<Runnable> closers = new ArrayList<>();

  private Watchers() {}

  /**
   * @param metrics sink of metrics, or empty
   */
  static Watchers open(RunMonitor monitor, StatusPageOptions page, String metrics, boolean quiet) {
    Watchers watchers = new Watchers();
    if (!metrics.isEmpty()) {
      MetricsPublisher publisher = new MetricsPublisher(monitor, InfluxSink.open(metrics));
      watchers.closers.add(publisher::close);
    }
    if (page.port != 0) {
      StatusServer server = StatusServer.open(monitor, page.address());
      watchers.closers.add(server::close);
      if (!quiet) {
        String other =
            server.port() == page.port ? "" : " (port " + page.port + " is taken by another)";
        System.err.println("status page " + server.url() + other);
      }
    }
    return watchers;
  }

  @Override
  public void close() {
    closers.forEach(Runnable::run);
  }
}
