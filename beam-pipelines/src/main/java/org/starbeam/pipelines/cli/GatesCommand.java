package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.gates.Gate;
import org.starbeam.pipelines.gates.GateReport;
import org.starbeam.pipelines.gates.GateSet;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Whether the steps of a run are good enough. */
@Command(
    name = "gates",
    mixinStandardHelpOptions = true,
    description = "Says whether the steps of a run are good enough, and what to do when not.")
final class GatesCommand implements Runnable {
  @SuppressWarnings("NullAway.Init")
  @picocli.CommandLine.Spec
  picocli.CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    throw new picocli.CommandLine.ParameterException(
        spec.commandLine(), "gates needs one of eval, accept, list");
  }

  @Command(
      name = "eval",
      mixinStandardHelpOptions = true,
      description =
          "Evaluates the gates of a run from its metrics and ledger. Exit code 5 when one that"
              + " stops is violated or a review is pending.")
  int eval(
      @Mixin RepositoryOption repository,
      @Parameters(arity = "0..1", paramLabel = "RUN", description = "Run (default: the newest).")
          String run,
      @Option(
              names = "--gates",
              paramLabel = "FILE",
              description = "Gates of a YAML file instead of the campaign's.")
          @Nullable Path file,
      @Mixin Answer answer) {
    Path root = repository.root();
    String name = RunCatalog.open(root, run == null ? "" : run).run();
    GateReport report =
        file == null ? GateReport.of(root, name) : GateReport.of(root, name, GateSet.read(file));
    if (answer.isJson()) {
      Answer.print(report.json());
    } else {
      System.out.print(report.text());
    }
    return report.exitCode().code();
  }

  @Command(
      name = "accept",
      mixinStandardHelpOptions = true,
      description = "Records that a person accepts a gate that needs a review.")
  int accept(
      @Mixin RepositoryOption repository,
      @Parameters(paramLabel = "RUN", description = "Name of the run.") String run,
      @Parameters(paramLabel = "STEP", description = "Step of the gate.") String step,
      @Parameters(paramLabel = "GATE", description = "Id of the gate.") String id,
      @Option(names = "--why", required = true, paramLabel = "TEXT", description = "The reason.")
          String why,
      @Mixin Answer answer) {
    Path root = repository.root();
    String name = RunCatalog.open(root, run).run();
    GateReport.accept(root, name, step, id, why);
    System.err.println("accepted: " + step + " " + id);
    if (answer.isJson()) {
      Answer.print(
          Answer.object().put("run", name).put("step", step).put("gate", id).put("why", why));
    }
    return 0;
  }

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "The gates of a run's campaign, or the default set.")
  int list(
      @Mixin RepositoryOption repository,
      @Parameters(arity = "0..1", paramLabel = "RUN", description = "Run (default: the newest).")
          String run,
      @Mixin Answer answer) {
    Path root = repository.root();
    String name = RunCatalog.open(root, run == null ? "" : run).run();
    ArrayNode out = Answer.list();
    for (Gate gate : GateSet.of(root, name).gates()) {
      String severity = gate.severity().name().toLowerCase(Locale.ROOT);
      out.addObject()
          .put("step", gate.step())
          .put("id", gate.id())
          .put("severity", severity)
          .put("metric", gate.metric());
      if (!answer.isJson()) {
        System.out.printf("%-8s%-20s%-8s %s%n", gate.step(), gate.id(), severity, gate.metric());
      }
    }
    if (answer.isJson()) {
      Answer.print(out);
    }
    return 0;
  }
}
