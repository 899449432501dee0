package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.cli.Main;
import org.starbeam.pipelines.mock.MockPlan;

/** A run does not go on with other modules of Starbeam than it was launched with, unasked. */
class OtherEnvironmentTest {
  private static final MockPlan PLAN = MockLaunch.plan(1, 0, 100);

  @TempDir Path directory;
  private Path repository;

  private int launch() throws IOException {
    return Main.execute(MockLaunch.arguments(repository, PLAN));
  }

  private int resume(String... more) {
    String[] arguments = {
      "resume", MockLaunch.RUN, "--repo", repository.toString(), "-q", "--status-port", "0"
    };
    String[] all = java.util.Arrays.copyOf(arguments, arguments.length + more.length);
    System.arraycopy(more, 0, all, arguments.length, more.length);
    return Main.execute(all);
  }

  @Test
  void otherModulesAreRefusedUntilTheyAreAllowedOnce() throws IOException {
    repository = directory.resolve("repo");
    assertThat(launch()).isZero();
    assertThat(launch()).as("the same again").isZero();
    Path environment = repository.resolve("runs/mock/campaign/environment.json");
    String text = Files.readString(environment);
    Files.writeString(
        environment, text.replaceAll("(\"jarSha256\"\\s*:\\s*\")\\w{8}", "$1deadbeef"));
    assertThat(launch()).isEqualTo(7);
    assertThat(resume()).isEqualTo(7);
    assertThat(resume("--allow-env-change")).isZero();
    assertThat(environment.resolveSibling("environment-changes.jsonl"))
        .content()
        .contains("jarSha256: deadbeef");
    assertThat(resume()).as("what was allowed once is known").isZero();
    assertThat(launch()).isZero();
  }
}
