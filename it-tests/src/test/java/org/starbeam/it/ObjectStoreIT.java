package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.LaunchSettings;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.CampaignRunner;
import org.starbeam.pipelines.campaign.CampaignSettings;
import org.starbeam.pipelines.campaign.Template;
import org.starbeam.pipelines.cli.Main;
import org.starbeam.pipelines.repository.RepositoryFile;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.simulation.CampaignWriter;
import org.starbeam.simulation.Preset;
import org.starbeam.simulation.Presets;
import org.starbeam.simulation.ProgressListener;

/**
 * A small survey whose frames are read from an S3 server and whose datasets are put there: the same
 * content as on a disk, everything that reads a run works on it, a server that has no time for a
 * while costs nothing, and no credential is written anywhere.
 */
@Tag("acceptance")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ObjectStoreIT {
  private static final String RUN = "run";
  private static final String DATA = "s3://" + S3Server.BUCKET + "/products/dr";

  @TempDir static Path directory;
  private static Path local;
  private static Path stored;
  private static S3Server server;
  private static CampaignRunner.Result result;

  @BeforeAll
  static void reduceFromAndIntoTheStore() throws Exception {
    Path all = directory.resolve("all");
    Path survey = directory.resolve("survey");
    Preset preset =
        Presets.it()
            .withDetectors(1)
            .withNights(List.of(new Preset.Night(20210907, 2)))
            .withCalibs(new Preset.CalibSequence(3, 3, 3, 30000, 0, false, false));
    CampaignWriter.write(all, preset, 1, ProgressListener.NONE);
    SurveyFaults.copyOneDetector(all, survey, "r_sim");
    SurveyFaults.moveReferences(all, survey, 0);

    System.setProperty("starbeam.cache", directory.resolve("cache").toString());
    local = directory.resolve("local");
    Campaigns.launch(survey, local, RUN, "direct", 2);

    server = S3Server.start(directory.resolve("server"));
    server.upload(survey, "raws/2021");
    stored = directory.resolve("stored");
    RepositoryFile.init(stored, DATA);
    Thread outage = new Thread(ObjectStoreIT::shutForAWhile, "outage");
    outage.start();
    result = launch(RUN);
    outage.join();
  }

  /** The server refuses everything for longer than its client asks again by itself. */
  private static void shutForAWhile() {
    try {
      Path objects = directory.resolve("server/" + S3Server.BUCKET + "/products/dr/data");
      while (!Files.isDirectory(objects)) {
        Thread.sleep(50);
      }
      server.shut();
      Thread.sleep(10_000);
      server.open();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static CampaignRunner.Result launch(String run) {
    CampaignSettings settings =
        new CampaignSettings(
            Template.load("ci"),
            Map.of("input", "s3://" + S3Server.BUCKET + "/raws/2021"),
            Template.ALL_STEPS,
            stored,
            run,
            "direct",
            LaunchSettings.ofParallelism(2));
    return new CampaignRunner("test").run(settings);
  }

  @AfterAll
  static void stop() throws Exception {
    System.clearProperty("starbeam.cache");
    server.close();
  }

  @Test
  @Order(1)
  void everyDatasetHasTheContentThatItHasOnADisk() {
    assertThat(RunLedger.read(stored, RUN).hashes())
        .isNotEmpty()
        .isEqualTo(RunLedger.read(local, RUN).hashes());
  }

  @Test
  @Order(2)
  void aServerThatRefusesForAWhileFailsNothing() {
    assertThat(server.refused()).isPositive();
    assertThat(result.stop()).isNull();
    assertThat(result.summary().total(QuantumStatus.FAILED)).isZero();
    assertThat(RunLedger.read(stored, RUN).redone()).isZero();
  }

  @Test
  @Order(3)
  void datasetsRestInTheStoreAndNowhereElse() throws IOException {
    assertThat(stored.resolve("data")).doesNotExist();
    assertThat(server.keys("products/dr/data/run/release_table/"))
        .anyMatch(key -> key.matches(".*/Object/dataset/Norder=3/Dir=\\d+/Npix=\\d+\\.parquet"));
    assertThat(server.keys("products/dr/")).noneMatch(key -> key.contains("probe"));
  }

  @Test
  @Order(4)
  void aSecondLaunchAdoptsEverything() {
    int done = RunLedger.read(stored, RUN).done();
    CampaignRunner.Result again = launch(RUN);
    assertThat(again.continued()).isTrue();
    assertThat(RunLedger.read(stored, RUN).done()).isEqualTo(done);
    assertThat(again.summary().total(QuantumStatus.FAILED)).isZero();
  }

  @Test
  @Order(5)
  void whatReadsARunReadsItFromTheStore() throws IOException {
    String count = "select count(*), sum(psfFlux) from Source";
    assertThat(starbeam(0, "sql", count, "--run", RUN, "--repo", stored.toString()))
        .isEqualTo(starbeam(0, "sql", count, "--run", RUN, "--repo", local.toString()));
    Path csv = directory.resolve("object.csv");
    Path same = directory.resolve("same.csv");
    starbeam(
        0, "export", RUN, "--what", "Object", "--out", csv.toString(), "--repo", stored.toString());
    starbeam(
        0, "export", RUN, "--what", "Object", "--out", same.toString(), "--repo", local.toString());
    assertThat(csv).hasSameTextualContentAs(same);
    starbeam(0, "report", RUN, "--repo", stored.toString());
    assertThat(starbeam(0, "repo", "info", "--repo", stored.toString())).contains(DATA);
  }

  @Test
  @Order(6)
  void verifyFindsWhatIsMissingOrOtherInTheStore() throws IOException {
    starbeam(0, "repo", "verify", "--sample", "1", "--repo", stored.toString());
    String key =
        server.keys("products/dr/data/run/visit_summary/").stream().findFirst().orElseThrow();
    server.delete(key);
    Path junk = Files.createDirectories(directory.resolve("junk"));
    Files.writeString(junk.resolve("nobody.fits"), "junk");
    server.upload(junk, "products/dr/data/run/visit_image");
    String found = starbeam(3, "repo", "verify", "--repo", stored.toString());
    assertThat(found)
        .contains("missing")
        .contains(key.substring("products/dr/".length()))
        .contains("orphan")
        .contains("data/run/visit_image/nobody.fits");
  }

  @Test
  @Order(7)
  void theMissingDatasetIsMadeAgainAndNothingElse() {
    int done = RunLedger.read(stored, RUN).done();
    launch(RUN);
    RunLedger after = RunLedger.read(stored, RUN);
    assertThat(after.hashes()).isEqualTo(RunLedger.read(local, RUN).hashes());
    assertThat(after.done() + after.redone()).isEqualTo(done + 1);
  }

  @Test
  @Order(8)
  void whereDatasetsRestIsChosenOnce() {
    assertThat(RepositoryFile.init(stored, DATA + "/")).isFalse();
    assertThatThrownBy(() -> RepositoryFile.init(stored, DATA + "2"))
        .isInstanceOfSatisfying(
            UserException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.CONFLICT))
        .hasMessageContaining("rest in " + DATA)
        .hasMessageContaining("chosen once");
    assertThatThrownBy(() -> RepositoryFile.init(local, DATA))
        .hasMessageContaining("rest in " + local.resolve("data"));
  }

  @Test
  @Order(9)
  void aStoreThatCannotBeUsedEndsALaunchBeforeAnyWork() throws IOException {
    Path fresh = directory.resolve("fresh");
    assertThatThrownBy(() -> RepositoryFile.init(fresh, "s3://no-such-bucket/x"))
        .isInstanceOfSatisfying(
            UserException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.INFRASTRUCTURE))
        .hasMessageContaining("s3://no-such-bucket/x cannot be used")
        .hasMessageContaining("bucket does not exist");
    assertThat(fresh.resolve("repo.json")).doesNotExist();
    server.shut();
    try {
      assertThatThrownBy(() -> launch("another"))
          .isInstanceOfSatisfying(
              UserException.class,
              e -> assertThat(e.exitCode()).isEqualTo(ExitCode.INFRASTRUCTURE));
      assertThat(stored.resolve("runs/another")).doesNotExist();
      assertThat(starbeam(6, "doctor", "--repo", stored.toString()))
          .containsPattern("fail +object store");
    } finally {
      server.open();
    }
    assertThat(said("doctor", "--repo", stored.toString())).containsPattern("ok +object store");
  }

  @Test
  @Order(10)
  void noCredentialIsWrittenDown() throws IOException {
    try (Stream<Path> files = Files.walk(stored)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
            .as(file.toString())
            .doesNotContain(S3Server.SECRET);
      }
    }
  }

  /** Runs the command line, which is to end with a code, and returns what it says on stdout. */
  private static String starbeam(int code, String... arguments) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int ended = execute(bytes, arguments);
    String said = bytes.toString(StandardCharsets.UTF_8);
    assertThat(ended).as(String.join(" ", arguments) + "\n" + said).isEqualTo(code);
    return said;
  }

  /** The same for any code. */
  private static String said(String... arguments) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    execute(bytes, arguments);
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static int execute(ByteArrayOutputStream bytes, String... arguments) {
    PrintStream before = System.out;
    System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      return Main.execute(arguments);
    } finally {
      System.setOut(before);
    }
  }
}
