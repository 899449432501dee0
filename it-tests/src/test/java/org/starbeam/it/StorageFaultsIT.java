package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.CampaignRunner;
import org.starbeam.pipelines.mock.MockPlan;
import org.starbeam.pipelines.observe.RunMonitor;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.quantum.RunLease;

/**
 * The storage of a run fails under it: the disk is full, the repository is unmounted, or made
 * read-only. Nothing is recorded as failed for that, and the run goes on when the storage is back,
 * to the bytes of an undisturbed run.
 *
 * <p>The disk that is full is a real file system, which takes the right to mount one; without it
 * these tests are skipped. Ten full disks with {@code -Dstarbeam.full=true}, else three.
 */
@Tag("acceptance")
@EnabledOnOs(OS.LINUX)
class StorageFaultsIT {
  private static final boolean FULL = Boolean.getBoolean("starbeam.full");
  private static final int TIMES = FULL ? 10 : 3;
  private static final MockPlan PLAN = MockLaunch.plan(TIMES * 3, 0.01, 30_000);

  @TempDir static Path quiet;
  private static RunLedger undisturbed;
  @TempDir Path directory;
  private Path disk;
  private Path repository;
  private boolean mounted;

  @BeforeEach
  void makeDisk() throws IOException {
    disk = Files.createDirectory(directory.resolve("disk"));
    repository = disk.resolve("repo");
  }

  private void mount() throws IOException, InterruptedException {
    mounted = command("mount", "-t", "tmpfs", "-o", "size=150m", "starbeam", disk.toString());
    assumeTrue(mounted, "no right to mount a file system");
  }

