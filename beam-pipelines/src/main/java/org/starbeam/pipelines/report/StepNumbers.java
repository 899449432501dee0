package org.starbeam.pipelines.report;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.starbeam.pipelines.gates.GateResult;
import org.starbeam.transforms.dataset.TableSchemas;

/**
 * What the tasks of a step have measured of their quanta: each number with its distribution beside
 * its limits, and the units of the sky and the instrument that are farthest from the others.
 */
final class StepNumbers {
  private static final int FARTHEST = 20;

  /** Deviations from the median of the band beyond which a unit is told of. */
  private static final double BEYOND = 4;

  /** Values of a number in a band without which nothing is far from the others. */
  private static final int FEWEST = 8;

  /** Smallest deviation that counts, relative to the median. */
  private static final double FLOOR = 0.02;

  /** What is recorded of an exposure but was given and not measured. */
  private static final List<String> GIVEN =
      List.of(
          "airmass",
          "altitude",
          "azimuth",
          "beginTaiMjd",
          "boresightDec",
          "boresightRa",
          "darkTime",
          "dec",
          "expMidptMjd",
          "expTime",
          "humidityPct",
          "pixelScale",
          "pressureHpa",
          "ra",
          "skyRotation",
          "temperatureC");

  /**
   * Numbers of a step, one for each unit: of a visit and its detectors a task records some of them
   * twice, as its own and as the summary's.
   */
  private static final String VALUES =
      """
      with one as (
        select m.task, m.name, m.level, m.value, m.unit, m.threshold, m.visit, m.detector, m.tract, m.patch,
               coalesce(m.band, v.band) as band, v.mid_time, v.day_obs
        from metrics m left join visits v on v.visit = m.visit
        where m.task in (select distinct task from quanta where step = '%s') and isfinite(m.value)
          and not (m.level = 'run' and m.task in ('metrics', 'runMetrics')) and m.name not in ('%s')
        qualify m.visit is null
             or row_number() over (partition by m.task, m.name, m.visit, m.detector order by m.value) = 1)
      """;

  private static final String SUMMARY =
      """
      select task, name, level, count(*), min(value), quantile_cont(value, 0.05), median(value),
             quantile_cont(value, 0.95), max(value), any_value(unit), max(threshold),
             count(*) filter (abs(value) > threshold)
      from one group by task, name, level order by task, level, name
      """;

  private static final String BY_BAND =
      """
      select task, name, level, band, median(value) from one where band is not null
      group by task, name, level, band
      """;

  private static final String UNITS =
      """
      , centred as (
        select *, median(value) over (partition by task, name, level, band) as centre,
               count(*) over (partition by task, name, level, band) as n from one),
      scaled as (
        select *, 1.4826 * median(abs(value - centre)) over (partition by task, name, level, band) as scale
        from centred),
      far as (
        select *, (value - centre) / greatest(scale, %s * abs(centre)) as deviation from scaled
        where n >= %d and scale > 0)
      select visit, detector, tract, patch, band, name, value, centre, deviation,
             count(*) over (partition by level, visit, detector, tract, patch, band) as of_unit
      from far where abs(deviation) > %s and coalesce(visit, tract, detector) is not null
      qualify row_number() over (partition by level, visit, detector, tract, patch, band
                                 order by abs(deviation) desc, name) = 1
      order by abs(deviation) desc, visit, detector, tract, patch, band limit %d
      """;

  private final RunDatabase registry;
  private final String step;
  private final Map<String, TableSchemas.Column> meanings;
  private final Map<String, List<GateResult>> limits;

  /**
   * @param meanings columns that say what the numbers of the same name are
   * @param limits gates by the number that they look at
   */
  StepNumbers(
      RunDatabase registry,
      String step,
      Map<String, TableSchemas.Column> meanings,
      Map<String, List<GateResult>> limits) {
    this.registry = registry;
    this.step = step;
    this.meanings = meanings;
    this.limits = limits;
  }

  /** The beginning of a query on {@code one}, the numbers of a step. */
  static String values(String step) {
    return VALUES.formatted(step, String.join("', '", GIVEN));
  }

