package org.starbeam.runners.cluster;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.cli.Answer;
import org.starbeam.pipelines.cli.Subcommand;
import org.starbeam.runners.Libraries;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A Flink cluster on this machine. */
@Command(
    name = "cluster",
    mixinStandardHelpOptions = true,
    description =
        "A Flink cluster on this machine: JVMs of their own that listen on the loopback only, from"
            + " the jars of this installation.",
    subcommands = {
      ClusterCommand.Start.class,
      ClusterCommand.Stop.class,
      ClusterCommand.Status.class,
      ClusterCommand.SubmitArgs.class
    })
public final class ClusterCommand implements Subcommand, Callable<Integer> {
  @CommandLine.Spec CommandLine.Model.@Nullable CommandSpec spec;

  @Override
  public Integer call() {
    throw new UserException(
        ExitCode.USAGE,
        "cluster: one of start, stop, status, submit-args is missing",
        "starbeam cluster --help");
  }

  /** Where the cluster's files are. */
  static final class Place {
    @Option(
        names = "--dir",
        paramLabel = "DIR",
        description =
            "Configuration, logs and spilled records (default: ~/.cache/starbeam/cluster).")
    @Nullable Path directory;

    Path directory() {
      return (directory == null ? ClusterSettings.defaultDirectory() : directory)
          .toAbsolutePath()
          .normalize();
    }
  }

  /** Starts it. */
  @Command(
      name = "start",
      mixinStandardHelpOptions = true,
      description =
          "Starts a JobManager, TaskManagers and a supervisor that starts anew whichever of them dies.")
  static final class Start implements Callable<Integer> {
    private static final int JOB_MANAGER_MEBIBYTES = 1536;

    @Mixin Place place = new Place();

    @Option(
        names = "--taskmanagers",
        paramLabel = "N",
        defaultValue = "2",
        description = "Number of workers, each a JVM (default: ${DEFAULT-VALUE}).")
    int taskManagers = 2;

    @Option(
        names = "--slots",
        paramLabel = "M",
        description = "Quanta at a time in each worker (default: cores / workers, at least 1).")
    int slots;

    @Option(
        names = "--memory",
        paramLabel = "SIZE",
        description = "Memory of each worker, e.g. 8g (default: 70 %% of the machine's, shared).")
    @Nullable String memory;

    @Option(
        names = "--port",
        paramLabel = "P",
        defaultValue = "" + ClusterSettings.DEFAULT_PORT,
        description = "Port of REST and the web page (default: ${DEFAULT-VALUE}).")
    int port = ClusterSettings.DEFAULT_PORT;

    @Mixin Answer answer = new Answer();

    @Override
    public Integer call() throws IOException {
      if (taskManagers < 1) {
        throw new UserException(ExitCode.USAGE, "--taskmanagers " + taskManagers + ": 1 or more");
      }
      int cores = Runtime.getRuntime().availableProcessors();
      ClusterSettings settings =
          new ClusterSettings(
              place.directory(),
              port,
              Listeners.freePort(),
              taskManagers,
              slots > 0 ? slots : Math.max(1, cores / taskManagers),
              mebibytes(),
              libraries());
      long begin = System.nanoTime();
      new StandaloneCluster(place.directory()).start(settings);
      System.err.printf(
          Locale.ROOT,
          "ready in %.1f s: %d TaskManagers of %d slots and %d MiB; http://%s shows it%n",
          (System.nanoTime() - begin) / 1e9,
          settings.taskManagers(),
          settings.slots(),
          settings.memory(),
          settings.master());
      System.err.printf(
          "next: starbeam launch TEMPLATE --runner flink --master %s%n", settings.master());
      answer.print(
          settings.master(),
          Answer.object()
              .put("master", settings.master())
              .put("taskManagers", settings.taskManagers())
              .put("slots", settings.slots())
              .put("memoryMebibytes", settings.memory())
              .put("directory", place.directory().toString()));
      return 0;
    }

    private int mebibytes() {
      if (memory != null) {
        int wanted = MachineMemory.parse("--memory", memory);
        if (wanted < WorkerMemory.LEAST) {
          throw new UserException(
              ExitCode.USAGE,
              "--memory " + memory + ": a TaskManager needs at least " + WorkerMemory.LEAST + "m");
        }
        return wanted;
      }
      long each = (MachineMemory.mebibytes() * 7 / 10 - JOB_MANAGER_MEBIBYTES) / taskManagers;
      return (int) Math.max(WorkerMemory.LEAST, Math.min(each, Integer.MAX_VALUE));
    }

    /** The libraries of this JVM and what only a cluster needs. */
    private static List<Path> libraries() throws IOException {
      List<Path> out = new ArrayList<>(Libraries.others());
      String extra = System.getProperty("starbeam.cluster.libraries");
      if (extra != null && Files.isDirectory(Path.of(extra))) {
        try (Stream<Path> jars = Files.list(Path.of(extra))) {
          out.addAll(jars.filter(jar -> jar.toString().endsWith(".jar")).sorted().toList());
        }
      }
      return out;
    }
  }

  /** Ends it. */
  @Command(
      name = "stop",
      mixinStandardHelpOptions = true,
      description = "Ends all processes of the cluster; jobs that run there end with it.")
  static final class Stop implements Callable<Integer> {
    @Mixin Place place = new Place();

    @Mixin Answer answer = new Answer();

    @Override
    public Integer call() throws IOException {
      int ended = new StandaloneCluster(place.directory()).stop();
      System.err.println(
          ended == 0 ? "no cluster runs in " + place.directory() : ended + " processes ended");
      if (answer.isJson()) {
        Answer.print(Answer.object().put("ended", ended));
      }
      return 0;
    }
  }

