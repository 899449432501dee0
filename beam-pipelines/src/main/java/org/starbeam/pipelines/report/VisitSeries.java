package org.starbeam.pipelines.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.gates.GateResult;
import org.starbeam.transforms.dataset.TableSchemas;

/**
 * Numbers of a step by visit in the order of time, the median over the detectors of each: what the
 * charts of its page draw. Of more than {@value #MOST_VISITS} visits it is the median of each night
 * and band.
 *
 * @param columns the numbers that are drawn
 * @param rows in the order of time
 * @param nightly whether a row is a night instead of a visit
 */
record VisitSeries(List<Column> columns, List<Row> rows, boolean nightly) {
  static final int MOST_VISITS = 1000;

  private static final int MOST_CHARTS = 12;

  /** What is drawn first when there are more numbers than charts, after those that have a gate. */
  private static final List<String> FIRST =
      List.of(
          "seeing",
          "skyBg",
          "zeroPoint",
          "magLim",
          "psfStarDeltaE1Median",
          "psfStarDeltaE2Median",
          "psfStarDeltaSizeMedian",
          "psfStarScaledDeltaSizeScatter",
          "astromOffsetStd",
          "nPsfStar",
          "nSource",
          "effTime",
          "diaSources",
          "templateCoverage",
          "noiseScale",
          "kernelRms");

  /**
   * A number.
   *
   * @param limits values that are drawn as lines
   * @param said what the limits are of, for people; empty without any
   */
  record Column(String name, String unit, String meaning, List<Double> limits, String said) {}

  /**
   * A visit or night.
   *
   * @param visit empty for a night
   * @param values texts, empty for none
   */
  record Row(String visit, String night, String band, String mjd, List<String> values) {}

  /** A number that may be drawn. */
  private record Candidate(String name, String unit, @Nullable Double threshold, long visits) {}

  static VisitSeries of(
      RunDatabase registry,
      String step,
      Map<String, List<GateResult>> limits,
      Map<String, TableSchemas.Column> meanings) {
    List<Candidate> all = new ArrayList<>();
    registry.each(
        StepNumbers.values(step)
            + "select name, any_value(unit), max(threshold), count(distinct visit) from one"
            + " where visit is not null and mid_time is not null group by name"
            + " having count(distinct visit) > 1 and max(value) > min(value) order by name",
        row ->
            all.add(
                new Candidate(
                    row.getString(1),
                    row.getString(2) == null ? "" : row.getString(2),
                    RunDatabase.number(row, 3),
                    row.getLong(4))));
    List<Candidate> chosen =
        all.stream()
            .sorted(
                Comparator.comparing((Candidate c) -> !limits.containsKey(c.name))
                    .thenComparing(c -> rank(c.name))
                    .thenComparing(Candidate::name))
            .limit(MOST_CHARTS)
            .toList();
    boolean nightly = all.stream().anyMatch(c -> c.visits > MOST_VISITS);
    return new VisitSeries(
        chosen.stream().map(c -> column(c, limits, meanings)).toList(),
        chosen.isEmpty() ? List.of() : rows(registry, step, chosen, nightly),
        nightly);
  }

  private static int rank(String name) {
    int at = FIRST.indexOf(name);
    return at < 0 ? FIRST.size() : at;
  }

  private static Column column(
      Candidate c,
      Map<String, List<GateResult>> limits,
      Map<String, TableSchemas.Column> meanings) {
    List<Double> lines = new ArrayList<>();
    List<String> said = new ArrayList<>();
    for (GateResult gate : limits.getOrDefault(c.name, List.of())) {
      if (gate.gate().min() != null) {
        lines.add(gate.gate().min());
      }
      if (gate.gate().max() != null) {
        lines.add(gate.gate().max());
      }
      String statistic = gate.gate().address().statistic().name().toLowerCase(Locale.ROOT);
      said.add("%s: %s %s".formatted(gate.id(), statistic, gate.allowed()));
    }
    if (c.threshold != null) {
      lines.add(c.threshold);
      lines.add(-c.threshold);
      said.add("at most " + GateTable.number(c.threshold));
    }
    TableSchemas.Column meaning = meanings.get(c.name);
    return new Column(
        c.name,
        !c.unit.isEmpty() || meaning == null ? c.unit : meaning.unit(),
        meaning == null ? "" : meaning.description(),
        lines,
        String.join("; ", said));
  }

  private static List<Row> rows(
      RunDatabase registry, String step, List<Candidate> chosen, boolean nightly) {
    StringBuilder sql = new StringBuilder(StepNumbers.values(step));
    sql.append("select ")
        .append(nightly ? "'' as visit" : "visit::varchar as visit")
        .append(", day_obs::varchar as night, band, avg(mid_time) as mjd");
    for (Candidate c : chosen) {
      sql.append(", median(value) filter (where name = '").append(c.name.replace("'", "''"));
      sql.append("')");
    }
    sql.append(" from one where visit is not null and mid_time is not null group by 1, 2, 3");
    sql.append(" having count(*) filter (where name in (");
    sql.append(
        String.join(
            ", ", chosen.stream().map(c -> "'" + c.name.replace("'", "''") + "'").toList()));
    sql.append(")) > 0 order by mjd, visit, band");
    List<Row> rows = new ArrayList<>();
    registry.each(
        sql.toString(),
        row -> {
          List<String> values = new ArrayList<>();
          for (int k = 0; k < chosen.size(); k++) {
            values.add(rounded(RunDatabase.number(row, 5 + k)));
          }
          rows.add(
              new Row(
                  row.getString(1),
                  text(row.getString(2)),
                  text(row.getString(3)),
                  String.format(Locale.ROOT, "%.5f", row.getDouble(4)),
                  values));
        });
    return rows;
  }

  private static String text(@Nullable String value) {
    return value == null ? "" : value;
  }

  /** Six significant digits. */
  private static String rounded(@Nullable Double value) {
    return value == null
        ? ""
        : new BigDecimal(value).round(new MathContext(6)).stripTrailingZeros().toPlainString();
  }
}
