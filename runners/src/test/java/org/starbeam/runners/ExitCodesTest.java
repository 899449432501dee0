package org.starbeam.runners;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.cli.Main;

/**
 * Exit codes of launches on both runners, by campaigns whose tasks only take time or whose frames
 * are none. Code 1 is in {@code MainTest}, those of the launcher script in {@code
 * LauncherScriptTest}.
 */
class ExitCodesTest {
  private static final String PLAN =
      """
      {"visits": 4, "detectors": 2, "fields": 2, "patches": 2, "bands": ["r"], "files": false,
       "speed": 1, "tasks": {"singleFrame": {"seconds": %d, "bytes": 1}},
       "failures": {"seed": 1, "rate": 0, "weights": {"EXCEPTION": 1}}, "timeLimitSeconds": 900,
       "isolate": "NEVER"}
      """;

  @TempDir Path directory;

  private Path mock;
  private Path slow;
  private Path repository;

  @BeforeEach
  void writeMocks() throws IOException {
    mock = Files.writeString(directory.resolve("mock.json"), PLAN.formatted(0));
    slow = Files.writeString(directory.resolve("slow.json"), PLAN.formatted(5));
    repository = directory.resolve("repo");
  }

  private List<String> launch(String runner, String... more) {
    List<String> all = new ArrayList<>(List.of("launch", "ci", "--runner", runner, "-q"));
    all.addAll(List.of("--parallelism", "2", "--status-port", "0"));
    all.addAll(List.of(more));
    if (!all.contains("--name")) {
      all.addAll(List.of("--name", "run"));
    }
    if (!all.contains("--repo")) {
      all.addAll(List.of("--repo", repository.toString()));
    }
    return all;
  }

  private List<String> trial(String runner, Path plan, String... more) {
    List<String> all = launch(runner, more);
    all.addAll(List.of("--mock", plan.toString()));
    return all;
  }