  private static boolean command(String... words) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
  }

  @AfterEach
  void unmount() throws IOException, InterruptedException {
    if (mounted) {
      command("umount", "-l", disk.toString());
    }
  }

  private static CampaignRunner runner() {
    return new CampaignRunner("test")
        .mocking(PLAN)
        .withLease(new RunLease.Timing(200, 2000))
        .withDisk(0.1, 300);
  }

  @BeforeAll
  static void runUndisturbed() {
    MockLaunch.run(runner(), quiet, "direct");
    undisturbed = RunLedger.read(quiet, MockLaunch.RUN);
  }

  private void assertThatTheRunIsTheUndisturbedOne() {
    RunLedger ledger = RunLedger.read(repository, MockLaunch.RUN);
    assertThat(ledger.hashes()).isEqualTo(undisturbed.hashes());
    assertThat(ledger.done()).isEqualTo(undisturbed.done());
    assertThat(ledger.failed()).isZero();
    assertThat(ledger.redone()).as("finished quanta done again").isZero();
  }

  @Test
  void aDiskThatIsFullHoldsTheRunUpUntilThereIsRoom() throws Throwable {
    mount();
    long seed = Long.getLong("starbeam.seed", System.nanoTime());
    System.out.printf("StorageFaultsIT: tmpfs of 150 MiB, seed %d%n", seed);
    int[] moments = new Random(seed).ints(TIMES, 0, 1 + TIMES * 80).sorted().toArray();
    MockLaunch launch = MockLaunch.start(runner(), repository, "direct");
    Path paused = RepositoryPaths.run(repository, MockLaunch.RUN).resolve("paused.json");
    for (int moment : moments) {
      launch.awaitDone(moment);
      Path ballast = fillUntil(launch, paused);
      Thread.sleep(1000);
      int done = launch.done();
      assertThat(state()).isEqualTo("paused");
      assertThat(launch.ledger().count(QuantumStatus.FAILED)).isZero();
      Thread.sleep(1000);
      assertThat(paused).as("there is no room, whatever the reserve has left").exists();
      assertThat(launch.done()).isBetween(done, done + 3);
      Files.delete(ballast);
      launch.await(() -> !Files.exists(paused), "the run goes on");
    }
    assertThat(launch.end().exitCode()).isEqualTo(ExitCode.SUCCESS);
    assertThatTheRunIsTheUndisturbedOne();
  }

  private String state() {
    RunMonitor monitor = RunMonitor.open(repository, MockLaunch.RUN);
    monitor.refresh();
    return monitor.state().state();
  }

  /** Takes whatever room there is until the run says that it has none. */
  private Path fillUntil(MockLaunch launch, Path paused) throws Exception {
    Path ballast = disk.resolve("ballast");
    byte[] block = new byte[1 << 14];
    try (OutputStream out =
        Files.newOutputStream(ballast, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      launch.await(
          () -> {
            fill(out, block);
            return Files.exists(paused);
          },
          "the disk is full");
      for (int more = 0; more < 20; more++) {
        fill(out, block);
        Thread.sleep(20);
      }
    }
    return ballast;
  }

  private static void fill(OutputStream out, byte[] block) {
    try {
      while (true) {
        out.write(block);
      }
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("No space left");
    }
  }

  @Test
  void aRunWhoseDiskStaysFullEndsAndHasFailedNothing() throws Throwable {
    mount();
    MockLaunch launch = MockLaunch.start(runner().withDisk(0.1, 1), repository, "direct");
    Path paused = RepositoryPaths.run(repository, MockLaunch.RUN).resolve("paused.json");
    launch.awaitDone(50);
    Path ballast = fillUntil(launch, paused);
    ExitCode code;
    try {
      code = launch.end().exitCode();
    } catch (UserException e) {
      code = e.exitCode();
    }
    assertThat(code).isEqualTo(ExitCode.INFRASTRUCTURE);
    Files.delete(ballast);
    assertThatTheRunGoesOn();
  }

  @Test
  void aRepositoryThatIsMovedAwayEndsTheLaunchAndFailsNothing() throws Throwable {
    MockLaunch launch = MockLaunch.start(runner(), repository, "direct");
    launch.awaitDone(100);
    Path elsewhere = disk.resolve("elsewhere");
    Files.move(repository, elsewhere);
    UserException ended = catchThrowableOfType(UserException.class, launch::end);
    assertThat(ended.exitCode()).isEqualTo(ExitCode.INFRASTRUCTURE);
    assertThat(ended).hasMessageContaining("the repository " + repository + " is gone");
    assertThat(repository).as("no second repository in its place").doesNotExist();
    Files.move(elsewhere, repository);
    assertThatTheRunGoesOn();
  }

  @Test
  void aFileSystemThatBecomesReadOnlyEndsTheLaunchAndFailsNothing() throws Throwable {
    mount();
    MockLaunch launch = MockLaunch.start(runner(), repository, "direct");
    launch.awaitDone(50);
    // A read-only view of the file system over itself: files that are open stay writable.
    assertThat(command("mount", "--bind", disk.toString(), disk.toString())).isTrue();
    try {
      assertThat(command("mount", "-o", "remount,bind,ro", disk.toString())).isTrue();
      UserException ended = catchThrowableOfType(UserException.class, launch::end);
      assertThat(ended.exitCode()).isEqualTo(ExitCode.INFRASTRUCTURE);
      assertThat(ended).hasMessageContaining("cannot be written");
      UserException refused =
          catchThrowableOfType(
              UserException.class, () -> MockLaunch.run(runner(), repository, "direct"));
      assertThat(refused.exitCode()).isEqualTo(ExitCode.INFRASTRUCTURE);
      assertThat(refused).hasMessageContaining("cannot").hasMessageContaining("ead-only");
    } finally {
      command("umount", disk.toString());
    }
    assertThatTheRunGoesOn();
  }

  @Test
  void aFileSystemThatIsUnmountedEndsTheLaunchAndFailsNothing() throws Throwable {
    mount();
    Path kept = Files.createDirectory(directory.resolve("kept"));
    assertThat(command("mount", "--bind", disk.toString(), kept.toString())).isTrue();
    try {
      MockLaunch launch = MockLaunch.start(runner(), repository, "direct");
      launch.awaitDone(50);
      unmount();
      UserException ended = catchThrowableOfType(UserException.class, launch::end);
      assertThat(ended.exitCode()).isEqualTo(ExitCode.INFRASTRUCTURE);
      assertThat(ended).hasMessageContaining("is gone").hasMessageContaining("mounted?");
      assertThat(disk).as("nothing is written under the mount point").isEmptyDirectory();
      assertThat(command("mount", "--bind", kept.toString(), disk.toString())).isTrue();
      assertThatTheRunGoesOn();
    } finally {
      command("umount", "-l", kept.toString());
    }
  }

  private void assertThatTheRunGoesOn() {
    assertThat(RunLedger.read(repository, MockLaunch.RUN).count(QuantumStatus.FAILED)).isZero();
    assertThat(MockLaunch.run(runner(), repository, "direct").exitCode())
        .isEqualTo(ExitCode.SUCCESS);
    assertThatTheRunIsTheUndisturbedOne();
  }
}
