package org.starbeam.pipelines.compare;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.starbeam.pipelines.compare.Comparison.Cost;
import org.starbeam.pipelines.compare.Comparison.Metric;
import org.starbeam.pipelines.compare.Comparison.Setting;
import org.starbeam.pipelines.compare.Comparison.StatusChange;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.pipelines.repository.Registry;
import org.starbeam.pipelines.repository.RunFacts;

/** Compares what the registries of two runs say: metrics, costs, ends of quanta, code, settings. */
final class RegistryComparison implements AutoCloseable {
  private static final int FEWEST_FOR_SCATTER = 4;
  private static final int MOST_CHANGES = 10_000;

  private final Path root;
  private final String run;
  private final String base;
  private final String region;
  private final RunDatabase database = new RunDatabase(Map.of());

  RegistryComparison(
      Path root, String run, String base, List<String> history, List<Integer> tracts) {
    this.root = root;
    this.run = run;
    this.base = base;
    this.region =
        tracts.isEmpty()
            ? ""
            : " and (tract is null or tract in ("
                + tracts.stream().map(String::valueOf).collect(Collectors.joining(","))
                + "))";
    define("here", run);
    define("there", base);
    List<String> files = history.stream().map(r -> file(r, "metrics")).toList();
    database.createView(
        "history",
        "select * from read_parquet(["
            + String.join(",", files)
            + "], union_by_name = true, filename = true)");
  }

  private String file(String name, String part) {
    return "'" + Registry.of(root, name).part(part).toString().replace("'", "''") + "'";
  }

  private void define(String side, String name) {
    for (String part : List.of("quanta", "metrics")) {
      database.createView(
          side + "_" + part, "select * from read_parquet(" + file(name, part) + ")");
    }
  }

  /** Metrics of levels run, band and tract one by one, of visits and detectors by their medians. */
  private String series(String from, String more) {
    return "select "
        + more
        + "level, name || case when level in ('visit', 'detector') then ' (median)' else '' end"
        + " || coalesce('[' || case when level in ('visit', 'detector') then null else"
        + " coalesce(band, tract::varchar) end || ']', '') as series, any_value(unit) as unit,"
        + " median(value) as value, median(err) as err, task from "
        + from
        + " where value is not null"
        + region
        + " group by all";
  }

  List<Metric> metrics(Tolerances t) {
    String sql =
        "with h as ("
            + series("here_metrics", "")
            + "), b as ("
            + series("there_metrics", "")
            + "), s as (select level, series, task, count(*) as months, 1.4826 * mad(value) as"
            + " scatter from ("
            + series("history", "filename, ")
            + ") group by all) select coalesce(h.level, b.level), coalesce(h.series, b.series),"
            + " coalesce(h.unit, b.unit, ''), h.value, b.value,"
            + " case when s.months >= "
            + FEWEST_FOR_SCATTER
            + " then s.scatter else coalesce(sqrt(pow(h.err, 2) + pow(b.err, 2)), 0) end"
            + " from h full join b using (level, series, task) left join s"
            + " using (level, series, task) order by 1, 2";
    List<Metric> out = new ArrayList<>();
    database.each(
        sql,
        rows -> {
          Double here = RunDatabase.number(rows, 4);
          Double there = RunDatabase.number(rows, 5);
          double scatter = rows.getDouble(6);
          boolean flagged = here == null || there == null;
          if (here != null && there != null) {
            double allowed =
                Math.max(
                    t.absolute(), Math.max(t.relative() * Math.abs(there), t.sigma() * scatter));
            flagged = Math.abs(here - there) > allowed;
          }
          Metric metric =
              new Metric(
                  rows.getString(1),
                  rows.getString(2),
                  rows.getString(3),
                  here,
                  there,
                  scatter,
                  flagged);
          if (!(metric.difference() == 0)) {
            out.add(metric);
          }
        });
    out.sort(
        Comparator.comparing((Metric m) -> !m.flagged())
            .thenComparing(Metric::level)
            .thenComparing(Metric::name));
    return out;
  }

  List<Cost> costs() {
    String sum =
        "(select task, sum(total_cpu_seconds) as cpu, max(alloc_bytes) as memory,"
            + " sum(bytes_written) as bytes from %s_quanta group by task)";
    List<Cost> out = new ArrayList<>();
    database.each(
        "select coalesce(h.task, b.task), coalesce(h.cpu, 0), coalesce(b.cpu, 0),"
            + " coalesce(h.memory, 0), coalesce(b.memory, 0), coalesce(h.bytes, 0),"
            + " coalesce(b.bytes, 0) from "
            + sum.formatted("here")
            + " h full join "
            + sum.formatted("there")
            + " b on h.task = b.task order by 1",
        rows ->
            out.add(
                new Cost(
                    rows.getString(1),
                    rows.getDouble(2),
                    rows.getDouble(3),
                    rows.getLong(4),
                    rows.getLong(5),
                    rows.getLong(6),
                    rows.getLong(7))));
    return out;
  }

  List<StatusChange> changes() {
    String ended =
        "case when %1$s.status in ('DONE', 'ADOPTED') then 'DONE' else"
            + " coalesce(%1$s.status, 'not planned') end";
    List<StatusChange> out = new ArrayList<>();
    database.each(
        "select coalesce(h.task || '(' || h.data_id || ')', b.task || '(' || b.data_id || ')'), "
            + ended.formatted("h")
            + " as now, "
            + ended.formatted("b")
            + " as before from here_quanta h full join there_quanta b"
            + " on h.quantum_id = b.quantum_id where now != before order by 2, 1 limit "
            + MOST_CHANGES,
        rows -> out.add(new StatusChange(rows.getString(1), rows.getString(2), rows.getString(3))));
    return out;
  }

  List<Setting> settings() {
    List<Setting> out = new ArrayList<>();
    database.each(
        "select h.task, h.v, b.v from (select task, string_agg(distinct 'version ' ||"
            + " task_version || ', Starbeam ' || code_version, '; ') as v from here_quanta"
            + " group by task) h join (select task, string_agg(distinct 'version ' ||"
            + " task_version || ', Starbeam ' || code_version, '; ') as v from there_quanta"
            + " group by task) b on h.task = b.task where h.v != b.v order by 1",
        rows ->
            out.add(
                new Setting("code " + rows.getString(1), rows.getString(2), rows.getString(3))));
    RunFacts.differences(RunFacts.campaign(root, run), RunFacts.campaign(root, base))
        .forEach(
            (key, values) -> {
              if (!key.equals("configHash")) {
                out.add(new Setting("config " + key, values[0], values[1]));
              }
            });
    RunFacts.differences(RunFacts.environment(root, run), RunFacts.environment(root, base))
        .forEach(
            (key, values) -> {
              if (!key.matches("(?i).*(time|host|user|heap|command|parallelism).*")) {
                out.add(new Setting("environment " + key, values[0], values[1]));
              }
            });
    return out;
  }

  @Override
  public void close() {
    database.close();
  }
}
