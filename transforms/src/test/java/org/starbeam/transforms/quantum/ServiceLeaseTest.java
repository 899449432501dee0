package org.starbeam.transforms.quantum;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceLeaseTest {
  private static final long LINGER = 150;

  @TempDir Path repository;

  private static boolean closesWithin(CampaignContext campaign, long millis)
      throws InterruptedException {
    long end = System.nanoTime() + millis * 1_000_000;
    while (CampaignServices.isOpen(campaign) && System.nanoTime() < end) {
      Thread.sleep(5);
    }
    return !CampaignServices.isOpen(campaign);
  }

  @Test
  void servicesEndAfterTheLastFunctionThatNeedsThem() throws InterruptedException {
    CampaignContext campaign = CampaignContext.of(repository, "run");
    ServiceLease first = ServiceLease.take(campaign, LINGER);
    ServiceLease second = ServiceLease.take(campaign, LINGER);
    CampaignServices.of(campaign);
    first.end();
    first.end();
    assertThat(closesWithin(campaign, 3 * LINGER)).as("closed while one holds them").isFalse();
    second.end();
    assertThat(closesWithin(campaign, 10_000)).isTrue();
  }

  @Test
  void aStageThatBeginsSoonKeepsThemOpen() throws InterruptedException {
    CampaignContext campaign = CampaignContext.of(repository, "run");
    ServiceLease first = ServiceLease.take(campaign, LINGER);
    CampaignServices services = CampaignServices.of(campaign);
    first.end();
    ServiceLease next = ServiceLease.take(campaign, LINGER);
    assertThat(closesWithin(campaign, 3 * LINGER)).isFalse();
    assertThat(CampaignServices.of(campaign)).isSameAs(services);
    next.end();
    assertThat(closesWithin(campaign, 10_000)).isTrue();
  }
}
