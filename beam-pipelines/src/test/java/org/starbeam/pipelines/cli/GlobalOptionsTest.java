package org.starbeam.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.repository.RepositoryFile;

/** Options before and after the command, in the environment and in the file of options. */
class GlobalOptionsTest {
  @TempDir Path directory;

  private Path first;
  private Path second;

  @BeforeEach
  void makeRepositories() {
    first = directory.resolve("first");
    second = directory.resolve("second");
    RepositoryFile.init(first);
    RepositoryFile.init(second);
  }

  private record Answer(int code, String out, String err) {}

  private static Answer run(Map<String, String> environment, String... arguments) {
    PrintStream outBefore = System.out;
    PrintStream errBefore = System.err;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    try {
      int code = Main.execute(environment, arguments);
      return new Answer(
          code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(outBefore);
      System.setErr(errBefore);
    }
  }

  private static Path repository(Map<String, String> environment, String... arguments) {
    Answer answer = run(environment, arguments);
    assertThat(answer.code()).as(answer.err()).isZero();
    return Path.of(answer.out().lines().findFirst().orElse(""));
  }

  private Map<String, String> config(String text) throws IOException {
    Path file = Files.writeString(directory.resolve("config.yaml"), text);
    return Map.of("STARBEAM_CONFIG", file.toString());
  }

  @Test
  void globalOptionsStandBeforeAndAfterTheCommand() {
    assertThat(repository(Map.of(), "--repo", first.toString(), "repo", "info")).isEqualTo(first);
    assertThat(repository(Map.of(), "repo", "-R", first.toString(), "info")).isEqualTo(first);
    assertThat(repository(Map.of(), "repo", "info", "-R", first.toString())).isEqualTo(first);
    assertThat(repository(Map.of(), "repo", "info", "--repo", "file://" + first)).isEqualTo(first);
    assertThat(run(Map.of(), "--json", "-R", first.toString(), "repo", "info").out())
        .startsWith("{");
  }

  @Test
  void optionWinsOverEnvironmentWinsOverFile() throws IOException {
    Map<String, String> file = config("repo: " + first + "\n");
    assertThat(repository(file, "repo", "info")).isEqualTo(first);
    Map<String, String> both = new java.util.HashMap<>(file);
    both.put("STARBEAM_REPO", second.toString());
    assertThat(repository(both, "repo", "info")).isEqualTo(second);
    assertThat(repository(both, "repo", "info", "-R", first.toString())).isEqualTo(first);
  }

  @Test
  void fileHasOptionsOfOneCommand() throws IOException {
    Map<String, String> file =
        config("repo: " + first + "\ncommands:\n  repo info: {}\n  help: {man: true}\n");
    assertThat(run(file, "help", "status").out()).startsWith(".TH ");
    assertThat(run(file, "status").out()).doesNotContain(".TH");
  }

  @Test
  void fileOfTheHomeDirectoryIsRead() throws IOException {
    Path folder = Files.createDirectories(directory.resolve("home/.config/starbeam"));
    Files.writeString(folder.resolve("config.yaml"), "repo: " + second + "\n");
    Map<String, String> home = Map.of("HOME", directory.resolve("home").toString());
    assertThat(repository(home, "repo", "info")).isEqualTo(second);
  }

  @Test
  void keyThatIsNoOptionIsNamedWithItsLine() throws IOException {
    Answer answer = run(config("repo: x\ncommands:\n  status: {failde: true}\n"), "status");
    assertThat(answer.code()).isEqualTo(ExitCode.USAGE.code());
    assertThat(answer.err())
        .contains("config.yaml:3:12: TPL_UNKNOWN_KEY: command status has no key 'failde'")
        .contains("did you mean 'failed'?");
  }

  @Test
  void repositoryIsFoundUpwards() throws IOException {
    Path below = Files.createDirectories(first.resolve("data/run/source"));
    assertThat(GlobalOptions.nearest(below)).isEqualTo(first);
    Path usual = Files.createDirectories(directory.resolve("repo"));
    assertThat(GlobalOptions.nearest(directory)).isEqualTo(usual);
    Path nowhere = Files.createDirectories(directory.resolve("a/b"));
    assertThat(GlobalOptions.nearest(nowhere)).isEqualTo(nowhere.resolve("repo"));
  }

  @Test
  void objectStoreIsRefusedWithWhatToDo() {
    Answer answer = run(Map.of(), "status", "--repo", "s3://bucket/repo");
    assertThat(answer.code()).isEqualTo(ExitCode.USAGE.code());
    assertThat(answer.err()).contains("mount the object store");
  }

  @Test
  void wordsOfAFileAreArguments() throws IOException {
    Path words = Files.writeString(directory.resolve("words"), "repo info\n--repo " + first + "\n");
    assertThat(repository(Map.of(), "@" + words)).isEqualTo(first);
  }

  @Test
  void usageErrorsAreShortAndSayWhatToType() {
    Answer answer = run(Map.of(), "status", "--fialed");
    assertThat(answer.code()).isEqualTo(ExitCode.USAGE.code());
    assertThat(answer.out()).isEmpty();
    assertThat(answer.err())
        .contains("Unknown option: '--fialed'")
        .contains("--failed")
        .endsWith("next: starbeam status --help\n");
    assertThat(answer.err().lines()).hasSizeLessThan(4);
  }

  @Test
  void logGoesToAFile() {
    Path log = directory.resolve("logs/starbeam.log");
    run(Map.of(), "status", "-R", first.toString(), "--log-file", log.toString());
    org.slf4j.LoggerFactory.getLogger("org.starbeam.test")
        .debug("a message, password=hunter2hunter2");
    assertThat(log).content().contains("a message").doesNotContain("hunter2");
    run(Map.of(), "status", "-R", first.toString());
  }
}
