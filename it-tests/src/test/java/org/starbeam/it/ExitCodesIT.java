package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starbeam.pipelines.campaign.CampaignRunner;
import org.starbeam.pipelines.cli.Main;
import org.starbeam.pipelines.mock.MockFault;
import org.starbeam.pipelines.mock.MockPlan;

/**
 * The exit codes of the command line on both runners (specs/05 section 10.3). 130 and 143 are those
 * of {@link SignalsIT}, 5 needs the metrics of a whole campaign, 1 is a bug by definition.
 */
class ExitCodesIT {
  private static final MockPlan GOOD = MockLaunch.plan(2, 0, 100);
  private static final MockPlan BAD = GOOD.failing(1, 0.2, Map.of(MockFault.CORRUPT, 1.0));

  @TempDir Path directory;
  private Path repository;

  @BeforeEach
  void place() {
    repository = directory.resolve("repo");
  }

  private int launch(MockPlan plan, String runner, String... more) throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of(MockLaunch.arguments(repository, plan, "--runner", runner)));
    arguments.addAll(List.of(more));
    return Main.execute(arguments.toArray(String[]::new));
  }

  private int status() {
    return Main.execute(
        "status", MockLaunch.RUN, "--repo", repository.toString(), "--exit-code", "--json");
  }

  @ParameterizedTest
  @ValueSource(strings = {"direct", "flink"})
  void aRunEndsWell(String runner) throws Throwable {
    assertThat(launch(GOOD, runner)).isZero();
    assertThat(status()).isZero();
    assertThat(launch(GOOD, runner, "--where", "nosuch = 1")).as("usage").isEqualTo(2);
    assertThat(launch(GOOD, runner, "--set", "bands=[g]")).as("another campaign").isEqualTo(8);
    Path environment = repository.resolve("runs/mock/campaign/environment.json");
    Files.writeString(
        environment,
        Files.readString(environment).replaceAll("(jarSha256.*?)[0-9a-f]{8}", "$1deadbeef"));
    assertThat(launch(GOOD, runner)).as("other jars").isEqualTo(7);
    String[] resume = {"resume", MockLaunch.RUN, "--repo", repository.toString(), "-q"};
    assertThat(Main.execute(resume)).as("other jars").isEqualTo(7);
    String[] allowed = {
      "resume",
      MockLaunch.RUN,
      "--repo",
      repository.toString(),
      "-q",
      "--allow-env-change",
      "--status-port",
      "0"
    };
    assertThat(Main.execute(allowed)).as("other jars, allowed").isZero();
    assertThat(launch(GOOD, runner)).as("what was allowed once is known").isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"direct", "flink"})
  void aRunEndsBadly(String runner) throws Throwable {
    assertThat(launch(BAD, runner)).as("failures").isEqualTo(4);
    assertThat(status()).isEqualTo(4);
    String[] missing = {
      "launch",
      "ci",
      "--set",
      "input=" + directory.resolve("nowhere"),
      "--repo",
      repository.toString(),
      "--runner",
      runner,
      "-q",
      "--status-port",
      "0"
    };
    assertThat(Main.execute(missing)).as("no input").isEqualTo(3);
    repository = Files.writeString(directory.resolve("file"), "").resolve("repo");
    assertThat(launch(GOOD, runner)).as("no repository can be made").isEqualTo(6);
    repository = directory.resolve("other");
    String[] nowhere = {"--master", "127.0.0.1:1"};
    assertThat(launch(GOOD, "flink", nowhere)).as("no cluster").isEqualTo(6);
  }

  @ParameterizedTest
  @ValueSource(strings = {"direct"})
  void aRunThatGoesOnHasNoEndYet(String runner) throws Throwable {
    CampaignRunner slow = new CampaignRunner("test").mocking(MockLaunch.plan(2, 0.1, 100));
    MockLaunch launch = MockLaunch.start(slow, repository, runner);
    launch.awaitDone(3);
    assertThat(status()).isEqualTo(9);
    launch.end();
    assertThat(status()).isZero();
  }
}