  /** Shows it. */
  @Command(
      name = "status",
      mixinStandardHelpOptions = true,
      description = "Shows workers, slots and jobs, of this machine's cluster or of another.")
  static final class Status implements Callable<Integer> {
    @Mixin Place place = new Place();

    @Option(
        names = "--master",
        paramLabel = "HOST:PORT",
        description = "Another Flink cluster than that of --dir.")
    @Nullable String master;

    @Mixin Answer answer = new Answer();

    @Override
    public Integer call() throws IOException {
      StandaloneCluster own = new StandaloneCluster(place.directory());
      String asked =
          master == null ? own.settings().map(ClusterSettings::master).orElse(null) : master;
      if (asked == null) {
        throw new UserException(
            ExitCode.INFRASTRUCTURE,
            "no cluster was ever started in " + place.directory(),
            "starbeam cluster start");
      }
      ObjectNode shown = ask(new ClusterRest(asked));
      ArrayNode processes = shown.putArray("processes");
      if (master == null) {
        for (ClusterProcess process : own.processes()) {
          processes.addObject().put("role", process.role()).put("pid", process.pid());
        }
      }
      if (answer.isJson()) {
        Answer.print(shown);
      } else {
        print(shown);
      }
      return 0;
    }

    private static ObjectNode ask(ClusterRest rest) {
      try {
        ClusterRest.Overview overview = rest.overview();
        ObjectNode out = Answer.object();
        out.put("master", rest.master());
        out.put("flinkVersion", overview.flinkVersion());
        out.put("slots", overview.slots());
        out.put("freeSlots", overview.freeSlots());
        ArrayNode workers = out.putArray("taskManagers");
        for (ClusterRest.Worker worker : rest.workers()) {
          workers
              .addObject()
              .put("id", worker.id())
              .put("slots", worker.slots())
              .put("freeSlots", worker.freeSlots())
              .put("heapMebibytes", worker.heapMebibytes());
        }
        ArrayNode jobs = out.putArray("jobs");
        for (ClusterRest.Job job : rest.jobs()) {
          jobs.addObject()
              .put("id", job.id())
              .put("name", job.name())
              .put("state", job.state())
              .put("start", Instant.ofEpochMilli(job.startMillis()).toString());
        }
        return out;
      } catch (IOException e) {
        throw new UserException(
            ExitCode.INFRASTRUCTURE,
            "no Flink cluster answers at " + rest.master() + ": " + e.getMessage(),
            "starbeam cluster start");
      }
    }

    private static void print(ObjectNode answer) {
      System.out.printf(
          "Flink %s at http://%s: %d TaskManagers, %d slots, %d free%n",
          answer.path("flinkVersion").asText(),
          answer.path("master").asText(),
          answer.path("taskManagers").size(),
          answer.path("slots").asInt(),
          answer.path("freeSlots").asInt());
      answer
          .path("taskManagers")
          .forEach(
              w ->
                  System.out.printf(
                      "  %-32s %2d slots, %2d free, heap %d MiB%n",
                      w.path("id").asText(),
                      w.path("slots").asInt(),
                      w.path("freeSlots").asInt(),
                      w.path("heapMebibytes").asLong()));
      answer
          .path("processes")
          .forEach(
              p ->
                  System.out.printf(
                      "  %-14s pid %d%n", p.path("role").asText(), p.path("pid").asLong()));
      answer
          .path("jobs")
          .forEach(
              j ->
                  System.out.printf(
                      "job %s %-9s %s  %s%n",
                      j.path("id").asText(),
                      j.path("state").asText(),
                      j.path("start").asText(),
                      j.path("name").asText()));
    }
  }

  /** How a template is submitted to a cluster of many machines. */
  @Command(
      name = "submit-args",
      mixinStandardHelpOptions = true,
      description =
          "Prints the flink run-application line of a template for YARN or Kubernetes (docs/flink.md).")
  static final class SubmitArgs implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "TEMPLATE", description = "Name or file of a template.")
    String template = "";

    @Parameters(
        index = "1..*",
        paramLabel = "ARGUMENT",
        description = "More arguments of launch, after --.")
    List<String> arguments = new ArrayList<>();

    @Option(
        names = "--target",
        defaultValue = "kubernetes-application",
        description = "kubernetes-application or yarn-application (default: ${DEFAULT-VALUE}).")
    String target = "kubernetes-application";

    @Option(
        names = "--slots",
        paramLabel = "M",
        defaultValue = "2",
        description = "Quanta at a time in each worker (default: ${DEFAULT-VALUE}).")
    int slots = 2;

    @Option(
        names = "--memory",
        paramLabel = "SIZE",
        defaultValue = "16g",
        description = "Memory of each worker (default: ${DEFAULT-VALUE}).")
    String memory = "16g";

    @Option(
        names = "--parallelism",
        paramLabel = "N",
        defaultValue = "4",
        description = "Quanta at a time in all workers (default: ${DEFAULT-VALUE}).")
    int parallelism = 4;

    @Mixin Answer answer = new Answer();

    @Override
    public Integer call() {
      if (!List.of("kubernetes-application", "yarn-application").contains(target)) {
        throw new UserException(
            ExitCode.USAGE,
            "--target " + target + ": expected kubernetes-application or yarn-application");
      }
      String line =
          new ApplicationLine(target, slots, MachineMemory.parse("--memory", memory), parallelism)
              .of(template, arguments);
      answer.print(line, Answer.object().put("target", target).put("line", line));
      return 0;
    }
  }
}
