package org.starbeam.pipelines.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.starbeam.pipelines.campaign.TableMetadata;
import org.starbeam.pipelines.observe.RunStateJson;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.transforms.step6.ReleaseTable;

/**
 * The audit of the release tables of a run.
 *
 * @param tables what is in each table
 * @param findings of all tables and between them, the worst first
 */
public record RunAudit(List<AuditedTable> tables, List<Finding> findings) {
  private static final Comparator<Finding> WORST_FIRST =
      Comparator.comparing(Finding::grade)
          .thenComparing(Finding::table)
          .thenComparing(Finding::rule)
          .thenComparing(Finding::column);

  public RunAudit {
    tables = List.copyOf(tables);
    findings = findings.stream().sorted(WORST_FIRST).toList();
  }

  /**
   * Audits tables.
   *
   * @param database the run's tables as views
   * @param files files of each table of the run
   * @param only names of the tables to audit; empty means all, and what holds between them
   */
  public static RunAudit of(
      RunDatabase database, Map<String, List<Path>> files, Collection<String> only) {
    List<AuditedTable> tables = new ArrayList<>();
    List<Finding> findings = new ArrayList<>();
    Map<String, Set<String>> columns = new TreeMap<>();
    for (String name : new TreeSet<>(files.keySet())) {
      Optional<ReleaseTable> table = ReleaseTable.find(name);
      if (table.isPresent() && (only.isEmpty() || only.contains(name))) {
        AuditedTable audited =
            new TableAudit(
                    database, table.get(), TableMetadata.read(files.getOrDefault(name, List.of())))
                .run();
        tables.add(audited);
        findings.addAll(audited.findings());
        columns.put(
            name, audited.columns().stream().map(ColumnProfile::name).collect(Collectors.toSet()));
      }
    }
    findings.addAll(new CrossChecks(database, columns).run());
    return new RunAudit(tables, findings);
  }

  /** Number of findings of a grade. */
  public long count(Grade grade) {
    return findings.stream().filter(f -> f.grade() == grade).count();
  }

  /** Findings that differ in nothing but the band as one. */
  public List<FindingGroup> groups() {
    return FindingGroup.of(findings);
  }

  /** The audit as a document. */
  public ObjectNode json(String run) {
    ObjectNode out = RunStateJson.mapper().createObjectNode();
    out.put("run", run);
    out.put("auditErrors", count(Grade.ERROR));
    out.put("auditWarnings", count(Grade.WARNING));
    out.put("auditNotes", count(Grade.NOTE));
    out.set("findings", RunStateJson.mapper().valueToTree(findings));
    out.set("tables", RunStateJson.mapper().valueToTree(tables));
    out.path("tables").forEach(table -> ((ObjectNode) table).remove("findings"));
    return out;
  }
}
