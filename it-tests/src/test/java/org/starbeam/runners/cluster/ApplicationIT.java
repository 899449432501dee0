package org.starbeam.runners.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.simulation.CampaignWriter;
import org.starbeam.simulation.Preset;
import org.starbeam.simulation.Presets;
import org.starbeam.simulation.ProgressListener;

/**
 * A launch whose command line runs inside Flink's JobManager, as on YARN and Kubernetes: the runner
 * is found, the launch waits for the job and writes the report, its exit code is the application's.
 */
class ApplicationIT {
  private static final Path DIST = Path.of("../runners/target/dist").toAbsolutePath().normalize();

  @TempDir Path directory;

  private static List<Path> jars(String folder) throws IOException {
    try (Stream<Path> files = Files.list(DIST.resolve(folder))) {
      return files.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
    }
  }

  private ClusterConfiguration configuration() throws IOException {
    List<Path> classPath = new ArrayList<>(jars("maven/starbeam"));
    classPath.addAll(jars("libraries-maven"));
    classPath.add(Path.of("target/test-classes").toAbsolutePath());
    ClusterConfiguration configuration =
        new ClusterConfiguration(
            new ClusterSettings(
                directory.resolve("cluster"),
                Listeners.freePort(),
                Listeners.freePort(),
                1,
                1,
                WorkerMemory.LEAST,
                classPath));
    configuration.write();
    Files.writeString(
        configuration.conf().resolve("config.yaml"),
        "execution.attached: true\n",
        StandardOpenOption.APPEND);
    return configuration;
  }

  private Process start(ClusterConfiguration configuration, String name, List<String> command)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve(name + ".out").toFile());
    builder.environment().putAll(configuration.environment());
    return builder.start();
  }

  private List<String> application(ClusterConfiguration configuration, String... arguments) {
    List<String> command = new ArrayList<>(configuration.jobManager());
    int main =
        command.indexOf("org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint");
    command.subList(main, command.size()).clear();
    command.add(StandaloneApplication.class.getName());
    command.add(configuration.conf().toString());
    command.addAll(List.of(arguments));
    return command;
  }

  private int run(String... arguments) throws IOException, InterruptedException {
    ClusterConfiguration configuration = configuration();
    Process worker = start(configuration, "worker", configuration.taskManager("worker", "w1"));
    Process application =
        start(configuration, "application", application(configuration, arguments));
    try {
      assertThat(application.waitFor(10, TimeUnit.MINUTES)).as("the application ends").isTrue();
      return application.exitValue();
    } finally {
      application.destroyForcibly();
      worker.destroyForcibly();
    }
  }

  @Test
  void launchRunsInsideTheJobManager() throws IOException, InterruptedException {
    Path survey = directory.resolve("survey");
    Path repository = directory.resolve("repo");
    Preset it = Presets.it();
    Preset small =
        new Preset(
            it.name(),
            it.frames(),
            1,
            "r",
            List.of(new Preset.Night(20210907, 1)),
            it.expTime(),
            new Preset.CalibSequence(3, 0, 0, 0, 0, false, false),
            it.field(),
            it.sensor(),
            it.observing());
    CampaignWriter.write(survey, small, 1, ProgressListener.NONE);
    int code =
        run(
            "launch",
            "ci",
            "--set",
            "input=" + survey,
            "--repo",
            repository.toString(),
            "--name",
            "application",
            "--steps",
            "ingest",
            "-q");
    String printed = Files.readString(directory.resolve("application.out"));
    assertThat(code).as(printed).isZero();
    assertThat(RunCatalog.open(repository, "application").quanta())
        .filteredOn(record -> record.getStatus() == QuantumStatus.DONE)
        .as("ingested files")
        .hasSizeGreaterThan(3);
    assertThat(repository.resolve("runs/application/report/index.html")).isNotEmptyFile();
    assertThat(printed).contains("report/index.html");
    assertThat(Files.readString(directory.resolve("cluster/logs/worker.log")))
        .as("quanta ran in the worker")
        .contains("ingest/Run");
  }

  @Test
  void launchThatIsRefusedFailsTheApplication() throws IOException, InterruptedException {
    String repository = directory.resolve("repo").toString();
    int code =
        run("launch", "ci", "--set", "input=" + directory.resolve("nothing"), "--repo", repository);
    assertThat(code).isNotZero();
    assertThat(Files.readString(directory.resolve("cluster/logs/jobmanager.log")))
        .as(Files.readString(directory.resolve("application.out")))
        .contains("exit code " + ExitCode.INPUTS.code());
  }
}
