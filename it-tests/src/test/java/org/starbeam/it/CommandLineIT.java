package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.campaign.CampaignRunner;
import org.starbeam.pipelines.cli.Main;

/** The command line from the jars of the build, as the launcher script starts it. */
@EnabledOnOs(OS.LINUX)
class CommandLineIT {
  private static final double HELP_SECONDS = 0.8;

  @TempDir static Path directory;
  private static Path archive;

  /** The archive of classes that the script makes after a build. */
  @BeforeAll
  static void archiveClasses() throws IOException, InterruptedException {
    archive = directory.resolve("classes.jsa");
    List<String> java =
        StarbeamProcess.java("256m", "-Xlog:disable", "-XX:ArchiveClassesAtExit=" + archive);
    java.addAll(List.of("launch", "--help"));
    assertThat(start(java).waitFor(120, TimeUnit.SECONDS)).isTrue();
  }

  private static List<String> command(String... arguments) throws IOException {
    List<String> java =
        StarbeamProcess.java(
            "1g", "-XX:TieredStopAtLevel=1", "-XX:SharedArchiveFile=" + archive, "-Xlog:disable");
    java.addAll(List.of(arguments));
    return java;
  }

  private static Process start(List<String> command) throws IOException {
    return new ProcessBuilder(command)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(directory.resolve("err").toFile())
        .start();
  }

  @Test
  @Tag("acceptance")
  void helpOfEveryCommandIsThereAtOnce() throws IOException, InterruptedException {
    for (String command : Main.commands()) {
      assertThatHelpIsThereAtOnce(command);
    }
  }

  /** CPU time, so that other work on the machine does not count; the best of three. */
  private static void assertThatHelpIsThereAtOnce(String command)
      throws IOException, InterruptedException {
    double best = Double.MAX_VALUE;
    for (int i = 0; i < 3 && best >= HELP_SECONDS; i++) {
      List<String> timed =
          new ArrayList<>(List.of("bash", "-c", "TIMEFORMAT='%U %S'; time \"$@\"", "x"));
      timed.addAll(command(command, "--help"));
      assertThat(start(timed).waitFor(120, TimeUnit.SECONDS)).isTrue();
      List<String> said = Files.readAllLines(directory.resolve("err"));
      String[] seconds = said.get(said.size() - 1).split(" ");
      best = Math.min(best, Double.parseDouble(seconds[0]) + Double.parseDouble(seconds[1]));
    }
    System.out.printf("%s --help: %.2f s of CPU%n", command, best);
    assertThat(best).as(command).isLessThan(HELP_SECONDS);
  }

  /** Who reads the first line only and closes the pipe sees no stack. */
  @Test
  void closedPipeIsNoError() throws IOException, InterruptedException {
    Path repository = directory.resolve("repo");
    CampaignRunner runner = new CampaignRunner("test").mocking(MockLaunch.plan(1, 0, 100));
    MockLaunch.run(runner, repository, "direct");
    String query = "select range as n from range(1000000)";
    for (String[] arguments :
        new String[][] {
          {"help", "launch"},
          {"help", "schemas", "status", "RUN"},
          {"templates", "schema"},
          {"logs", MockLaunch.RUN, "--repo", repository.toString()},
          {"sql", "--repo", repository.toString(), "--format", "csv", "--limit", "0", query}
        }) {
      List<String> piped = new ArrayList<>(List.of("bash", "-c", "\"$@\" | head -1", "x"));
      piped.addAll(command(arguments));
      assertThat(start(piped).waitFor(120, TimeUnit.SECONDS)).isTrue();
      assertThat(directory.resolve("err")).content().doesNotContain("Exception", "\tat ");
    }
  }

  /** Asks bash what it would complete. */
  @Test
  void wordsAreCompleted() throws IOException, InterruptedException {
    Path script = directory.resolve("completion.bash");
    Files.writeString(script, CommandLine.run("completion", "bash").out());
    assertThat(completions(script, "sta")).contains("status");
    assertThat(completions(script, "launch --par")).contains("--params-file", "--parallelism");
    assertThat(completions(script, "repo ch")).contains("chains");
    assertThat(completions(script, "sql --format ")).contains("TABLE", "CSV", "JSON");
    for (String command : Main.commands()) {
      assertThat(completions(script, command.substring(0, 2))).contains(command);
    }
  }

  private static List<String> completions(Path script, String line)
      throws IOException, InterruptedException {
    String words = "starbeam " + line;
    String ask =
        """
        source "$1"
        read -ra COMP_WORDS <<< "$2"
        [[ "$2" == *' ' ]] && COMP_WORDS+=("")
        COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 )); COMP_LINE=$2; COMP_POINT=${#2}
        _complete_starbeam
        printf '%s\\n' "${COMPREPLY[@]}"
        """;
    Process bash =
        new ProcessBuilder("bash", "-c", ask, "x", script.toString(), words)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    List<String> out =
        new String(bash.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8)
            .lines()
            .map(String::strip)
            .toList();
    assertThat(bash.waitFor(Duration.ofSeconds(20).toMillis(), TimeUnit.MILLISECONDS)).isTrue();
    return out;
  }
}
