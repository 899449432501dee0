package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.observe.QuantumFilter;
import org.starbeam.pipelines.observe.QuantumView;
import org.starbeam.pipelines.observe.RunLogs;
import org.starbeam.pipelines.observe.RunMonitor;
import org.starbeam.transforms.log.LogEvent;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Prints what was logged while quanta ran. */
@Command(
    name = "logs",
    mixinStandardHelpOptions = true,
    description = "Prints the log lines of the quanta of a run that the options choose.")
final class LogsCommand implements Callable<Integer> {
  private static final long FOLLOW_MILLIS = 1000;

  @Mixin RepositoryOption repository = new RepositoryOption();

  @Parameters(
      paramLabel = "RUN",
      arity = "0..1",
      description = "Name of the run (default: the newest).")
  String run = "";

  @Option(
      names = "--where",
      paramLabel = "CONDITION",
      description =
          "Quanta to choose, for example visit=2021090700012,detector=3 or"
              + " \"visit IN (1, 2) AND wallSeconds > 60\" (starbeam help expressions).")
  String where = "";

  @Option(names = "--task", paramLabel = "TASK", description = "Quanta of this task.")
  String task = "";

  @Option(
      names = "--level",
      description = "This level and above: ${COMPLETION-CANDIDATES} (default: everything kept).")
  LogEvent.Level level = LogEvent.Level.TRACE;

  @Option(names = "--failed", description = "Quanta that failed.")
  boolean failed;

  @Option(
      names = "--follow",
      description = "Go on with what is logged from now on, until the run ends.")
  boolean follow;

  @Mixin Answer answer = new Answer();

  @Option(names = "--json-lines", description = "The lines as they were logged, one JSON each.")
  boolean jsonLines;

  @Override
  public Integer call() throws InterruptedException {
    RunMonitor monitor =
        RunMonitor.open(repository.root(), RunCatalog.name(repository.root(), run));
    monitor.refresh();
    monitor.save();
    QuantumFilter filter = QuantumFilter.parse(task, failed ? "failed" : "", where);
    RunLogs logs = new RunLogs(monitor);
    RunLogs.@Nullable Tail tail = follow ? logs.tail() : null;
    List<QuantumView> quanta = monitor.quanta(0, Integer.MAX_VALUE, filter);
    ArrayNode lines = Answer.list();
    logs.lines(quanta, wanted(answer.isJson() ? lines::add : this::print));
    if (answer.isJson()) {
      ObjectNode document = Answer.object();
      document.put("run", monitor.run()).put("quanta", quanta.size()).set("lines", lines);
      Answer.print(document);
    }
    while (tail != null && !System.out.checkError() && monitor.state().state().equals("running")) {
      Thread.sleep(FOLLOW_MILLIS);
      monitor.refresh();
      tail.poll(
          wanted(
              line -> {
                if (filter.accepts(line.path("task").asText(), line.path("dataId").asText())) {
                  print(line);
                }
              }));
    }
    if (quanta.isEmpty() && !answer.isJson() && !follow) {
      System.err.println("no quantum of run " + monitor.run() + " is chosen by these options");
    }
    return 0;
  }

  private Consumer<JsonNode> wanted(Consumer<JsonNode> consumer) {
    return line -> {
      if (LogEvent.Level.valueOf(line.path("level").asText("INFO")).compareTo(level) >= 0) {
        consumer.accept(line);
      }
    };
  }

  private void print(JsonNode line) {
    if (jsonLines) {
      System.out.println(line);
      return;
    }
    System.out.printf(
        "%s %-5s %s(%s)%s %s%n",
        line.path("t").asText(),
        line.path("level").asText(),
        line.path("task").asText(),
        line.path("dataId").asText(),
        line.path("attempt").asInt() > 1 ? " attempt " + line.path("attempt").asInt() : "",
        line.path("msg").asText());
    String stack = line.path("ex").path("stack").asText();
    if (!stack.isEmpty()) {
      stack.lines().forEach(frame -> System.out.println("    " + frame.strip()));
    }
  }
}
