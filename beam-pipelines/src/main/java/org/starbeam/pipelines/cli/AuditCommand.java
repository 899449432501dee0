package org.starbeam.pipelines.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.audit.AuditedTable;
import org.starbeam.pipelines.audit.ColumnProfile;
import org.starbeam.pipelines.audit.FindingGroup;
import org.starbeam.pipelines.audit.Grade;
import org.starbeam.pipelines.audit.RunAudit;
import org.starbeam.pipelines.audit.SkyScale;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.transforms.step6.ReleaseTable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Whether the tables of a run are what the schema says. */
@Command(
    name = "audit",
    mixinStandardHelpOptions = true,
    description =
        "Audits the tables of a run against their schema: names, units, values, flags, keys, and"
            + " whether the tables agree. Exit code 5 when there are errors.")
final class AuditCommand implements Callable<Integer> {
  @Mixin RepositoryOption repository = new RepositoryOption();

  @Parameters(
      paramLabel = "RUN",
      arity = "0..1",
      description = "Name of the run (default: the newest).")
  String run = "";

  @Option(
      names = "--table",
      split = ",",
      paramLabel = "TABLE",
      description = "Only these tables, and nothing between tables that are not named.")
  List<String> tables = new ArrayList<>();

  @Option(names = "--columns", description = "Print what is in every column as well.")
  boolean columns;

  @Mixin Answer answer = new Answer();

  @Override
  public Integer call() {
    RunCatalog catalog = RunCatalog.open(repository.root(), run);
    List<String> only = new ArrayList<>();
    for (String table : tables) {
      only.add(released(catalog.table(table)));
    }
    Map<String, List<Path>> files = catalog.tables();
    if (files.keySet().stream().noneMatch(t -> ReleaseTable.find(t).isPresent())) {
      throw new UserException(
          ExitCode.INPUTS,
          "run " + catalog.run() + " has no tables yet: step6 makes them",
          "starbeam status " + catalog.run());
    }
    RunAudit audit;
    try (RunDatabase database = new RunDatabase(files)) {
      audit = RunAudit.of(database, files, only);
    }
    if (answer.isJson()) {
      Answer.print(audit.json(catalog.run()));
    } else {
      print(audit);
    }
    return (audit.count(Grade.ERROR) > 0 ? ExitCode.GATE : ExitCode.SUCCESS).code();
  }

  private static String released(String table) {
    if (ReleaseTable.find(table).isEmpty()) {
      throw new UserException(
          ExitCode.USAGE, "--table " + table + ": a table of metrics, not of the release");
    }
    return table;
  }

  private void print(RunAudit audit) {
    for (AuditedTable table : audit.tables()) {
      System.out.printf(
          "%s: %d rows, %d of them primary, %d columns; %d of the schema are not written%n",
          table.table(),
          table.rows(),
          table.primaryRows(),
          table.columns().size(),
          table.unwritten().size());
      if (columns) {
        table.columns().forEach(AuditCommand::print);
        SkyScale.summaries(table.skyScales()).forEach(AuditCommand::print);
      }
    }
    for (FindingGroup group : audit.groups()) {
      System.out.printf(
          "%-8s%-15s%-13s%s: %s%n",
          group.first().grade().word(),
          group.first().rule(),
          group.first().table(),
          group.column(),
          group.text());
    }
    System.out.printf(
        "%d errors, %d warnings, %d notes%n",
        audit.count(Grade.ERROR), audit.count(Grade.WARNING), audit.count(Grade.NOTE));
  }

  private static void print(ColumnProfile c) {
    System.out.printf(
        "  %-40s%-9s%-12snull %.1f %%, zero %.1f %%, ~%d values%s%n",
        c.name(),
        c.type().toLowerCase(Locale.ROOT),
        c.unit(),
        c.percent(c.nulls()),
        c.percent(c.zeros()),
        c.distinct(),
        range(c));
  }

  private static void print(SkyScale.Summary s) {
    System.out.printf(
        Locale.ROOT,
        "  %-40sscatter on empty sky over error: %.3f in the median of %d patches, %.3f .. %.3f%n",
        s.band() + "_" + s.estimator(),
        s.median(),
        s.patches(),
        s.low(),
        s.high());
  }

  private static String range(ColumnProfile c) {
    if (c.min() == null) {
      return "";
    }
    if (c.median() == null) {
      return ", " + c.text(c.min()) + " .. " + c.text(c.max());
    }
    return ", %s | %s | %s | %s | %s"
        .formatted(
            c.text(c.min()), c.text(c.p01()), c.text(c.median()), c.text(c.p99()), c.text(c.max()));
  }
}
