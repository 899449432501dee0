package org.starbeam.runners.cluster;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.starbeam.pipelines.cli.Main;
import org.starbeam.runners.Libraries;

/**
 * The command that runs a campaign as a Flink application of its own (docs/flink.md): one cluster
 * for one launch, whose JobManager runs Starbeam's command line.
 *
 * @param target {@code kubernetes-application} or {@code yarn-application}
 * @param slots quanta at a time in each worker
 * @param memory MiB of each worker
 * @param parallelism quanta at a time in all workers
 */
record ApplicationLine(String target, int slots, int memory, int parallelism) {
  /** Where the image of docs/flink.md has Starbeam's own jars. */
  private static final String IMAGE_JARS = "local:///opt/starbeam/";

  String of(String template, List<String> launchArguments) {
    List<String> lines = new ArrayList<>(List.of("flink run-application", "--target " + target));
    options().forEach(option -> lines.add("-D" + option));
    lines.add("--class " + Main.class.getName());
    lines.add(jar("runners"));
    lines.add(
        Stream.concat(Stream.of("launch", template), launchArguments.stream())
            .map(ApplicationLine::quoted)
            .collect(Collectors.joining(" ")));
    return String.join(" \\\n  ", lines);
  }

  private List<String> options() {
    List<String> options =
        new ArrayList<>(
            List.of(
                "parallelism.default=" + parallelism,
                "execution.attached=true",
                "jobmanager.memory.process.size=4096m",
                "taskmanager.memory.process.size=" + memory + "m",
                "taskmanager.memory.managed.fraction=0.3",
                "taskmanager.memory.network.fraction=0.1",
                "taskmanager.network.sort-shuffle.min-buffers=32",
                "taskmanager.numberOfTaskSlots=" + slots,
                "restart-strategy.type=exponential-delay",
                "heartbeat.interval=2000",
                "heartbeat.timeout=10000",
                "classloader.check-leaked-classloader=false",
                "env.java.opts.all='-XX:+UseG1GC -XX:+ExitOnOutOfMemoryError"
                    + " -Dorg.apache.avro.SERIALIZABLE_PACKAGES=org.starbeam.schema'"));
    if (target.startsWith("kubernetes")) {
      options.add("kubernetes.container.image.ref=IMAGE");
      options.add("kubernetes.cluster-id=CLUSTER");
      options.add("pipeline.classpaths='" + ownJars("file:///opt/starbeam/") + "'");
    } else {
      options.add("yarn.provided.lib.dirs='hdfs:///starbeam/lib;hdfs:///starbeam/own'");
    }
    return options;
  }

  private String ownJars(String place) {
    return Libraries.own().stream()
        .map(Path::getFileName)
        .map(Path::toString)
        .filter(name -> !name.startsWith("runners"))
        .map(name -> place + name)
        .collect(Collectors.joining(";"));
  }

  private String jar(String module) {
    String name =
        Libraries.own().stream()
            .map(Path::getFileName)
            .map(Path::toString)
            .filter(jar -> jar.startsWith(module))
            .findFirst()
            .orElse(module + ".jar");
    return target.startsWith("kubernetes") ? IMAGE_JARS + name : "hdfs:///starbeam/own/" + name;
  }

  private static String quoted(String argument) {
    return argument.matches("[A-Za-z0-9_./:=,@%+-]+")
        ? argument
        : "'" + argument.replace("'", "'\\''") + "'";
  }
}
