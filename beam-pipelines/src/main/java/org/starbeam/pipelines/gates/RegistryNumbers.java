package org.starbeam.pipelines.gates;

import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.pipelines.repository.Registry;

/** The numbers of a run from its registry. */
final class RegistryNumbers implements GateNumbers, AutoCloseable {
  private static final String NIGHTS =
      "(select visit, any_value(day_obs) as night, any_value(band) as visit_band from visits"
          + " group by visit)";

  private final RunDatabase database;

  RegistryNumbers(Path root, String run) {
    this.database = Registry.of(root, run).open();
  }

  @Override
  public List<Sample> samples(String level, String name, Map<String, List<String>> where) {
    String key =
        switch (level) {
          case "detector" -> "visit, detector";
          case "visit" -> "visit";
          default -> "tract, patch, band, visit";
        };
    return samples(
        "level = '" + level + "' and name = '" + name.replace("'", "''") + "'", where, key);
  }

  @Override
  public List<Sample> runMetrics(Map<String, List<String>> where) {
    return samples("level = 'run'", where, "name, band");
  }

  private List<Sample> samples(String condition, Map<String, List<String>> where, String key) {
    String filters =
        where.entrySet().stream()
            .map(
                f ->
                    " and "
                        + f.getKey()
                        + "::varchar in ("
                        + f.getValue().stream()
                            .map(v -> "'" + v.replace("'", "''") + "'")
                            .collect(Collectors.joining(","))
                        + ")")
            .collect(Collectors.joining());
    String sql =
        "with m as (select m.name, m.value, m.n, m.err, m.visit, m.detector, v.night as day_obs,"
            + " m.tract, m.patch, coalesce(m.band, v.visit_band) as band, m.task, m.subset,"
            + " m.status from metrics m left join "
            + NIGHTS
            + " v on v.visit = m.visit where "
            + condition.replace("level", "m.level").replace("name", "m.name")
            + ") select name, value, n, err, visit, detector, day_obs, tract, patch, band from m"
            + " where value is not null"
            + filters
            + " qualify row_number() over (partition by "
            + key
            + " order by task not in ('finalVisit', 'metrics'), task, value) = 1"
            + " order by name, band, visit, detector, tract, patch";
    List<Sample> out = new ArrayList<>();
    database.each(
        sql,
        rows ->
            out.add(
                new Sample(
                    rows.getString(1),
                    rows.getDouble(2),
                    rows.getLong(3),
                    RunDatabase.number(rows, 4),
                    unit(rows, 5))));
    return out;
  }

  @Override
  public List<TaskCounts> tasks() {
    List<TaskCounts> out = new ArrayList<>();
    database.each(
        "select step, task, count(*) filter (status in ('DONE', 'ADOPTED')),"
            + " count(*) filter (status = 'FAILED'), count(*) filter (status = 'BLOCKED'),"
            + " count(*) filter (status in ('DONE', 'ADOPTED') and caveats not in ('', 'RETRIED')),"
            + " count(*) filter (status in ('RUNNING', 'ABORTED')) from quanta"
            + " group by step, task order by step, task",
        rows ->
            out.add(
                new TaskCounts(
                    rows.getString(1),
                    rows.getString(2),
                    rows.getLong(3),
                    rows.getLong(4),
                    rows.getLong(5),
                    rows.getLong(6),
                    rows.getLong(7))));
    return out;
  }

  @Override
  public List<Problem> problems(int most) {
    List<Problem> out = new ArrayList<>();
    database.each(
        "select task, data_id, status, error_class, error_code, message, stack_hash, signature,"
            + " root_causes, q.visit, detector, v.night, tract, patch, coalesce(band, v.visit_band)"
            + " from quanta q left join "
            + NIGHTS
            + " v on v.visit = q.visit where status in ('FAILED', 'BLOCKED')"
            + " order by task, data_id limit "
            + most,
        rows ->
            out.add(
                new Problem(
                    rows.getString(1),
                    rows.getString(2),
                    rows.getString(3),
                    rows.getString(4),
                    rows.getString(5),
                    rows.getString(6),
                    rows.getString(7),
                    rows.getString(8),
                    rows.getString(9),
                    unit(rows, 10))));
    return out;
  }

  @Override
  public List<Unit> units(String task) {
    List<Unit> out = new ArrayList<>();
    database.each(
        "select q.visit, detector, v.night, tract, patch, coalesce(band, v.visit_band)"
            + " from quanta q left join "
            + NIGHTS
            + " v on v.visit = q.visit where task = '"
            + task.replace("'", "''")
            + "'",
        rows -> out.add(unit(rows, 1)));
    return out;
  }

  private static Unit unit(ResultSet rows, int from) throws SQLException {
    return new Unit(
        RunDatabase.whole(rows, from),
        RunDatabase.whole(rows, from + 1),
        RunDatabase.whole(rows, from + 2),
        RunDatabase.whole(rows, from + 3),
        RunDatabase.whole(rows, from + 4),
        rows.getString(from + 5));
  }

  @Override
  public void close() {
    database.close();
  }
}
