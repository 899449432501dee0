package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.cli.Main;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.log.LogReader;
import org.starbeam.transforms.quantum.Ledger;

/**
 * A secret that is in the environment, in a URI and under a key of the campaign is in no file and
 * no stream of a run, byte for byte, packed or not.
 */
class SecretsTest {
  private static final String CANARY = "c4n4ry-Xyzzy-31415";

  @TempDir Path directory;

  private Path template() throws IOException {
    return Files.writeString(
        directory.resolve("secret.yaml"),
        """
        starbeam: 1
        template: secret
        description: A campaign with a secret parameter
        extends: ci
        parameters:
          archiveToken: {type: string, default: "%s", help: a secret}
          archive: {type: string, default: "https://user:%s@host/p?X-Signature=%s", help: a URI}
        """
            .formatted(CANARY, CANARY, CANARY));
  }

  private String launch(String... more) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:TieredStopAtLevel=1",
                "-Dorg.apache.avro.SERIALIZABLE_PACKAGES=org.starbeam.schema",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
    command.addAll(List.of(more));
    Path output = directory.resolve("output.txt");
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("ARCHIVE_SECRET_KEY", CANARY);
    builder.redirectOutput(output.toFile());
    Process process = builder.start();
    assertThat(process.waitFor(180, TimeUnit.SECONDS)).isTrue();
    return Files.readString(output);
  }

  @Test
  void theCanaryIsNowhere() throws Exception {
    Path repository = directory.resolve("repo");
    String frame = "no FITS; password=" + CANARY;
    Path input = FramesThatAreNone.input(directory.resolve("input"), frame, frame, frame);
    String output =
        launch(
            "launch",
            template().toString(),
            "--set",
            "input=" + input,
            "--repo",
            repository.toString(),
            "--name",
            "run",
            "--steps",
            "ingest",
            "--debug",
            "--status-port",
            "0",
            "--metrics",
            "influx:http://user:" + CANARY + "@127.0.0.1:1/db");
    assertThat(output).doesNotContain(CANARY).contains("metrics");
    Path run = RepositoryPaths.run(repository, "run");
    assertThat(run.resolve("campaign/resolved.yaml")).content().contains("archiveToken", "***");
    try (Stream<Path> files = Files.walk(repository)) {
      List<Path> all = files.filter(Files::isRegularFile).toList();
      assertThat(all.size()).isGreaterThan(4);
      for (Path file : all) {
        String bytes = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        assertThat(bytes.contains(CANARY)).as(file.toString()).isFalse();
      }
    }
    Ledger.read(
        RepositoryPaths.ledger(repository, "run"),
        record -> assertThat(record.toString()).doesNotContain(CANARY));
    try (Stream<Path> logs = Files.list(RepositoryPaths.logs(repository, "run"))) {
      for (Path log : logs.toList()) {
        LogReader.read(log, 0, Long.MAX_VALUE, line -> assertThat(line).doesNotContain(CANARY));
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    String problems = launch("status", "run", "--repo", repository.toString(), "--failed");
    assertThat(problems).doesNotContain(CANARY);
  }
}
