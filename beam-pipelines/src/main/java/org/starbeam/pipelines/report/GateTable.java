package org.starbeam.pipelines.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.gates.GateResult;

/** What came of the gates of a run, as a table: in words, colours say nothing. */
final class GateTable {
  /** Units that are named of a gate that is not passed. */
  private static final int WORST = 3;

  private GateTable() {}

  /**
   * @param steps whether a column says which step a gate is of
   */
  static ReportPage.TableSection of(List<GateResult> gates, boolean steps) {
    List<List<String>> rows = new ArrayList<>();
    for (GateResult gate : gates) {
      List<String> row = new ArrayList<>();
      if (steps) {
        row.add(gate.gate().step());
      }
      row.addAll(
          List.of(
              gate.id(),
              word(gate.verdict()),
              word(gate.gate().severity()),
              gate.gate().metric().equals("*") ? gate.subject() : gate.gate().metric(),
              gate.allowed(),
              remark(gate),
              number(gate.value()),
              "%,d".formatted(gate.n())));
      rows.add(row);
    }
    List<String> heads = new ArrayList<>(steps ? List.of("step") : List.of());
    heads.addAll(
        List.of("gate", "verdict", "severity", "number", "allowed", "remark", "value", "n"));
    return new ReportPage.TableSection(
        "gates",
        "Gates",
        "Conditions on the numbers of the run. Unknown: too few values, or nothing to compare"
            + " with.",
        heads,
        rows,
        steps ? 7 : 6,
        (row, column) -> steps && column == 0 ? StepPages.page(rows.get(row).get(0)) : "");
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private static String remark(GateResult gate) {
    List<String> parts = new ArrayList<>();
    if (!gate.accepted().isEmpty()) {
      parts.add("accepted by " + gate.accepted());
    }
    if (!gate.why().isEmpty()) {
      parts.add(gate.why());
    }
    if (!gate.hint().isEmpty()) {
      parts.add(gate.hint());
    }
    if (!gate.worst().isEmpty()) {
      parts.add(
          gate.worst().stream()
              .limit(WORST)
              .map(w -> w.unit() + " has " + number(w.value()))
              .collect(Collectors.joining(", ", "worst: ", "")));
    }
    return String.join("; ", parts);
  }

  /** A number with four digits. */
  static String number(@Nullable Double value) {
    return value == null ? "" : String.format(Locale.ROOT, "%.4g", value);
  }
}
