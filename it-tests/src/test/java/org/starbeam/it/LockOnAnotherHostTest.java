package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.cli.Main;

/**
 * A lock holds for software, settings and inputs, not for where they are: a launch under it by
 * another user with one core, other locale, time zone and home is accepted, on a host of another
 * name where this user may make one, which no name service knows. The input lies elsewhere too.
 */
@EnabledOnOs(OS.LINUX)
class LockOnAnotherHostTest {
  private static final String HOST = "elsewhere";

  @TempDir Path directory;
  private Path campaign;
  private Path lock;

  @BeforeEach
  void freezeHere() throws IOException {
    campaign = FramesThatAreNone.campaign(directory.resolve("mine.yaml"), "max: 1");
    lock = directory.resolve("R1.lock.yaml");
    Path input = FramesThatAreNone.input(directory.resolve("here"), "no FITS");
    CommandLine.Answer frozen =
        CommandLine.run(
            "freeze",
            campaign.toString(),
            "--name",
            "R1",
            "--out",
            lock.toString(),
            "--set",
            "input=" + input,
            "--repo",
            directory.resolve("repo").toString());
    assertThat(frozen.code()).as(frozen.err()).isZero();
  }

  private int launchElsewhere(Path repository, String... more) throws Exception {
    List<String> command = new ArrayList<>();
    if (mayNameAHost()) {
      command.addAll(List.of("unshare", "--uts", "sh", "-c", "hostname " + HOST + "; exec \"$@\""));
      command.add("sh");
    }
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:ActiveProcessorCount=1"));
    command.addAll(List.of("-Duser.name=somebody", "-Duser.home=" + directory.resolve("home")));
    command.addAll(List.of("-Duser.language=tr", "-Duser.timezone=Asia/Tokyo"));
    command.add("-Dorg.apache.avro.SERIALIZABLE_PACKAGES=org.starbeam.schema");
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of("launch", campaign.toString(), "--locked", lock.toString()));
    Path input = FramesThatAreNone.input(directory.resolve("there"), "no FITS");
    command.addAll(List.of("--set", "input=" + input, "--repo", repository.toString()));
    command.addAll(List.of("--name", "r", "--status-port", "0"));
    command.addAll(List.of(more));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("out").toFile());
    builder.environment().putAll(Map.of("USER", "somebody", "LANG", "tr_TR.UTF-8"));
    Process process = builder.start();
    assertThat(process.waitFor(300, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  private static boolean mayNameAHost() throws IOException, InterruptedException {
    if (Stream.of("/usr/bin/unshare", "/bin/unshare").noneMatch(f -> Files.exists(Path.of(f)))) {
      return false;
    }
    return new ProcessBuilder("unshare", "--uts", "hostname", HOST).start().waitFor() == 0;
  }

  @Test
  void aLaunchUnderTheLockIsAcceptedThere() throws Exception {
    Path repository = directory.resolve("other-repo");
    assertThat(launchElsewhere(repository)).as(Files.readString(directory.resolve("out"))).isZero();
    Path run = repository.resolve("runs/r");
    JsonNode environment = read(run.resolve("campaign/environment.json"));
    assertThat(environment.path("user").asText()).isEqualTo("somebody");
    assertThat(environment.path("cores").asInt()).isEqualTo(1);
    if (mayNameAHost()) {
      assertThat(environment.path("host").asText()).isEqualTo(HOST);
      assertThat(read(run.resolve("lease.json")).path("host").asText()).isEqualTo(HOST);
    }
  }

  private static JsonNode read(Path file) throws IOException {
    return new ObjectMapper().readTree(file.toFile());
  }

  @Test
  void anotherCampaignUnderTheLockIsRefusedThere() throws Exception {
    Path repository = directory.resolve("other-repo");
    assertThat(launchElsewhere(repository, "--set", "bands=g")).isEqualTo(ExitCode.LOCK.code());
    assertThat(directory.resolve("out")).content().contains("configHash: ");
    assertThat(repository.resolve("runs")).doesNotExist();
  }
}
