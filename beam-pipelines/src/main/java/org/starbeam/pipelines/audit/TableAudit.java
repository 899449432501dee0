package org.starbeam.pipelines.audit;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.transforms.step6.ReleaseTable;

/**
 * Audits one table: what is in its columns, and whether names, types, units, values, flags and the
 * primary key are as the schema promises. The table is read once, column by column.
 */
final class TableAudit {
  /** Rows that percentiles are taken from at most; beyond it a sample by a hash of the key. */
  static final long SAMPLE = 200_000;

  private final RunDatabase database;
  private final ReleaseTable table;
  private final TableColumns columns;
  private final String view;
  private final String key;

  /**
   * @param metadata what the files say of their columns
   */
  TableAudit(RunDatabase database, ReleaseTable table, JsonNode metadata) {
    this.database = database;
    this.table = table;
    this.columns = new TableColumns(database, table, metadata);
    this.view = RunDatabase.quote(table.tableName());
    this.key = table.key().stream().map(RunDatabase::quote).collect(Collectors.joining(", "));
  }

  AuditedTable run() {
    boolean hasKey = table.key().stream().allMatch(columns::has);
    String primary = columns.has("detect_isPrimary") ? "detect_isPrimary" : "true";
    WideQuery counts = new WideQuery(view);
    WideQuery.Slot all = counts.add("count(*)");
    WideQuery.Slot primaries = counts.rows(primary);
    counts.run(database);
    long rows = all.count();
    List<Finding> findings = new ArrayList<>(NameRules.check(columns));
    List<ColumnProfile> profiles = new ArrayList<>();
    List<SkyScale> skyScales = new ArrayList<>();
    if (rows > 0) {
      WideQuery query = new WideQuery(view);
      String sample = rows <= SAMPLE || !hasKey ? "true" : sampled(rows);
      List<ColumnProbe> probes =
          columns.names().stream()
              .map(column -> new ColumnProbe(columns, column, query, primary, sample))
              .toList();
      query.run(database);
      findings.addAll(new NullRules(columns, view).check(database, rows));
      skyScales.addAll(SkyScale.of(database, columns, view));
      for (ColumnProbe probe : probes) {
        ColumnProfile profile = probe.profile(rows, primaries.count());
        profiles.add(profile);
        findings.addAll(probe.findings(profile, primaries.count()));
      }
    }
    if (hasKey) {
      key(findings);
    }
    List<String> unwritten =
        columns.declared().keySet().stream().filter(c -> !columns.has(c)).toList();
    return new AuditedTable(
        table.tableName(), rows, primaries.count(), unwritten, profiles, findings, skyScales);
  }

  private String sampled(long rows) {
    return "hash(" + key + ") % " + (rows / SAMPLE + 1) + " = 0";
  }

  private void key(List<Finding> findings) {
    String missing =
        table.key().stream()
            .map(c -> RunDatabase.quote(c) + " is null")
            .collect(Collectors.joining(" or "));
    double[][] counts =
        database.numbers(
            "select (select count(*) from %1$s where %2$s), coalesce(sum(n - 1), 0) from (select"
                    .formatted(view, missing)
                + " count(*) as n from %1$s where not (%2$s) group by %3$s having count(*) > 1)"
                    .formatted(view, missing, key));
    add(findings, "no key", (long) counts[0][0], "rows without a primary key");
    add(findings, "key", (long) counts[1][0], "rows repeat the primary key of another");
  }

  private void add(List<Finding> findings, String rule, long rows, String text) {
    if (rows > 0) {
      String names = String.join(",", table.key());
      findings.add(columns.finding(Grade.ERROR, names, rule, rows, text));
    }
  }
}