  private static int code(List<String> arguments) {
    PrintStream before = System.out;
    System.setOut(new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8));
    try {
      return Main.execute(arguments.toArray(String[]::new));
    } finally {
      System.setOut(before);
    }
  }

  private static void assertCode(ExitCode expected, List<String> arguments) {
    assertThat(code(arguments)).as(String.join(" ", arguments)).isEqualTo(expected.code());
  }

  @ParameterizedTest
  @ValueSource(strings = {"direct", "flink"})
  void howALaunchEndsIsItsCode(String runner) throws IOException {
    assertCode(ExitCode.SUCCESS, trial(runner, mock));
    assertCode(ExitCode.CONFLICT, trial(runner, mock, "--set", "maxFailed=0.5"));
    assertCode(ExitCode.POLICY, trial(runner, mock, "--name", "bad", "--fail-rate", "0.5"));
    List<String> status = List.of("status", "bad", "--repo", repository.toString(), "--exit-code");
    assertCode(ExitCode.POLICY, status);
  }

  @ParameterizedTest
  @ValueSource(strings = {"direct", "flink"})
  void whatIsRefusedWritesNothing(String runner) throws IOException {
    assertCode(ExitCode.USAGE, trial(runner, mock, "--set", "nosuch=1"));
    assertCode(ExitCode.USAGE, trial(runner, directory.resolve("nosuch.json")));
    assertCode(ExitCode.USAGE, trial(runner, mock, "--where", "seing < 1.2"));
    String none = "input=" + directory.resolve("none");
    assertCode(ExitCode.INPUTS, launch(runner, "--set", none));
    Files.createDirectories(directory.resolve("input/raw"));
    Files.writeString(directory.resolve("input/raw/a.fits"), "x");
    Files.writeString(directory.resolve("input/camera.yaml"), "x: 1");
    String releases = "releases={DR1: 20250501..20250531}";
    String input = "input=" + directory.resolve("input");
    List<String> release = launch(runner, "--set", input, "--set", releases);
    release.set(1, "data-release");
    assertCode(ExitCode.LOCK, release);
    assertThat(repository.resolve("runs")).doesNotExist();
    Files.writeString(repository.resolveSibling("file"), "no directory");
    assertCode(
        ExitCode.INFRASTRUCTURE,
        trial(runner, mock, "--repo", directory.resolve("file/repo").toString()));
  }

  /** No frame can be read, which the policy tolerates and a gate does not. */
  @ParameterizedTest
  @ValueSource(strings = {"direct", "flink"})
  void aGateThatStopsEndsALaunchThatFailedNothing(String runner) throws IOException {
    Path raw = Files.createDirectories(directory.resolve("input/raw"));
    Files.writeString(raw.resolve("a.fits"), "no FITS");
    Path camera = Path.of("..", "docs", "examples", "phosim", "camera.yaml");
    Files.copy(camera, directory.resolve("input/camera.yaml"));
    Path campaign =
        Files.writeString(
            directory.resolve("gated.yaml"),
            """
            starbeam: 1
            template: gated
            description: Frames that are none
            extends: ci
            parameters: {}
            steps: [ingest]
            failurePolicy: {default: {maxFailedFraction: 1}}
            gates:
              ingest:
                - {id: frames, metric: quanta.ingest.failed_fraction, max: 0.5, severity: stop}
            """);
    List<String> gated = launch(runner, "--set", "input=" + directory.resolve("input"));
    gated.set(1, campaign.toString());
    assertCode(ExitCode.GATE, gated);
    List<String> eval = List.of("gates", "eval", "run", "--repo", repository.toString());
    assertCode(ExitCode.GATE, eval);
  }

  @Test
  void clusterThatDoesNotAnswerIsInfrastructure() {
    assertCode(ExitCode.INFRASTRUCTURE, trial("flink", mock, "--master", "127.0.0.1:1"));
  }

  /**
   * In a JVM of its own: status says 9 while it runs, the signal's code comes out after it. Where
   * the build runs in the background of a script it hands an ignored SIGINT on, which {@code env}
   * takes back.
   */
  @ParameterizedTest
  @CsvSource({"direct,INT,130", "direct,TERM,143", "flink,INT,130", "flink,TERM,143"})
  void signalsEndALaunchThatCanBeResumed(String runner, String signal, int expected)
      throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                "env",
                "--default-signal=INT",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:TieredStopAtLevel=1",
                "-Dorg.apache.avro.SERIALIZABLE_PACKAGES=org.starbeam.schema",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
    command.addAll(trial(runner, slow));
    Path output = directory.resolve("output.txt");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    List<String> status = List.of("status", "run", "--repo", repository.toString(), "--exit-code");
    while (process.isAlive() && !hasBegun()) {
      Thread.sleep(100);
    }
    assertThat(process.isAlive()).as(Files.readString(output)).isTrue();
    assertCode(ExitCode.RUNNING, status);
    new ProcessBuilder("kill", "-" + signal, String.valueOf(process.pid())).start().waitFor();
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(output)).isEqualTo(expected);
    assertThat(Files.readString(output)).contains("next: starbeam resume run");
  }

  /** Whether a quantum of the slow task is under way. */
  private boolean hasBegun() throws IOException {
    Path ledger = repository.resolve("runs/run/ledger");
    if (!Files.isDirectory(ledger)) {
      return false;
    }
    try (Stream<Path> files = Files.list(ledger)) {
      if (files.findAny().isEmpty()) {
        return false;
      }
    }
    PrintStream before = System.out;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    try {
      Main.execute(
          "sql",
          "--repo",
          repository.toString(),
          "--format",
          "csv",
          "select count(*) from quanta where task = 'singleFrame' and status = 'RUNNING'");
    } finally {
      System.setOut(before);
    }
    return !out.toString(StandardCharsets.UTF_8).strip().endsWith("0");
  }
}
