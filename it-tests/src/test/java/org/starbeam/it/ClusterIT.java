package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.simulation.CampaignWriter;
import org.starbeam.simulation.Preset;
import org.starbeam.simulation.Presets;
import org.starbeam.simulation.ProgressListener;

/**
 * The campaign on a Flink cluster of JVMs of its own: the DirectRunner's bytes, also when a worker
 * is killed. With {@code -Dstarbeam.full=true} on the whole small survey, else on a part of it.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClusterIT {
  private static final boolean FULL = Boolean.getBoolean("starbeam.full");

  /** As far as the objects' detection, whose measurement takes most of the time of a campaign. */
  private static final String STEPS = FULL ? "..step7" : "..step3:detectObjects";

  private static final int WORKERS = 2;

  /**
   * Per cent of the quanta by which a worker is killed: the last ones end sooner than one looks.
   */
  private static final int KILLED_BY = 80;

  private static final long CLOSING_MILLIS = 90_000;

  @TempDir static Path directory;
  private static Path survey;
  private static Path repository;
  private static TestCluster cluster;

  @BeforeAll
  static void reduceOnTheDirectRunner() throws IOException, InterruptedException {
    survey = directory.resolve("survey");
    repository = directory.resolve("repo");
    CampaignWriter.write(survey, FULL ? Presets.it() : part(), 1, ProgressListener.NONE);
    launch("direct");
    cluster = TestCluster.start(directory.resolve("cluster"), WORKERS, "2g");
  }

  /** Two visits of one detector in one band, with few galaxies. */
  private static Preset part() {
    Preset it = Presets.it();
    Preset.Field field = it.field();
    return new Preset(
        it.name(),
        it.frames(),
        1,
        "r",
        List.of(new Preset.Night(20210907, 2)),
        it.expTime(),
        new Preset.CalibSequence(3, 3, 3, 30000, 0, false, false),
        new Preset.Field(
            field.ra(),
            field.dec(),
            field.starDensity(),
            field.galaxyDensity() / 7,
            field.blendFraction(),
            field.variableFraction(),
            field.highMotionStars(),
            field.supernovae(),
            field.gridArcsec()),
        it.sensor(),
        it.observing());
  }

  @AfterAll
  static void stop() throws IOException {
    if (cluster != null) {
      cluster.close();
    }
  }

  private static String[] arguments(String run, String... more) {
    return Stream.concat(
            Stream.of(
                "launch",
                "ci",
                "--steps",
                STEPS,
                "--set",
                "input=" + survey,
                "--repo",
                repository.toString(),
                "--name",
                run),
            Stream.of(more))
        .toArray(String[]::new);
  }

  private static void launch(String run, String... more) throws IOException, InterruptedException {
    StarbeamProcess.run(directory, "1500m", arguments(run, more));
  }

  @Test
  @Order(1)
  void nothingListensExceptOnTheLoopback() throws IOException {
    assertThat(cluster.workers()).hasSize(WORKERS);
    assertThat(cluster.openToOthers()).isEmpty();
  }

  @Test
  @Order(1)
  void statusIsADocumentOfItsSchema() {
    CommandLine.Answer answer =
        CommandLine.run("cluster", "status", "--dir", cluster.directory().toString(), "--json");
    assertThat(answer.code()).as(answer.err()).isZero();
    assertThat(JsonDocuments.require("cluster status", answer.out()).path("taskManagers"))
        .hasSize(WORKERS);
  }

  @Test
  @Order(2)
  void workerThatIsKilledCostsNothing() throws IOException, InterruptedException {
    long seed = Long.getLong("starbeam.seed", System.nanoTime());
    Random random = new Random(seed);
    RunLedger undisturbed = RunLedger.read(repository, "direct");
    int moment = 1 + random.nextInt(KILLED_BY * undisturbed.done() / 100);
    StarbeamProcess launch =
        StarbeamProcess.start(
            directory,
            "512m",
            arguments("killed", "--runner", "flink", "--master", cluster.master()));
    while (launch.isAlive() && RunLedger.read(repository, "killed").done() < moment) {
      Thread.sleep(100);
    }
    assertThat(launch.isAlive()).as("the job runs when its worker is killed").isTrue();
    cluster.killOne(random);
    String what = "seed " + seed + ", killed at " + moment + " of " + undisturbed.done();
    assertThat(launch.await()).as("%s%n%s", what, launch.printed()).isZero();
    RunLedger ledger = RunLedger.read(repository, "killed");
    System.out.printf("ClusterIT: %s quanta, %d finished quanta redone%n", what, ledger.redone());
    assertThat(ledger.hashes()).as(what).isEqualTo(undisturbed.hashes());
    assertThat(ledger.redone()).as("finished quanta redone, %s", what).isZero();
    cluster.awaitWorkers(WORKERS);
  }

  @Test
  @Order(3)
  @EnabledIfSystemProperty(named = "starbeam.full", matches = "true")
  void clusterMakesTheBytesOfTheDirectRunner() throws IOException, InterruptedException {
    launch("flink", "--runner", "flink", "--master", cluster.master());
    RunLedger ledger = RunLedger.read(repository, "flink");
    assertThat(ledger.hashes()).isEqualTo(RunLedger.read(repository, "direct").hashes());
    assertThat(ledger.redone()).isZero();
  }

  @Test
  @Order(4)
  @EnabledIfSystemProperty(named = "starbeam.full", matches = "true")
  void workersLetGoOfARunThatHasEnded() throws IOException, InterruptedException {
    long end = System.currentTimeMillis() + CLOSING_MILLIS;
    while (holdsFilesOfTheRepository() && System.currentTimeMillis() < end) {
      Thread.sleep(1000);
    }
    assertThat(holdsFilesOfTheRepository()).isFalse();
  }

  private static boolean holdsFilesOfTheRepository() throws IOException {
    for (long worker : cluster.workers()) {
      try (Stream<Path> open = Files.list(Path.of("/proc/" + worker + "/fd"))) {
        for (Path descriptor : open.toList()) {
          if (Files.isSymbolicLink(descriptor)
              && Files.readSymbolicLink(descriptor).startsWith(repository)) {
            return true;
          }
        }
      }
    }
    return false;
  }
}
