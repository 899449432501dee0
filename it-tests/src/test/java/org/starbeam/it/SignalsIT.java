package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.campaign.CampaignRunner;
import org.starbeam.pipelines.mock.MockPlan;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.quantum.RunFiles;
import org.starbeam.transforms.quantum.RunLease;

/**
 * Ctrl-C and SIGTERM to the launcher script with the jars of this build: a launch ends within half
 * a minute with 130 or 143, at once when it is told twice, and goes on where it was.
 */
@Tag("acceptance")
@EnabledOnOs(OS.LINUX)
class SignalsIT {
  private static final Path DIST = Path.of("../runners/target/dist").toAbsolutePath().normalize();

  /** Some of its quanta take longer than a launch that ends may. */
  private static final MockPlan PLAN = MockLaunch.plan(3, 0.3, 1000);

  @TempDir Path home;
  private Path repository;

  @BeforeEach
  void installTheBuild() throws IOException {
    repository = home.resolve("repo");
    Files.copy(Path.of("../starbeam"), home.resolve("starbeam"));
    Path build = Files.createDirectories(home.resolve("runners/target/dist/build-1"));
    Files.createSymbolicLink(build.resolve("starbeam"), DIST.resolve("maven/starbeam"));
    Files.createSymbolicLink(build.resolve("libraries"), DIST.resolve("libraries-maven"));
    Files.createFile(build.resolve(".complete"));
    Files.createSymbolicLink(home.resolve("runners/target/dist/current"), build);
  }

  /** What a script starts in the background ignores SIGINT, and so do its children but by env. */
  private Process start(String runner) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of("env", "--default-signal=INT", home.resolve("starbeam").toString()));
    command.addAll(List.of(MockLaunch.arguments(repository, PLAN, "--runner", runner)));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(home.resolve("out").toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("STARBEAM_HEAP", "512m");
    Process process = builder.start();
    while (RunLedger.read(repository, MockLaunch.RUN).done() < 5) {
      assertThat(process.isAlive()).as(Files.readString(home.resolve("out"))).isTrue();
      Thread.sleep(100);
    }
    return process;
  }

  private static void signal(Process process, String name)
      throws IOException, InterruptedException {
    assertThat(new ProcessBuilder("kill", "-" + name, "" + process.pid()).start().waitFor())
        .isZero();
  }

  private void assertThatItEnds(Process process, int code, int seconds) throws Exception {
    long start = System.nanoTime();
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    String printed = Files.readString(home.resolve("out"));
    assertThat(process.exitValue()).as(printed).isEqualTo(code);
    double took = (System.nanoTime() - start) / 1e9;
    System.out.printf("SignalsIT: %d after %.1f s%n", code, took);
    assertThat(took).isLessThan(seconds);
    assertThat(printed).contains("stopping: no quantum is begun any more");
  }

  private void assertThatItGoesOn() {
    RunLedger stopped = RunLedger.read(repository, MockLaunch.RUN);
    assertThat(stopped.count(QuantumStatus.FAILED)).isZero();
    CampaignRunner runner = new CampaignRunner("test").mocking(PLAN);
    assertThat(MockLaunch.run(runner, repository, "direct").exitCode()).isEqualTo(ExitCode.SUCCESS);
    RunLedger whole = RunLedger.read(repository, MockLaunch.RUN);
    assertThat(whole.redone()).isZero();
    assertThat(whole.failed()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"direct,INT,130", "flink,TERM,143"})
  void aSignalEndsALaunchInOrder(String runner, String signal, int code) throws Exception {
    Process process = start(runner);
    signal(process, signal);
    assertThatItEnds(process, code, 30);
    RunLease.Holder lease = RunLease.read(RunFiles.of(repository, MockLaunch.RUN));
    assertThat(lease.isActive()).isFalse();
    assertThat(lease.exitCode()).as("what status --exit-code says").isEqualTo(code);
    assertThatItGoesOn();
  }

  @Test
  void aSecondSignalEndsItAtOnce() throws Exception {
    Process process = start("direct");
    signal(process, "TERM");
    Thread.sleep(50);
    signal(process, "TERM");
    assertThatItEnds(process, 143, 10);
    assertThatItGoesOn();
  }
}