  /** Each number with its distribution; empty when the step has measured nothing. */
  Optional<ReportPage.TableSection> summary() {
    Map<String, String> medians = new HashMap<>();
    TreeSet<String> found = new TreeSet<>();
    registry.each(
        values(step) + BY_BAND,
        row -> {
          found.add(row.getString(4));
          medians.put(key(row) + row.getString(4), GateTable.number(row.getDouble(5)));
        });
    List<String> bands = TableSchemas.orderBands(found, List.of());
    List<List<String>> rows = new ArrayList<>();
    registry.each(
        values(step) + SUMMARY,
        row -> {
          List<String> cells = new ArrayList<>(List.of(row.getString(2), row.getString(3)));
          cells.add(unit(row.getString(2), row.getString(10)));
          cells.add(row.getString(1));
          cells.add(limit(row));
          cells.add("%,d".formatted(row.getLong(4)));
          for (int column = 5; column <= 9; column++) {
            cells.add(GateTable.number(row.getDouble(column)));
          }
          String key = key(row);
          bands.forEach(band -> cells.add(medians.getOrDefault(key + band, "")));
          rows.add(cells);
        });
    List<String> heads = new ArrayList<>(List.of("number", "of each", "unit", "task", "limits"));
    heads.addAll(List.of("n", "least", "5 %", "median", "95 %", "most"));
    bands.forEach(band -> heads.add("median " + band));
    return rows.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new ReportPage.TableSection(
                "numbers",
                "Numbers",
                "What the quanta of this step have measured, over all of them.",
                heads,
                rows,
                5));
  }

  private static String key(ResultSet row) throws SQLException {
    return row.getString(1) + " " + row.getString(2) + " " + row.getString(3) + " ";
  }

  private String unit(String name, String own) {
    TableSchemas.Column meaning = meanings.get(name);
    return own != null && !own.isEmpty() ? own : meaning == null ? "" : meaning.unit();
  }

  /** Limits that gates set, and the metric's own with how often it is exceeded. */
  private String limit(ResultSet row) throws SQLException {
    List<String> parts = new ArrayList<>();
    double own = row.getDouble(11);
    if (!row.wasNull()) {
      parts.add("|value| <= %s, %,d beyond".formatted(GateTable.number(own), row.getLong(12)));
    }
    for (GateResult gate : limits.getOrDefault(row.getString(2), List.of())) {
      if (gate.gate().address().level().equals(row.getString(3))) {
        parts.add(
            gate.gate().address().statistic().name().toLowerCase(Locale.ROOT)
                + " "
                + gate.allowed());
      }
    }
    return String.join("; ", parts);
  }

  /**
   * The units with the number that is farthest from the median of its band; empty when none is.
   *
   * @param hasVisits whether there is a page of all visits to lead to
   */
  Optional<ReportPage.TableSection> farthest(boolean hasVisits) {
    List<List<String>> rows = new ArrayList<>();
    List<String> visits = new ArrayList<>();
    registry.each(
        values(step) + UNITS.formatted(FLOOR, FEWEST, BEYOND, FARTHEST),
        row -> {
          visits.add(row.getString(1) == null ? "" : row.getString(1));
          rows.add(
              List.of(
                  unit(row),
                  row.getString(6),
                  GateTable.number(row.getDouble(7)),
                  GateTable.number(row.getDouble(8)),
                  "%+.1f".formatted(row.getDouble(9)),
                  String.valueOf(row.getLong(10))));
        });
    return rows.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new ReportPage.TableSection(
                "farthest",
                "Units farthest from the others",
                "The %d units with a number farthest from the median of its band, in robust standard deviations (1.4826 MAD, at least 2 %% of the median); the last column counts the unit's numbers beyond %.0f."
                    .formatted(FARTHEST, BEYOND),
                List.of("unit", "number", "value", "median", "deviations", "numbers"),
                rows,
                2,
                (row, column) ->
                    column == 0 && hasVisits && !visits.get(row).isEmpty()
                        ? VisitPage.PAGE + "#" + VisitPage.anchor(visits.get(row))
                        : ""));
  }

  private static String unit(ResultSet row) throws SQLException {
    List<String> names = List.of("visit", "detector", "tract", "patch", "band");
    List<String> parts = new ArrayList<>();
    for (int k = 0; k < names.size(); k++) {
      String value = row.getString(k + 1);
      if (value != null) {
        parts.add(names.get(k) + " " + value);
      }
    }
    return String.join(" ", parts);
  }
}
