package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.ExitCode;

/**
 * A launch in the background goes on after the command that started it has ended; it is watched and
 * stopped by the run's name.
 */
@EnabledOnOs(OS.LINUX)
class DetachedLaunchTest {
  @TempDir Path directory;

  private StarbeamProcess start(String... arguments) throws Exception {
    return StarbeamProcess.ofClasses(directory, "256m", List.of(), arguments);
  }

  @Test
  void launchGoesOnUntilItIsStopped() throws Exception {
    Path repository = directory.resolve("repo");
    StarbeamProcess launch =
        start(MockLaunch.arguments(repository, MockLaunch.plan(4, 2, 100), "--detach", "--json"));
    int code = launch.await();
    String printed = launch.printed();
    assertThat(code).as(printed).isZero();
    JsonNode document =
        JsonDocuments.require("launch --detach", printed.substring(printed.indexOf('{')));
    ProcessHandle process = ProcessHandle.of(document.path("pid").asLong()).orElseThrow();
    assertThat(process.isAlive()).isTrue();
    assertThat(process.pid()).isNotEqualTo(launch.pid());
    String where = repository.toString();
    JsonNode status = CommandLine.run("status", MockLaunch.RUN, "--repo", where, "--json").json();
    assertThat(status.path("state").asText()).isIn("waiting", "running");
    CommandLine.Answer stop = CommandLine.run("stop", MockLaunch.RUN, "--repo", where, "--now");
    assertThat(stop.code()).as(stop.err()).isZero();
    process.onExit().get();
    assertThat(Path.of(document.path("log").asText())).content().contains("stopped");
  }

  @Test
  void launchThatCannotBeginEndsWithItsErrorAndLeavesNoRun() throws Exception {
    Path repository = directory.resolve("repo");
    Files.createDirectories(directory.resolve("input"));
    StarbeamProcess launch =
        start(
            "launch",
            "ci",
            "--set",
            "input=" + directory.resolve("input"),
            "--repo",
            repository.toString(),
            "--name",
            "r",
            "--detach");
    assertThat(launch.await()).isEqualTo(ExitCode.INPUTS.code());
    assertThat(launch.printed()).contains("has neither raw/ nor calibrated/");
    if (Files.exists(repository)) {
      try (Stream<Path> files = Files.walk(repository)) {
        assertThat(files.filter(Files::isRegularFile)).isEmpty();
      }
    }
  }
}
