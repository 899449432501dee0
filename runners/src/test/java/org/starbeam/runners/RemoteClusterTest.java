package org.starbeam.runners;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.beam.runners.flink.FlinkPipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.LaunchSettings;
import org.starbeam.pipelines.RunnerResult;
import org.starbeam.pipelines.UserException;

/** What a launch asks of a cluster before and around its job. */
class RemoteClusterTest {
  private static final String FLINK = EnvironmentInformation.getVersion();
  private static final String JOB = "run in /repository";

  @TempDir Path directory;

  private static LaunchSettings settings(String master, int parallelism) {
    return LaunchSettings.ofParallelism(parallelism).withMaster(master).withJob(JOB);
  }

  private static ExitCode refusal(String master, int parallelism, String message) {
    ExitCode[] code = new ExitCode[1];
    assertThatThrownBy(() -> new FlinkLauncher().check(settings(master, parallelism)))
        .isInstanceOfSatisfying(UserException.class, e -> code[0] = e.exitCode())
        .hasMessageContaining(message);
    return code[0];
  }

  @Test
  void nothingThatListensIsAFaultOfTheInfrastructure() throws IOException {
    String master;
    try (FakeCluster gone = new FakeCluster(FLINK, 2)) {
      master = gone.master();
    }
    assertThat(refusal(master, 0, "no Flink cluster answers at " + master))
        .isEqualTo(ExitCode.INFRASTRUCTURE);
  }

  @Test
  void addressMustBeHostAndPort() {
    assertThat(refusal("http://host", 0, "expected HOST:PORT")).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void otherFlinkIsRefusedWithBothVersions() throws IOException {
    try (FakeCluster other = new FakeCluster("1.20.1", 2)) {
      assertThat(refusal(other.master(), 0, "has Flink 1.20.1, Starbeam has " + FLINK))
          .isEqualTo(ExitCode.LOCK);
    }
  }

  @Test
  void otherPatchReleaseIsTaken() throws IOException {
    try (FakeCluster patch = new FakeCluster(FLINK.replaceFirst("\\.\\d+$", ".0"), 2)) {
      new FlinkLauncher().check(settings(patch.master(), 2));
    }
  }

  @Test
  void moreParallelismThanSlotsIsRefused() throws IOException {
    try (FakeCluster small = new FakeCluster(FLINK, 2)) {
      assertThat(refusal(small.master(), 3, "has 2 slots, --parallelism asks for 3"))
          .isEqualTo(ExitCode.INFRASTRUCTURE);
    }
  }

  @Test
  void jobThatWasLeftBehindIsEndedBeforeTheNextAndOthersStay() throws IOException {
    try (FakeCluster cluster =
        new FakeCluster(FLINK, 4)
            .withJob("a", JOB, "RUNNING")
            .withJob("b", "another run", "RUNNING")
            .withJob("c", JOB, "FINISHED")) {
      FlinkPipelineOptions options = PipelineOptionsFactory.as(FlinkPipelineOptions.class);
      RunnerResult done = new RunnerResult("flink", "DONE", Duration.ZERO);
      RunnerResult result =
          RemoteCluster.reach(settings(cluster.master(), 0))
              .run(
                  options,
                  () -> {
                    assertThat(cluster.cancelled).containsExactly("a");
                    return done;
                  });
      assertThat(result).isSameAs(done);
      assertThat(options.getParallelism()).as("all slots").isEqualTo(4);
      assertThat(options.getFlinkMaster()).isEqualTo(cluster.master());
      assertThat(options.getFilesToStage())
          .as("jars for a cluster that says nothing of its libraries")
          .anyMatch(jar -> jar.contains("beam-sdks-java-core"))
          .noneMatch(jar -> jar.contains("flink-runtime-1"));
    }
  }

  @Test
  void clusterThatHasTheLibrariesGetsStarbeamOnlyAndLoadsTheRestFromWhereItIs() {
    String there = Libraries.paths(Libraries.others()).replaceAll("[^,]*/", "/opt/libraries/");
    assertThat(Libraries.complete(there)).isTrue();
    assertThat(Libraries.shipment(there).jars()).isEqualTo(Libraries.own());
    assertThat(Libraries.shipment(there).inPlace())
        .allMatch(jar -> jar.startsWith("/opt/libraries"))
        .anyMatch(jar -> jar.toString().contains("avro-1"))
        .noneMatch(jar -> jar.toString().contains("flink-runtime"));
    String withoutBeam = there.replaceFirst("[^,]*beam-sdks-java-core[^,]*,?", "");
    assertThat(Libraries.complete(withoutBeam)).isFalse();
    assertThat(Libraries.shipment(withoutBeam).inPlace()).isEmpty();
    assertThat(Libraries.shipment(withoutBeam).jars()).hasSizeGreaterThan(Libraries.own().size());
  }

  @Test
  void classesAreFoundInTheJarsThatTheClassPathJarNames() throws Exception {
    Path avro =
        Libraries.others().stream()
            .filter(jar -> jar.getFileName().toString().startsWith("avro-1"))
            .findFirst()
            .orElseThrow();
    Path copy = Files.copy(avro, directory.resolve("avro of the cluster.jar"));
    ClassPathJar jar = ClassPathJar.of(List.of(copy));
    try (URLClassLoader job = new URLClassLoader(new URL[] {jar.file().toUri().toURL()}, null)) {
      assertThat(job.loadClass("org.apache.avro.Schema$Type").getProtectionDomain())
          .extracting(domain -> domain.getCodeSource().getLocation())
          .isEqualTo(copy.toUri().toURL());
    }
    jar.close();
    assertThat(jar.file()).doesNotExist();
  }
}
