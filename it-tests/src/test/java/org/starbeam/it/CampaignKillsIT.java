package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.starbeam.simulation.CampaignWriter;
import org.starbeam.simulation.Presets;
import org.starbeam.simulation.ProgressListener;

/**
 * A whole campaign on a cluster of two workers, five times, with one worker and two launchers
 * killed at random moments of each: five workers and ten launchers. Products are those of an
 * undisturbed run and no finished quantum is done again. Hours long; {@code
 * -Dstarbeam.kills.preset=it} takes a smaller survey, {@code -Dstarbeam.survey=DIR} one that is
 * there, {@code -Dstarbeam.kills.runs=1 -Dstarbeam.kills.launchers=10} one run with all launchers,
 * {@code -Dstarbeam.kills.directory=DIR} keeps the products, {@code -Dstarbeam.seed=N} takes the
 * same moments again.
 */
@Tag("campaign")
class CampaignKillsIT {
  private static final String PRESET = System.getProperty("starbeam.kills.preset", "ci");
  private static final long SEED = Long.getLong("starbeam.seed", System.nanoTime());
  private static final int WORKERS = 2;

  /**
   * Per cent of the quanta by which all kills are done: the last ones end sooner than one looks.
   */
  private static final int KILLED_BY = 97;

  private static final int RUNS = Integer.getInteger("starbeam.kills.runs", 5);
  private static final int LAUNCHERS = Integer.getInteger("starbeam.kills.launchers", 2);

  @TempDir static Path temporary;
  private static Path directory;
  private static Path survey;
  private static Path repository;
  private static TestCluster cluster;
  private static RunLedger undisturbed;

  @BeforeAll
  static void reduceUndisturbed() throws IOException, InterruptedException {
    directory = Path.of(System.getProperty("starbeam.kills.directory", temporary.toString()));
    Files.createDirectories(directory);
    survey = Surveys.given().orElseGet(() -> simulated(directory.resolve("survey")));
    repository = directory.resolve("repo");
    System.out.printf("CampaignKillsIT: %s, seed %d%n", survey, SEED);
    cluster = TestCluster.start(directory.resolve("cluster"), WORKERS, "4g");
    long begin = System.nanoTime();
    StarbeamProcess.run(directory, "1500m", arguments("undisturbed"));
    undisturbed = RunLedger.read(repository, "undisturbed");
    System.out.printf(
        "CampaignKillsIT: undisturbed %d quanta in %d s%n",
        undisturbed.done(), (System.nanoTime() - begin) / 1_000_000_000);
  }

  private static Path simulated(Path directory) {
    CampaignWriter.write(directory, Presets.named(PRESET), 1, ProgressListener.NONE);
    return directory;
  }

  @AfterAll
  static void stop() throws IOException {
    if (cluster != null) {
      cluster.close();
    }
  }

  private static String[] arguments(String run) {
    return Stream.of(
            "launch",
            "ci",
            "--set",
            "input=" + survey,
            "--repo",
            repository.toString(),
            "--name",
            run,
            "--runner",
            "flink",
            "--master",
            cluster.master())
        .toArray(String[]::new);
  }

  /** Waits until as many quanta are done; false when the launch ended before. */
  private static boolean reaches(StarbeamProcess launch, String run, int done)
      throws InterruptedException {
    while (launch.isAlive() && RunLedger.read(repository, run).done() < done) {
      Thread.sleep(1000);
    }
    return launch.isAlive();
  }

  private static void judge(String run, String what) {
    RunLedger ledger = RunLedger.read(repository, run);
    System.out.printf(
        "CampaignKillsIT: %s: %d quanta, %d finished quanta redone, %d datasets differ%n",
        what,
        ledger.done(),
        ledger.redone(),
        ledger.hashes().entrySet().stream()
            .filter(e -> !e.getValue().equals(undisturbed.hashes().get(e.getKey())))
            .count());
    assertThat(ledger.hashes()).as(what).isEqualTo(undisturbed.hashes());
    assertThat(ledger.failed()).as(what).isEqualTo(undisturbed.failed());
    assertThat(ledger.redone()).as("finished quanta redone, %s", what).isZero();
  }

  static IntStream runs() {
    return IntStream.rangeClosed(1, RUNS);
  }

  @ParameterizedTest
  @MethodSource("runs")
  void aWorkerAndLaunchersKilledAtRandomMoments(int number)
      throws IOException, InterruptedException {
    Random random = new Random(SEED + number);
    String run = "killed" + number;
    int last = KILLED_BY * undisturbed.done() / 100;
    int[] moments = random.ints(LAUNCHERS + 1, 1, last).sorted().toArray();
    int worker = random.nextInt(moments.length);
    StarbeamProcess launch = StarbeamProcess.start(directory, "1500m", arguments(run));
    for (int k = 0; k < moments.length; k++) {
      assertThat(reaches(launch, run, moments[k])).as("%s", launch.printed()).isTrue();
      if (k == worker) {
        cluster.killOne(random);
      } else {
        Thread.sleep(random.nextInt(3000));
        launch.kill();
        launch = StarbeamProcess.start(directory, "1500m", arguments(run));
      }
    }
    assertThat(launch.await()).as("%s", launch.printed()).isZero();
    judge(
        run, "killed after " + Arrays.toString(moments) + " quanta, worker at " + moments[worker]);
    cluster.awaitWorkers(WORKERS);
  }
}
