package org.starbeam.pipelines.report;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.audit.AuditedTable;
import org.starbeam.pipelines.audit.ColumnProfile;
import org.starbeam.pipelines.audit.FindingGroup;
import org.starbeam.pipelines.audit.Grade;
import org.starbeam.pipelines.audit.RunAudit;
import org.starbeam.pipelines.audit.SkyScale;

/**
 * The audit of the tables: totals and findings in the report, every column on a page of its own.
 */
final class AuditSections {
  private static final int MOST = 200;

  private static final List<String> COLUMN_HEADS =
      List.of(
          "column",
          "type",
          "unit",
          "tier",
          "null %",
          "NaN %",
          "inf %",
          "zero %",
          "values about",
          "min",
          "1 %",
          "median",
          "99 %",
          "max");

  private AuditSections() {}

  /** Totals as metrics of the run; none without tables. */
  static List<ReportPage.MetricRow> totals(RunAudit audit) {
    if (audit.tables().isEmpty()) {
      return List.of();
    }
    long columns = audit.tables().stream().mapToLong(t -> t.columns().size()).sum();
    return List.of(
        total("auditErrors", audit.count(Grade.ERROR), columns, 0.0),
        total("auditWarnings", audit.count(Grade.WARNING), columns, null));
  }

  private static ReportPage.MetricRow total(
      String name, long findings, long columns, @Nullable Double limit) {
    return new ReportPage.MetricRow(name, "", (double) findings, "1", columns, limit, "ok");
  }

  /** What was found, the worst first. */
  static List<ReportPage.TableSection> of(RunAudit audit, String run) {
    if (audit.tables().isEmpty()) {
      return List.of();
    }
    List<List<String>> rows = audit.groups().stream().limit(MOST).map(AuditSections::row).toList();
    String text =
        "%d errors, %d warnings, %d notes in %s. What is in every column is in audit.html beside this page; starbeam audit %s prints it."
            .formatted(
                audit.count(Grade.ERROR),
                audit.count(Grade.WARNING),
                audit.count(Grade.NOTE),
                String.join(", ", audit.tables().stream().map(AuditSections::size).toList()),
                run);
    return List.of(
        new ReportPage.TableSection(
            "audit",
            "Audit of the tables",
            text,
            List.of("grade", "rule", "table", "column", "what"),
            rows,
            5));
  }

  private static String size(AuditedTable table) {
    return "%s (%,d rows, %d columns)"
        .formatted(table.table(), table.rows(), table.columns().size());
  }

  private static List<String> row(FindingGroup group) {
    return List.of(
        group.first().grade().word(),
        group.first().rule(),
        group.first().table(),
        group.column(),
        group.text());
  }

  /** Writes {@code audit.json} and {@code audit.html}; false when the run has no tables. */
  static boolean write(Path directory, RunAudit audit, String run) throws IOException {
    if (audit.tables().isEmpty()) {
      return false;
    }
    ReportWriter.whole(directory.resolve("audit.json"), audit.json(run).toPrettyString() + "\n");
    List<ReportPage.TableSection> sections = new ArrayList<>();
    for (AuditedTable table : audit.tables()) {
      sections.add(
          new ReportPage.TableSection(
              table.table(),
              table.table(),
              "%,d rows, %,d of them primary. Percentiles are of finite values. Columns of the schema that are not written: %s."
                  .formatted(
                      table.rows(),
                      table.primaryRows(),
                      table.unwritten().isEmpty() ? "none" : String.join(", ", table.unwritten())),
              COLUMN_HEADS,
              table.columns().stream().map(AuditSections::column).toList(),
              4));
    }
    for (AuditedTable table : audit.tables()) {
      if (!table.skyScales().isEmpty()) {
        sections.add(sky(table));
      }
    }
    ReportWriter.whole(directory.resolve("audit.html"), ReportPage.tables(run, sections));
    return true;
  }

  private static ReportPage.TableSection sky(AuditedTable table) {
    List<List<String>> rows = new ArrayList<>();
    for (SkyScale.Summary s : SkyScale.summaries(table.skyScales())) {
      rows.add(
          List.of(
              s.band(),
              s.estimator(),
              String.valueOf(s.patches()),
              "%.3f".formatted(s.median()),
              "%.3f".formatted(s.low()),
              "%.3f".formatted(s.high())));
    }
    return new ReportPage.TableSection(
        "sky",
        "Errors on empty sky",
        "Scatter of fluxes at the sky objects of "
            + table.table()
            + " over their errors: 1 where errors are right. Published, not applied; audit.json has every patch.",
        List.of("band", "flux", "patches", "median", "least", "most"),
        rows,
        2);
  }

  private static List<String> column(ColumnProfile c) {
    return List.of(
        c.name(),
        c.type().toLowerCase(Locale.ROOT),
        c.unit(),
        c.tier(),
        "%.2f".formatted(c.percent(c.nulls())),
        "%.2f".formatted(c.percent(c.nans())),
        "%.2f".formatted(c.percent(c.infs())),
        "%.2f".formatted(c.percent(c.zeros())),
        String.valueOf(c.distinct()),
        c.text(c.min()),
        c.text(c.p01()),
        c.text(c.median()),
        c.text(c.p99()),
        c.text(c.max()));
  }
}
