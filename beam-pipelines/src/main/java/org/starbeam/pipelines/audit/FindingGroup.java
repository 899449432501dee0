package org.starbeam.pipelines.audit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Findings of the same rule in the same column of several bands.
 *
 * @param column the column, {@code {band}_psfFlux} for one of several bands
 * @param findings at least one
 */
public record FindingGroup(String column, List<Finding> findings) {
  public FindingGroup {
    findings = List.copyOf(findings);
  }

  /** Groups in the order of their first findings. */
  static List<FindingGroup> of(List<Finding> findings) {
    Map<List<Object>, List<Finding>> groups = new LinkedHashMap<>();
    for (Finding f : findings) {
      List<Object> key = List.of(f.grade(), f.table(), f.rule(), generic(f));
      groups.computeIfAbsent(key, k -> new ArrayList<>()).add(f);
    }
    return groups.values().stream()
        .map(g -> new FindingGroup(g.size() == 1 ? g.get(0).column() : generic(g.get(0)), g))
        .toList();
  }

  private static String generic(Finding f) {
    return f.band() == null ? f.column() : "{band}" + f.column().substring(f.band().length());
  }

  public Finding first() {
    return findings.get(0);
  }

  /** What was found, with the numbers of rows of each band. */
  public String text() {
    String rows =
        findings.stream()
            .filter(f -> f.rows() > 0)
            .map(f -> findings.size() == 1 ? "" + f.rows() : f.band() + " " + f.rows())
            .collect(Collectors.joining(", "));
    List<String> texts = findings.stream().map(Finding::text).distinct().toList();
    String text = texts.size() == 1 ? texts.get(0) : first().text() + " (first of several)";
    return rows.isEmpty() ? text : rows + ": " + text;
  }
}
