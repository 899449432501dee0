package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.campaign.ProblemGroup;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.campaign.RunSummary;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
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
  private static final List<QuantumStatus> COLUMNS =
      List.of(
          QuantumStatus.DONE,
          QuantumStatus.ADOPTED,
          QuantumStatus.FAILED,
          QuantumStatus.BLOCKED,
          QuantumStatus.NO_WORK,
          QuantumStatus.RUNNING);

  private static final int MOST_GROUPS = 20;

  @Mixin RepositoryOption repository = new RepositoryOption();

  @Parameters(paramLabel = "RUN", arity = "0..1", description = "Name of the run.")
  String run = "";

  @Option(names = "--json", description = "One JSON document.")
  boolean json;

  @Option(
      names = "--failed",
      description = "Only the quanta that failed, were blocked or are degraded.")
  boolean failed;

  @Option(
      names = "--exit-code",
      description = "Return the exit code that the run has; 9 while it runs.")
  boolean exitCode;

  @Override
  public Integer call() {
    if (run.isEmpty()) {
      list();
      return 0;
    }
    RunCatalog catalog = RunCatalog.open(repository.root(), run);
    RunSummary summary = new RunSummary(catalog.quanta(), 0);
    if (json) {
      System.out.println(document(catalog, summary).toPrettyString());
    } else {
      print(catalog, summary);
    }
    if (!exitCode) {
      return 0;
    }
    return (summary.running() > 0 ? ExitCode.RUNNING : summary.exitCode()).code();
  }

  private void list() {
    List<String> runs = RunCatalog.runs(repository.root());
    if (json) {
      System.out.println(new ObjectMapper().valueToTree(runs).toString());
    } else {
      runs.forEach(System.out::println);
    }
  }

  private void print(RunCatalog catalog, RunSummary summary) {
    if (!failed) {
      System.out.printf("RUN %s   %s%n", catalog.run(), summary.line());
      System.out.printf(
          "%-8s%-18s%8s%9s%8s%9s%9s%9s%10s%10s%n",
          "step",
          "task",
          "done",
          "adopted",
          "failed",
          "blocked",
          "no-work",
          "running",
          "degraded",
          "core-s");
      for (RunSummary.TaskCount task : summary.tasks()) {
        System.out.printf("%-8s%-18s", task.step(), task.task());
        int[] width = {8, 9, 8, 9, 9, 9};
        for (int i = 0; i < width.length; i++) {
          System.out.printf("%" + width[i] + "d", task.count(COLUMNS.get(i)));
        }
        System.out.printf("%10d%10.1f%n", task.degraded(), task.coreSeconds());
      }
    }
    if (failed) {
      summary.problems().forEach(record -> System.out.println(problem(record)));
    } else {
      printGroups(catalog, summary);
    }
  }

  /** Quanta that ended alike are one line. */
  private static void printGroups(RunCatalog catalog, RunSummary summary) {
    List<ProblemGroup> groups = ProblemGroup.of(summary.problems());
    for (ProblemGroup group : groups.subList(0, Math.min(MOST_GROUPS, groups.size()))) {
      String others = group.count() == 1 ? "" : " (and " + (group.count() - 1) + " like it)";
      System.out.println(problem(group.first()) + others);
    }
    if (summary.problems().size() > Math.min(MOST_GROUPS, groups.size())) {
      System.out.printf(
          "every one: starbeam status %s --repo %s --failed%n", catalog.run(), catalog.root());
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

  private static ObjectNode document(RunCatalog catalog, RunSummary summary) {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode out = mapper.createObjectNode();
    out.put("run", catalog.run());
    out.put("exitCode", (summary.running() > 0 ? ExitCode.RUNNING : summary.exitCode()).code());
    ArrayNode tasks = out.putArray("tasks");
    for (RunSummary.TaskCount task : summary.tasks()) {
      ObjectNode node = tasks.addObject().put("step", task.step()).put("task", task.task());
      for (QuantumStatus status : COLUMNS) {
        node.put(status.name().toLowerCase(Locale.ROOT), task.count(status));
      }
      node.put("degraded", task.degraded()).put("coreSeconds", task.coreSeconds());
    }
    ArrayNode problems = out.putArray("problems");
    for (QuantumRecord record : summary.problems()) {
      ObjectNode node = problems.addObject();
      node.put("task", record.getTask())
          .put("dataId", record.getDataId())
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
