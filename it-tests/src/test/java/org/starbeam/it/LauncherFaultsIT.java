package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.CampaignRunner;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.mock.MockFault;
import org.starbeam.pipelines.mock.MockPlan;
import org.starbeam.pipelines.observe.RunMonitor;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.quantum.RunFiles;
import org.starbeam.transforms.quantum.RunLease;

/**
 * Launchers that die, that stand still, that are two, and whose clocks differ by two hours: the
 * ledger, the files and the counts are those of one undisturbed launch. Twenty kills with {@code
 * -Dstarbeam.full=true}, else two.
 */
@EnabledOnOs(OS.LINUX)
class LauncherFaultsIT {
  private static final boolean FULL = Boolean.getBoolean("starbeam.full");
  private static final int KILLS = FULL ? 20 : 2;
  private static final int VISITS = FULL ? 100 : 4;

  /** Some of its quanta fail, so that every status has to survive. */
  private static final MockPlan PLAN =
      MockLaunch.plan(VISITS, 0.01, 2000)
          .failing(7, 0.01, Map.of(MockFault.EXCEPTION, 1.0, MockFault.CORRUPT, 1.0));

  @TempDir static Path quiet;
  private static Map<String, String> files;
  private static Map<String, String> ends;
  @TempDir Path directory;

  @BeforeAll
  static void runUndisturbed() throws IOException {
    MockLaunch.run(runner(), quiet.resolve("repo"), "direct");
    files = MockLaunch.files(quiet.resolve("repo"));
    ends = ends(quiet.resolve("repo"));
    assertThat(ends.values()).anyMatch(end -> end.startsWith("FAILED"));
  }

  private static CampaignRunner runner() {
    return new CampaignRunner("test").mocking(PLAN).withLease(new RunLease.Timing(200, 1500));
  }

  /** How every quantum ended; one that was adopted is as good as done. */
  private static Map<String, String> ends(Path repository) {
    Map<String, String> out = new TreeMap<>();
    RunCatalog.open(repository, MockLaunch.RUN)
        .forEachLast(
            r ->
                out.put(
                    r.getTask() + "(" + r.getDataId() + ")",
                    (r.getStatus() == QuantumStatus.ADOPTED ? QuantumStatus.DONE : r.getStatus())
                        + " "
                        + r.getErrorCode()
                        + " "
                        + r.getRootCauses()));
    return out;
  }

  private StarbeamProcess launch(Path repository, int clockOffset) throws IOException {
    return StarbeamProcess.ofClasses(
        directory,
        "512m",
        List.of("starbeam.clock.offset=" + clockOffset),
        MockLaunch.arguments(repository, PLAN));
  }

  private static void awaitDone(StarbeamProcess launch, Path repository, int quanta)
      throws InterruptedException {
    while (launch.isAlive() && RunLedger.read(repository, MockLaunch.RUN).done() < quanta) {
      Thread.sleep(100);
    }
  }

  private static void assertThatNothingIsLostOrDoubled(Path repository) throws IOException {
    assertThat(ends(repository)).isEqualTo(ends);
    assertThat(MockLaunch.files(repository)).isEqualTo(files);
    RunMonitor monitor = RunMonitor.open(repository, MockLaunch.RUN);
    monitor.refresh();
    long failed = ends.values().stream().filter(end -> end.startsWith("FAILED")).count();
    assertThat(monitor.state().totals().failed()).as("what status says").isEqualTo(failed);
  }

  @Test
  void launchersThatAreKilledAtRandomMomentsCostNothing() throws Exception {
    long seed = Long.getLong("starbeam.seed", System.nanoTime());
    Path repository = directory.resolve("repo");
    int done = (int) ends.values().stream().filter(end -> end.startsWith("DONE")).count();
    int[] moments = new Random(seed).ints(KILLS, 0, done).sorted().toArray();
    for (int moment : moments) {
      StarbeamProcess launch = launch(repository, 0);
      awaitDone(launch, repository, moment);
      launch.kill();
    }
    StarbeamProcess last = launch(repository, 0);
    assertThat(last.await()).as(last.printed()).isEqualTo(ExitCode.POLICY.code());
    RunLedger ledger = RunLedger.read(repository, MockLaunch.RUN);
    System.out.printf(
        "LauncherFaultsIT: seed %d, %d kills, %d quanta, %d finished quanta redone%n",
        seed, KILLS, ends.size(), ledger.redone());
    assertThat(ledger.redone()).isZero();
    assertThatNothingIsLostOrDoubled(repository);
  }

  @Test
  void aLauncherThatStoodStillWhileAnotherTookItsRunStops() throws Throwable {
    Path repository = directory.resolve("repo");
    StarbeamProcess old = launch(repository, 3600);
    awaitDone(old, repository, 25);
    old.signal("STOP");
    MockLaunch other = MockLaunch.start(runner(), repository, "direct");
    RunFiles run = RunFiles.of(repository, MockLaunch.RUN);
    other.await(() -> RunLease.read(run).fence() == 2, "the run is taken over");
    other.awaitDone(RunLedger.read(repository, MockLaunch.RUN).done() + 20);
    old.signal("CONT");
    long start = System.nanoTime();
    assertThat(old.await()).as(old.printed()).isEqualTo(ExitCode.CONFLICT.code());
    assertThat((System.nanoTime() - start) / 1e9).as("seconds until it stops").isLessThan(60);
    assertThat(old.printed()).contains("the run was taken by process");
    assertThat(other.end().exitCode()).isEqualTo(ExitCode.POLICY);
    assertThatNothingIsLostOrDoubled(repository);
  }

  @Test
  void aSecondLauncherIsRefusedWhileTheFirstIsAlive() throws Throwable {
    Path repository = directory.resolve("repo");
    MockLaunch first = MockLaunch.start(runner(), repository, "direct");
    first.awaitDone(20);
    UserException refused =
        catchThrowableOfType(
            UserException.class, () -> MockLaunch.run(runner(), repository, "direct"));
    assertThat(refused.exitCode()).isEqualTo(ExitCode.CONFLICT);
    assertThat(refused).hasMessageContaining("is being worked on by process");
    assertThat(first.end().exitCode()).isEqualTo(ExitCode.POLICY);
    assertThatNothingIsLostOrDoubled(repository);
  }

  @Test
  void clocksTwoHoursApartChangeNothing() throws Exception {
    Path repository = directory.resolve("repo");
    StarbeamProcess ahead = launch(repository, 3600);
    awaitDone(ahead, repository, ends.size() / 3);
    ahead.kill();
    StarbeamProcess behind = launch(repository, -3600);
    awaitDone(behind, repository, ends.size() / 2);
    behind.kill();
    assertThat(MockLaunch.run(runner(), repository, "direct").exitCode())
        .isEqualTo(ExitCode.POLICY);
    assertThat(RunLedger.read(repository, MockLaunch.RUN).redone()).isZero();
    assertThat(RunLease.read(RunFiles.of(repository, MockLaunch.RUN)).fence()).isEqualTo(3);
    RunCatalog.open(repository, MockLaunch.RUN)
        .forEachLast(r -> assertThat(r.getFence()).as(r.getTask()).isEqualTo(3));
    assertThatNothingIsLostOrDoubled(repository);
  }
}
