package org.starbeam.runners.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.starbeam.runners.Libraries;
import org.starbeam.transforms.store.FileTrees;

/**
 * Writes what the JVMs of a cluster read, and makes their command lines (specs/00 section 5.1).
 * Everything listens on the loopback only, because Flink knows no users.
 */
final class ClusterConfiguration {
  /**
   * A job survives any number of lost workers as long as they are not lost faster than this; a job
   * that fails by itself gives up after a minute.
   */
  private static final List<String> RESTART =
      List.of(
          "restart-strategy.type: failure-rate",
          "restart-strategy.failure-rate.max-failures-per-interval: 20",
          "restart-strategy.failure-rate.failure-rate-interval: 10 min",
          "restart-strategy.failure-rate.delay: 2 s");

  private static final String SECURITY = "org.apache.flink.runtime.security.";

  private final ClusterSettings settings;

  ClusterConfiguration(ClusterSettings settings) {
    this.settings = settings;
  }

  Path conf() {
    return settings.directory().resolve("conf");
  }

  Path logs() {
    return settings.directory().resolve("logs");
  }

  private Path plugins() {
    return settings.directory().resolve("plugins");
  }

  private Path scratch() {
    return settings.directory().resolve("tmp");
  }

  /** Makes the directories, removes what an earlier cluster spilled, and writes all files. */
  void write() throws IOException {
    FileTrees.delete(scratch());
    for (Path directory : List.of(conf(), logs(), plugins(), scratch())) {
      Files.createDirectories(directory);
    }
    Files.write(conf().resolve("config.yaml"), flink());
    try (InputStream logging =
        ClusterConfiguration.class.getResourceAsStream("/cluster-logback.xml")) {
      if (logging == null) {
        throw new IllegalStateException("cluster-logback.xml is not on the class path");
      }
      Files.write(conf().resolve("logback.xml"), logging.readAllBytes());
    }
    String classPath =
        settings.libraries().stream().map(Path::toString).collect(Collectors.joining(":"));
    Files.writeString(conf().resolve("classpath"), "-cp\n\"" + classPath + "\"\n", UTF_8);
  }

  private List<String> flink() {
    List<String> lines =
        new ArrayList<>(
            List.of(
                "jobmanager.rpc.address: 127.0.0.1",
                "jobmanager.rpc.port: " + settings.rpcPort(),
                "jobmanager.bind-host: 127.0.0.1",
                "rest.address: 127.0.0.1",
                "rest.bind-address: 127.0.0.1",
                "rest.port: " + settings.port(),
                "web.submit.enable: false",
                "web.tmpdir: " + quoted(scratch()),
                "web.log.path: " + quoted(logs().resolve("jobmanager.log")),
                "taskmanager.host: 127.0.0.1",
                "taskmanager.bind-host: 127.0.0.1",
                "taskmanager.numberOfTaskSlots: " + settings.slots(),
                // Many small gathers go on at once; Flink's 512 buffers for each are 16 MiB.
                "taskmanager.network.sort-shuffle.min-buffers: 32",
                "heartbeat.interval: 2000",
                "heartbeat.timeout: 10000",
                // A job whose worker was lost waits for the next one instead of failing at once.
                "resourcemanager.standalone.start-up-time: " + Duration.ofDays(200).toMillis(),
                // Of Hadoop there are the few classes that Parquet links, no more.
                "security.context.factory.classes: "
                    + SECURITY
                    + "contexts.NoOpSecurityContextFactory",
                "security.module.factory.classes: " + SECURITY + "modules.JaasModuleFactory",
                "io.tmp.dirs: " + quoted(scratch()),
                "blob.storage.directory: " + quoted(scratch()),
                "execution.checkpointing.storage: filesystem",
                "state.checkpoints.dir: "
                    + quoted(settings.directory().resolve("checkpoints").toUri().toString()),
                "classloader.check-leaked-classloader: false"));
    lines.addAll(RESTART);
    lines.add(Libraries.CONFIGURATION_KEY + ": " + quoted(Libraries.paths(settings.libraries())));
    return lines;
  }

  private static String quoted(Object text) {
    return "\"" + text + "\"";
  }

  /** What Flink looks for in the environment. */
  Map<String, String> environment() {
    return Map.of(
        "FLINK_CONF_DIR", conf().toString(),
        "FLINK_LIB_DIR", plugins().toString(),
        "FLINK_PLUGINS_DIR", plugins().toString(),
        "FLINK_LOG_DIR", logs().toString());
  }

  List<String> jobManager() {
    return command(
        "jobmanager",
        List.of("-Xms128m", "-Xmx1g", "-XX:MaxMetaspaceSize=512m"),
        "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
        List.of());
  }

  /**
   * @param name unique among all that were ever started: Flink takes a worker of a known name for
   *     the one that it has lost
   */
  List<String> taskManager(String log, String name) {
    WorkerMemory memory = new WorkerMemory(settings.memory());
    List<String> options = new ArrayList<>(memory.flink(settings.slots()));
    options.add("taskmanager.resource-id=" + name);
    return command(
        log,
        memory.jvm(),
        "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
        options.stream().flatMap(option -> List.of("-D", option).stream()).toList());
  }

  private List<String> command(
      String log, List<String> jvm, String mainClass, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvm);
    command.addAll(
        List.of(
            "-XX:+UseG1GC",
            "-XX:+ExitOnOutOfMemoryError",
            "-Djava.awt.headless=true",
            "-Djava.net.preferIPv4Stack=true",
            "-Dorg.apache.avro.SERIALIZABLE_PACKAGES=org.starbeam.schema",
            "-Dlog.file=" + logs().resolve(log + ".log"),
            "-Dlogback.configurationFile=" + conf().resolve("logback.xml"),
            "@" + conf().resolve("classpath"),
            mainClass,
            "--configDir",
            conf().toString()));
    command.addAll(arguments);
    return command;
  }
}
