package org.starbeam.runners.doctor;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.cli.Answer;
import org.starbeam.pipelines.cli.RepositoryOption;
import org.starbeam.pipelines.cli.Subcommand;
import org.starbeam.runners.cluster.MachineMemory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Looks whether a campaign could run here. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description =
        "Looks at Java, memory, disk, clock, leap seconds, the repository's file system and object"
            + " store and, with --master, a Flink cluster. Each line is ok, warn or fail with what to do; the exit"
            + " code is 6 when one fails.")
public final class DoctorCommand implements Subcommand, Callable<Integer> {
  @Mixin RepositoryOption repository = new RepositoryOption();

  @Option(names = "--runner", description = "direct or flink; flink needs --master.")
  String runner = "";

  @Option(names = "--master", paramLabel = "HOST:PORT", description = "A Flink cluster.")
  String master = "";

  @Mixin Answer answer = new Answer();

  @Override
  public Integer call() {
    if (!List.of("", "direct", "flink").contains(runner)) {
      throw new UserException(ExitCode.USAGE, "--runner " + runner + ": expected direct or flink");
    }
    List<Finding> findings = new ArrayList<>(MachineChecks.all(MachineMemory.mebibytes()));
    findings.addAll(RepositoryChecks.all(repository.root()));
    findings.addAll(StoreChecks.all(repository.root()));
    findings.add(ClusterChecks.versions());
    if (!master.isEmpty()) {
      findings.addAll(ClusterChecks.all(master));
    }
    boolean failed = findings.stream().anyMatch(f -> f.level() == Finding.Level.FAIL);
    if (answer.isJson()) {
      Answer.print(document(findings, failed));
    } else {
      findings.forEach(DoctorCommand::print);
    }
    return failed ? ExitCode.INFRASTRUCTURE.code() : ExitCode.SUCCESS.code();
  }

  private static void print(Finding finding) {
    System.out.printf("%-4s  %-16s %s%n", finding.level().word(), finding.name(), finding.text());
    if (finding.fix() != null) {
      System.out.printf("      fix: %s%n", finding.fix());
    }
  }

  private static ObjectNode document(List<Finding> findings, boolean failed) {
    ObjectNode out = Answer.object();
    out.put("ok", !failed);
    ArrayNode list = out.putArray("findings");
    for (Finding finding : findings) {
      list.addObject()
          .put("name", finding.name())
          .put("level", finding.level().word())
          .put("text", finding.text())
          .put("fix", finding.fix());
    }
    return out;
  }
}
