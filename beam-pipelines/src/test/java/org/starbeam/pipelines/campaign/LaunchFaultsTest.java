package org.starbeam.pipelines.campaign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.LaunchSettings;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.cli.Main;

/** Faults of template and input directory end a launch before anything is written. */
class LaunchFaultsTest {
  static final List<String> CONFIGURABLE = CampaignGraph.CONFIGURABLE;

  @TempDir Path directory;
  private Path input;
  private Path repository;

  @BeforeEach
  void makeInput() throws IOException {
    input = Files.createDirectories(directory.resolve("survey"));
    repository = directory.resolve("repo");
    Files.createDirectory(input.resolve("raw"));
    Files.createFile(input.resolve("raw/frame.fits"));
    Files.createFile(input.resolve("camera.yaml"));
  }

  private UserException launch(String tasks) {
    Template template =
        Template.parse("my.yaml", "starbeam: 1\ntemplate: my\ntasks: {" + tasks + "}\n");
    CampaignSettings settings =
        new CampaignSettings(
            template,
            Map.of("input", input.toString()),
            List.of("ingest"),
            repository,
            "run",
            "direct",
            LaunchSettings.ofParallelism(1));
    UserException refused =
        catchThrowableOfType(UserException.class, () -> new CampaignRunner("test").run(settings));
    assertThat(refused).isNotNull();
    assertThat(repository).doesNotExist();
    return refused;
  }

  @ParameterizedTest
  @FieldSource("CONFIGURABLE")
  void unknownKeyOfAnyTaskIsAUsageErrorWhateverStepsRun(String task) {
    UserException refused = launch(task + ": {nosuch: 1}");
    assertThat(refused.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(refused)
        .hasMessageStartingWith("CONFIG_UNKNOWN_KEY")
        .hasMessageContaining(task + " has no key 'nosuch'");
  }

  @Test
  void valueOfAnotherTypeIsAUsageError() {
    UserException refused = launch("singleFrame: {isr: {doDark: [1, 2]}}");
    assertThat(refused.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(refused).hasMessageStartingWith("CONFIG_TYPE").hasMessageContaining("singleFrame");
  }

  @Test
  void configurationOfAnUnknownTaskIsAUsageErrorWithASuggestion() {
    UserException refused = launch("singelFrame: {isr: {doDark: false}}");
    assertThat(refused.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(refused).hasMessageContaining("did you mean 'singleFrame'?");
  }

  @Test
  void rawFramesWithoutCameraAreAnInputError() throws IOException {
    Files.delete(input.resolve("camera.yaml"));
    UserException refused = launch("");
    assertThat(refused.exitCode()).isEqualTo(ExitCode.INPUTS);
    assertThat(refused)
        .hasMessageStartingWith("MISSING_CAMERA")
        .hasMessageContaining(input.resolve("camera.yaml").toString());
  }

  @Test
  void emptyRawFolderIsAnInputError() throws IOException {
    Files.delete(input.resolve("raw/frame.fits"));
    UserException refused = launch("");
    assertThat(refused.exitCode()).isEqualTo(ExitCode.INPUTS);
    assertThat(refused)
        .hasMessageStartingWith("NO_INPUT")
        .hasMessageContaining(input.toString())
        .hasMessageContaining("no FITS file");
  }

  @Test
  void commandLineReturnsTheExitCode() throws IOException {
    Path template = directory.resolve("my.yaml");
    Files.writeString(
        template,
        Template.load("ci").text().replace("tasks: {}", "tasks: {singleFrame: {nosuch: 1}}"));
    String set = "input=" + input;
    String repo = repository.toString();
    assertThat(Main.execute("launch", template.toString(), "--set", set, "--repo", repo, "-q"))
        .isEqualTo(ExitCode.USAGE.code());
    Files.delete(input.resolve("camera.yaml"));
    assertThat(Main.execute("launch", "ci", "--set", set, "--repo", repo, "-q"))
        .isEqualTo(ExitCode.INPUTS.code());
    assertThat(repository).doesNotExist();
  }
}
