package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.campaign.LaunchRules;
import org.starbeam.pipelines.campaign.MockRuns;
import org.starbeam.pipelines.campaign.ProblemGroup;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.gates.GateReport;
import org.starbeam.pipelines.observe.Counts;
import org.starbeam.pipelines.observe.Grouping;
import org.starbeam.pipelines.observe.RunMonitor;
import org.starbeam.pipelines.observe.RunState;
import org.starbeam.pipelines.observe.RunStateJson;
import org.starbeam.pipelines.observe.RunText;
import org.starbeam.pipelines.observe.RunVerdict;
import org.starbeam.pipelines.observe.TaskChoice;
import org.starbeam.schema.QuantumRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Says how a run stands. */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = "Shows the quanta of a run by task and status; without a run, the list of runs.")
final class StatusCommand implements Callable<Integer> {
  private static final long WATCH_MILLIS = 2000;

  /** Dimensions to count by. */
  enum Dimension {
    DETECTOR,
    VISIT,
    TRACT,
    BAND
  }

  @Mixin RepositoryOption repository = new RepositoryOption();

  @Parameters(paramLabel = "RUN", arity = "0..1", description = "Name of the run.")
  String run = "";

  @Mixin Answer answer = new Answer();

  @Option(
      names = "--failed",
      description = "Only the quanta that failed, were blocked or are degraded.")
  boolean failed;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Quanta to list at most (default: ${DEFAULT-VALUE}); 0 = all.")
  int limit = 1000;

  @Option(
      names = "--by",
      paramLabel = "DIMENSION",
      description = "Count by ${COMPLETION-CANDIDATES} instead of by task.")
  @Nullable Dimension by;

  @Option(
      names = "--step",
      split = ",",
      paramLabel = "STEP",
      description = "Only the tasks of these steps.")
  List<String> steps = new ArrayList<>();

  @Option(names = "--task", split = ",", paramLabel = "TASK", description = "Only these tasks.")
  List<String> tasks = new ArrayList<>();

  @Option(names = "--watch", description = "Show it again every two seconds until the run ends.")
  boolean watch;

  @Option(
      names = "--serve",
      description = "Serve the status page, REST and Prometheus metrics until interrupted.")
  boolean serve;

  @Mixin StatusPageOptions page = new StatusPageOptions();

  @Option(
      names = "--exit-code",
      description = "Return the exit code that the run has; 9 while it runs.")
  boolean exitCode;

  @Override
  public Integer call() throws InterruptedException {
    if (run.isEmpty()) {
      list();
      return 0;
    }
    RunMonitor monitor =
        RunMonitor.open(repository.root(), RunCatalog.name(repository.root(), run));
    if (serve) {
      RunPages.serve(monitor, page, "", answer);
      return 0;
    }
    RunState state = show(monitor);
    while (watch && state.state().equals("running") && !System.out.checkError()) {
      Thread.sleep(WATCH_MILLIS);
      if (!answer.isJson()) {
        System.out.print(System.console() == null ? "\n" : "\u001b[H\u001b[2J");
      }
      state = show(monitor);
    }
    return exitCode ? verdict(state).code() : 0;
  }

  /** The exit code of the run; with its gates when it was asked for and everything else is well. */
  private ExitCode verdict(RunState state) {
    Path root = repository.root();
    ExitCode code = RunVerdict.of(state, LaunchRules.failures(root, state.run()));
    boolean judged = exitCode && code == ExitCode.SUCCESS && MockRuns.of(root, state.run()) == null;
    return judged && GateReport.of(root, state.run()).isEnd(false) ? ExitCode.GATE : code;
  }

