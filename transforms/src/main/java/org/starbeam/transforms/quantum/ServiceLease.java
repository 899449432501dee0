package org.starbeam.transforms.quantum;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The claim of one function of the graph to the services of its launch in this JVM. A worker that
 * outlives the launch is told of its end by nobody, so the services are closed when no function has
 * needed them for a while: the ledger segment ends, the caches and the class loader of the job can
 * go. A stage that begins later opens them anew.
 */
final class ServiceLease {
  private static final Logger LOG = LoggerFactory.getLogger(ServiceLease.class);

  /** Longer than the pause between two stages of a job, shorter than that between two jobs. */
  static final long LINGER_MILLIS = 30_000;

  /** Functions that hold the services, and how often that has changed, by launch. */
  private static final Map<String, Holders> HELD = new ConcurrentHashMap<>();

  private record Holders(int count, long changes) {
    static final Holders NONE = new Holders(0, 0);

    Holders plus(int more) {
      return new Holders(count + more, changes + 1);
    }
  }

  private final CampaignContext campaign;
  private final long lingerMillis;
  private final AtomicBoolean ended = new AtomicBoolean();

  private ServiceLease(CampaignContext campaign, long lingerMillis) {
    this.campaign = campaign;
    this.lingerMillis = lingerMillis;
  }

  static ServiceLease take(CampaignContext campaign) {
    return take(campaign, LINGER_MILLIS);
  }

  static ServiceLease take(CampaignContext campaign, long lingerMillis) {
    change(campaign, 1);
    return new ServiceLease(campaign, lingerMillis);
  }

  private static Holders change(CampaignContext campaign, int more) {
    return HELD.compute(
        campaign.launchId(), (id, held) -> (held == null ? Holders.NONE : held).plus(more));
  }

  /** Gives the claim back; a second call does nothing. */
  void end() {
    if (!ended.compareAndSet(false, true)) {
      return;
    }
    Holders left = change(campaign, -1);
    if (left.count == 0) {
      closeLater(left);
    }
  }

  /** With a thread that ends: one that stayed would hold the classes of the job. */
  private void closeLater(Holders then) {
    ScheduledThreadPoolExecutor once =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "starbeam-lease-end");
              thread.setDaemon(true);
              return thread;
            });
    once.schedule(() -> closeUnlessTaken(then), lingerMillis, TimeUnit.MILLISECONDS);
    once.shutdown();
  }

  private void closeUnlessTaken(Holders then) {
    HELD.computeIfPresent(
        campaign.launchId(),
        (id, now) -> {
          if (!now.equals(then)) {
            return now;
          }
          try {
            CampaignServices.close(campaign);
          } catch (IOException | LinkageError e) {
            LOG.warn("run {}: {}", campaign.run(), e.toString());
          }
          return null;
        });
  }
}
