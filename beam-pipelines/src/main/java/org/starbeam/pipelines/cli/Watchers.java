package org.starbeam.pipelines.cli;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.campaign.CampaignSettings;
import org.starbeam.pipelines.observe.InfluxSink;
import org.starbeam.pipelines.observe.MetricsPublisher;
import org.starbeam.pipelines.observe.PlanKeeper;
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

  /**
   * Has the plan of a campaign made, for totals and the time left.
   *
   * @param campaign what is launched; null when only parts of it are
   */
  Watchers planning(@Nullable CampaignSettings campaign) {
    if (campaign != null) {
      PlanKeeper keeper = PlanKeeper.begin(campaign);
      closers.add(keeper::close);
    }
    return this;
  }

  @Override
  public void close() {
    closers.forEach(Runnable::run);
  }
}