  private RunState show(RunMonitor monitor) {
    monitor.refresh();
    monitor.save();
    RunState whole = monitor.state();
    TaskChoice choice = TaskChoice.of(steps, tasks, whole);
    RunState state = choice.of(whole);
    if (answer.isJson()) {
      JsonNode document = document(monitor, whole, choice);
      System.out.println(watch ? document.toString() : document.toPrettyString());
    } else if (failed) {
      problems(monitor, choice).forEach(record -> System.out.println(problem(record)));
    } else if (by != null) {
      System.out.println(RunText.head(state));
      print(Grouping.by(monitor, name(by), choice), name(by));
    } else {
      System.out.println(RunText.head(state));
      RunText.tasks(state).forEach(System.out::println);
      RunText.problems(state).forEach(System.out::println);
      next(state);
    }
    return whole;
  }

  private static String name(Dimension dimension) {
    return dimension.name().toLowerCase(Locale.ROOT);
  }

  private void list() {
    List<String> runs = RunCatalog.runs(repository.root());
    if (answer.isJson()) {
      Answer.print(Answer.list(runs));
    } else {
      runs.forEach(System.out::println);
    }
  }

  private List<QuantumRecord> problems(RunMonitor monitor, TaskChoice choice) {
    return monitor.records(monitor.problems(limit == 0 ? Integer.MAX_VALUE : limit, choice));
  }

  private static void print(List<Grouping.Group> groups, String dimension) {
    System.out.printf(
        "%-16s%10s%10s%9s%8s%8s%8s%8s%9s%n",
        dimension,
        "total",
        "done",
        "adopted",
        "failed",
        "blocked",
        "no-work",
        "running",
        "degraded");
    for (Grouping.Group group : groups) {
      Counts c = group.counts();
      System.out.printf(
          Locale.ROOT,
          "%-16s%,10d%,10d%,9d%,8d%,8d%,8d%,8d%,9d%n",
          group.value(),
          c.total(),
          c.done(),
          c.adopted(),
          c.failed(),
          c.blocked(),
          c.noWork() + c.skipped(),
          c.running(),
          c.degraded());
    }
  }

  private void next(RunState state) {
    String where = state.run() + " --repo " + repository.root();
    if (!state.failures().isEmpty()) {
      System.out.println(
          "next: starbeam logs " + where + " --failed --task " + state.failures().get(0).task());
    } else if (state.state().equals("stopped")) {
      System.out.println("next: starbeam resume " + where);
    } else if (state.state().equals("ended")) {
      System.out.println("next: starbeam report " + where);
    }
  }

  private static String problem(QuantumRecord record) {
    StringBuilder out = new StringBuilder();
    out.append(ProblemGroup.state(record))
        .append(' ')
        .append(record.getTask())
        .append('(')
        .append(record.getDataId())
        .append(')');
    if (record.getErrorClass() != null) {
      out.append(' ').append(record.getErrorClass()).append(' ').append(record.getErrorCode());
    }
    if (record.getMessage() != null) {
      out.append(": ").append(record.getMessage());
    }
    if (!record.getRootCauses().isEmpty()) {
      out.append(" <- ").append(String.join("; ", record.getRootCauses()));
    }
    return out.toString();
  }

  private JsonNode document(RunMonitor monitor, RunState whole, TaskChoice choice) {
    ObjectMapper mapper = RunStateJson.mapper();
    ObjectNode out = mapper.valueToTree(choice.of(whole));
    out.put("exitCode", verdict(whole).code());
    if (by != null) {
      out.set(name(by) + "s", mapper.valueToTree(Grouping.by(monitor, name(by), choice)));
    }
    ArrayNode problems = out.putArray("problems");
    for (QuantumRecord record : problems(monitor, choice)) {
      ObjectNode node = problems.addObject();
      node.put("task", record.getTask())
          .put("dataId", record.getDataId())
          .put("quantumId", record.getQuantumId())
          .put("status", record.getStatus().toString());
      node.set("caveats", mapper.valueToTree(record.getCaveats()));
      node.put("errorClass", record.getErrorClass())
          .put("errorCode", record.getErrorCode())
          .put("message", record.getMessage());
      node.set("rootCauses", mapper.valueToTree(record.getRootCauses()));
    }
    return out;
  }
}
