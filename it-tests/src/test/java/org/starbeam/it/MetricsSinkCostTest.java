package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.mock.MockPlan;
import org.starbeam.runners.cluster.Listeners;

/**
 * A sink of metrics at which nobody listens, and one that takes connections and never answers, so
 * that its queue fills: neither changes the time of a run by two per cent.
 */
@EnabledIfSystemProperty(named = "starbeam.full", matches = "true")
class MetricsSinkCostTest {
  private static final MockPlan PLAN = MockLaunch.plan(4, 0.7, 100);
  private static final double MOST = 1.02;

  @TempDir Path directory;

  /** Seconds from the beginning of the first quantum to the end of the last. */
  private double makespan(String name, String... more) throws IOException {
    Path repository = directory.resolve(name).resolve("repo");
    repository.getParent().toFile().mkdirs();
    CommandLine.Answer answer = CommandLine.run(MockLaunch.arguments(repository, PLAN, more));
    assertThat(answer.code()).as(answer.err()).isZero();
    double[] ends = {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
    RunCatalog.open(repository, MockLaunch.RUN)
        .forEachLast(
            record -> {
              ends[0] = Math.min(ends[0], record.getStartTaiMjd());
              ends[1] = Math.max(ends[1], record.getEndTaiMjd());
            });
    double seconds = (ends[1] - ends[0]) * 86_400;
    System.out.printf("MetricsSinkCostTest: %s %.2f s%n", name, seconds);
    return seconds;
  }

  @Test
  void aSinkThatIsDeadOrStuckDoesNotChangeTheTimeOfARun() throws IOException {
    makespan("warm");
    String dead = "influx:http://127.0.0.1:" + Listeners.freePort() + "/db";
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      String stuck = "influx:http://127.0.0.1:" + silent.getLocalPort() + "/db";
      double without = makespan("without");
      double withDead = makespan("dead", "--metrics", dead);
      double withStuck = makespan("stuck", "--metrics", stuck);
      without = Math.min(without, makespan("again"));
      assertThat(withDead / without).as("dead").isLessThan(MOST);
      assertThat(withStuck / without).as("stuck").isLessThan(MOST);
    }
  }
}
