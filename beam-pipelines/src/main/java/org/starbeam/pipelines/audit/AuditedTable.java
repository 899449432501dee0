package org.starbeam.pipelines.audit;

import java.util.List;

/**
 * What was found in a table.
 *
 * @param primaryRows rows that are marked as primary, all where none can be
 * @param unwritten columns of the schema that the table does without
 * @param skyScales scatter of fluxes on empty sky, by patch
 */
public record AuditedTable(
    String table,
    long rows,
    long primaryRows,
    List<String> unwritten,
    List<ColumnProfile> columns,
    List<Finding> findings,
    List<SkyScale> skyScales) {
  public AuditedTable {
    unwritten = List.copyOf(unwritten);
    columns = List.copyOf(columns);
    findings = List.copyOf(findings);
    skyScales = List.copyOf(skyScales);
  }
}
