package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.simulation.CampaignWriter;
import org.starbeam.simulation.Presets;
import org.starbeam.simulation.ProgressListener;

/**
 * A whole campaign on a cluster of two workers, five times, with one worker and two launchers
 * killed at random moments of each: five workers and ten launchers. Products are those of an
 * undisturbed run and no finished quantum is done again. Hours long; {@code
 * -Dstarbeam.kills.preset=it} takes a smaller survey, {@code -Dstarbeam.kills.survey=DIR} one that
 * is there, {@code -Dstarbeam.seed=N} the same moments again.
 */
@Tag("campaign")
class CampaignKillsIT {
  private static final String PRESET = System.getProperty("starbeam.kills.preset", "ci");
  private static final String SURVEY = System.getProperty("starbeam.kills.survey", "");
  private static final long SEED = Long.getLong("starbeam.seed", System.nanoTime());
  private static final int WORKERS = 2;

  /** Kills of a run: one of a worker, the others of the launcher. */
  private static final int KILLS = 3;

  @TempDir static Path directory;
  private static Path survey;
  private static Path repository;
  private static TestCluster cluster;
  private static RunLedger undisturbed;

  @BeforeAll
  static void reduceUndisturbed() throws IOException, InterruptedException {
    System.out.printf(
        "CampaignKillsIT: %s, seed %d%n", SURVEY.isEmpty() ? "preset " + PRESET : SURVEY, SEED);
    survey = SURVEY.isEmpty() ? directory.resolve("survey") : Path.of(SURVEY);
    repository = directory.resolve("repo");
    if (SURVEY.isEmpty()) {
      CampaignWriter.write(survey, Presets.named(PRESET), 1, ProgressListener.NONE);
    }
    cluster = TestCluster.start(directory.resolve("cluster"), WORKERS, "4g");
    long begin = System.nanoTime();
    StarbeamProcess.run(directory, "1500m", arguments("undisturbed"));
    undisturbed = RunLedger.read(repository, "undisturbed");
    System.out.printf(
        "CampaignKillsIT: undisturbed %d quanta in %d s%n",
        undisturbed.done(), (System.nanoTime() - begin) / 1_000_000_000);
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
      Thread.sleep(200);
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

  @RepeatedTest(5)
  void aWorkerAndTwoLaunchersKilledAtRandomMoments(RepetitionInfo repetition)
      throws IOException, InterruptedException {
    Random random = new Random(SEED + repetition.getCurrentRepetition());
    String run = "killed" + repetition.getCurrentRepetition();
    int[] moments = random.ints(KILLS, 1, undisturbed.done()).sorted().toArray();
    int worker = random.nextInt(KILLS);
    StarbeamProcess launch = StarbeamProcess.start(directory, "1500m", arguments(run));
    for (int k = 0; k < KILLS; k++) {
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
