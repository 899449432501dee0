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
  static final List<String> CONFIGURABLE = TaskConfigs.names();

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

  private static final String CAMERA =
      """
      name: Small
      instrument: Small
      pixel_pitch_mm: 0.01
      focal_length_mm: 10000
      distortion: {model: radial_cubic, k: 0}
      day_obs: {timescale: TAI, offset_hours: -12}
      filters: [{name: green, band: g}, {name: red, band: r}]
      detectors:
        - id: 0
          name: S0
          size: [16, 8]
          focal_plane_mm: [0, 0]
          yaw_deg: 0
          amplifiers:
            - {name: C00, extname: IMAGE, bbox: [0, 0, 16, 8], flip_x: false, flip_y: false,
               raw_prescan: [0, 0, 4, 8], raw_data: [4, 0, 16, 8],
               raw_serial_overscan: [20, 0, 8, 8], raw_parallel_overscan: [4, 8, 16, 4],
               raw_size: [28, 12], gain: 1, read_noise: 5, saturation: 90000, suspect_level: 80000}
      """;

  private UserException launch(String tasks) {
    return launch(tasks, Map.of("input", input.toString()));
  }

  private UserException launch(String tasks, Map<String, String> values) {
    String text = Template.load("ci").text() + "tasks: {" + tasks + "}\n";
    UserException refused =
        catchThrowableOfType(
            UserException.class,
            () ->
                new CampaignRunner("test")
                    .run(
                        new CampaignSettings(
                            Template.parse("my.yaml", text),
                            values,
                            List.of("ingest"),
                            repository,
                            "run",
                            "direct",
                            LaunchSettings.ofParallelism(1))));
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
        .hasMessageMatching("(?s)my.yaml:[0-9]+:[0-9]+: TPL_UNKNOWN_KEY: .*")
        .hasMessageContaining("task " + task + " has no key 'nosuch'");
  }

  @Test
  void valueOfAnotherTypeIsAUsageError() {
    UserException refused = launch("singleFrame: {isr: {doDark: [1, 2]}}");
    assertThat(refused.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(refused).hasMessageContaining("TPL_TYPE: expected bool, found a list");
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
  void bandThatNoFilterOfTheCameraHasIsAUsageError() throws IOException {
    Files.writeString(input.resolve("camera.yaml"), CAMERA);
    UserException refused = launch("", Map.of("input", input.toString(), "bands", "g,R"));
    assertThat(refused.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(refused)
        .hasMessageContaining(
            "bands: 'R' is no band of a filter of " + input.resolve("camera.yaml"))
        .hasMessageContaining("it has g, r");
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
    Files.writeString(template, Template.load("ci").text() + "tasks: {singleFrame: {nosuch: 1}}\n");
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
