package org.starbeam.pipelines.compare;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.pipelines.repository.Collections;
import org.starbeam.pipelines.repository.Registry;
import org.starbeam.pipelines.repository.RunFacts;

/**
 * What differs between a run and a base (specs/05 section 5.4): rows of tables, metrics, matched
 * objects and sources, costs of tasks, how quanta ended, and the differences of code and
 * configuration that could explain it.
 *
 * @param metrics metrics that differ, flagged ones first
 */
public record Comparison(
    String run,
    String base,
    List<TableComparison.Rows> rows,
    List<TableComparison.Matched> matched,
    List<TableComparison.Difference> objects,
    List<TableComparison.Difference> sources,
    List<TableComparison.Difference> detectors,
    List<Metric> metrics,
    List<Cost> costs,
    List<StatusChange> changes,
    List<Setting> settings,
    Tolerances tolerances) {
  private static final int MONTHS = 12;
  private static final int FEWEST_FOR_SCATTER = 4;
  private static final int MOST_CHANGES = 10_000;
  private static final int SHOWN = 15;

  /**
   * A metric in both runs.
   *
   * @param scatter robust scatter of the series, or the standard errors of both values
   */
  public record Metric(
      String level,
      String name,
      String unit,
      @Nullable Double here,
      @Nullable Double there,
      double scatter,
      boolean flagged) {
    public double difference() {
      return here == null || there == null ? Double.NaN : here - there;
    }
  }

  /** What a task took. */
  public record Cost(
      String task,
      double cpuHere,
      double cpuThere,
      long memoryHere,
      long memoryThere,
      long bytesHere,
      long bytesThere) {}

  /** A quantum that ended in another way. */
  public record StatusChange(String quantum, String here, String there) {
    boolean isNewFailure() {
      return here.equals("FAILED") || here.equals("BLOCKED");
    }
  }

  /** A difference of code, environment or configuration. */
  public record Setting(String what, String here, String there) {}

  /**
   * Compares.
   *
   * @param base a run, or a chain: its first other run is the base, all of them are the history
   * @param tables false to leave out the matching of rows
   */
  public static Comparison of(
      Path root,
      String run,
      String base,
      List<Integer> tracts,
      boolean tables,
      Tolerances tolerances) {
    RunCatalog here = RunCatalog.open(root, run);
    List<String> candidates = Collections.runs(root, base);
    List<String> history =
        candidates.size() == 1
            ? candidates
            : candidates.stream().filter(r -> !r.equals(here.run())).limit(MONTHS).toList();
    if (history.isEmpty()) {
      throw new UserException(ExitCode.INPUTS, base + " has no other run than " + here.run());
    }
    RunCatalog there = RunCatalog.open(root, history.get(0));
    try (Sides sides = new Sides(root, here.run(), there.run(), history, tracts);
        TableComparison rows = new TableComparison(here.tables(), there.tables(), tracts)) {
      return new Comparison(
          here.run(),
          there.run(),
          rows.rows(),
          tables ? rows.matched() : List.of(),
          tables ? rows.objects() : List.of(),
          tables ? rows.sources() : List.of(),
          tables ? rows.detectors(tolerances) : List.of(),
          sides.metrics(tolerances),
          sides.costs(),
          sides.changes(),
          sides.settings(),
          tolerances);
    }
  }

  /** The registries of the two runs and of the history. */
  private static final class Sides implements AutoCloseable {
    private final Path root;
    private final String run;
    private final String base;
    private final String region;
    private final RunDatabase database = new RunDatabase(Map.of());

    Sides(Path root, String run, String base, List<String> history, List<Integer> tracts) {
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

    /**
     * Metrics of levels run, band and tract one by one, of visits and detectors by their medians.
     */
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
      each(
          sql,
          rows -> {
            Double here = number(rows, 4);
            Double there = number(rows, 5);
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
      each(
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
      each(
          "select coalesce(h.task || '(' || h.data_id || ')', b.task || '(' || b.data_id || ')'), "
              + ended.formatted("h")
              + " as now, "
              + ended.formatted("b")
              + " as before from here_quanta h full join there_quanta b"
              + " on h.quantum_id = b.quantum_id where now != before order by 2, 1 limit "
              + MOST_CHANGES,
          rows ->
              out.add(new StatusChange(rows.getString(1), rows.getString(2), rows.getString(3))));
      return out;
    }

    List<Setting> settings() {
      List<Setting> out = new ArrayList<>();
      each(
          "select h.task, h.v, b.v from (select task, string_agg(distinct 'version ' ||"
              + " task_version || ', Starbeam ' || code_version, '; ') as v from here_quanta"
              + " group by task) h join (select task, string_agg(distinct 'version ' ||"
              + " task_version || ', Starbeam ' || code_version, '; ') as v from there_quanta"
              + " group by task) b on h.task = b.task where h.v != b.v order by 1",
          rows ->
              out.add(
                  new Setting("code " + rows.getString(1), rows.getString(2), rows.getString(3))));
      RunFacts.differences(RunFacts.campaign(root, run), RunFacts.campaign(root, base))
          .forEach((key, values) -> out.add(new Setting("config " + key, values[0], values[1])));
      RunFacts.differences(RunFacts.environment(root, run), RunFacts.environment(root, base))
          .forEach(
              (key, values) -> {
                if (!key.matches("(?i).*(time|host|user|heap|command|parallelism).*")) {
                  out.add(new Setting("environment " + key, values[0], values[1]));
                }
              });
      return out;
    }

    private static @Nullable Double number(ResultSet rows, int column) throws SQLException {
      double value = rows.getDouble(column);
      return rows.wasNull() ? null : Double.valueOf(value);
    }

    /** Receives rows. */
    @FunctionalInterface
    private interface RowConsumer {
      void accept(ResultSet rows) throws SQLException;
    }

    private void each(String sql, RowConsumer consumer) {
      try (ResultSet rows = database.query(sql)) {
        while (rows.next()) {
          consumer.accept(rows);
        }
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void close() {
      database.close();
    }
  }

  private double tolerance(TableComparison.Difference d) {
    return switch (d.unit()) {
      case "mag" -> tolerances.magnitude();
      case "mas" -> tolerances.positionMas();
      default -> tolerances.relative();
    };
  }

  /** True when a difference of matched rows is beyond what is tolerated. */
  public boolean isFlagged(TableComparison.Difference d) {
    return d.n() > 0 && d.excess(tolerance(d), tolerances.sigma()) > 1;
  }

  /** True when the number of rows of a table is beyond what is tolerated. */
  public boolean isFlagged(TableComparison.Rows r) {
    return Math.abs(r.difference()) > tolerances.rows() * r.there();
  }

  /** True when anything is flagged or a quantum newly failed. */
  public boolean isRegression() {
    return metrics.stream().anyMatch(Metric::flagged)
        || rows.stream().anyMatch(this::isFlagged)
        || differences().stream().anyMatch(this::isFlagged)
        || changes.stream().anyMatch(StatusChange::isNewFailure);
  }

  /** True when both runs say exactly the same, whatever it cost. */
  public boolean isIdentical() {
    return metrics.isEmpty()
        && changes.isEmpty()
        && rows.stream().allMatch(r -> r.difference() == 0)
        && matched.stream().allMatch(m -> m.onlyHere() == 0 && m.onlyThere() == 0)
        && differences().stream().allMatch(d -> d.median() == 0 && d.mad() == 0);
  }

  private List<TableComparison.Difference> differences() {
    List<TableComparison.Difference> all = new ArrayList<>(objects);
    all.addAll(sources);
    all.addAll(detectors);
    return all;
  }

  /** For programs. */
  public ObjectNode json() {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode out = mapper.createObjectNode();
    out.put("run", run).put("base", base);
    out.put("identical", isIdentical()).put("regression", isRegression());
    ArrayNode tables = out.putArray("rows");
    rows.forEach(
        r ->
            tables
                .addObject()
                .put("table", r.table())
                .put("run", r.here())
                .put("base", r.there())
                .put("flagged", isFlagged(r)));
    ArrayNode counts = out.putArray("matched");
    matched.forEach(
        m ->
            counts
                .addObject()
                .put("table", m.table())
                .put("both", m.both())
                .put("onlyRun", m.onlyHere())
                .put("onlyBase", m.onlyThere()));
    ArrayNode differences = out.putArray("differences");
    differences().forEach(d -> differences.add(node(mapper, d)));
    ArrayNode metricNodes = out.putArray("metrics");
    metrics.forEach(
        m ->
            metricNodes
                .addObject()
                .put("level", m.level())
                .put("name", m.name())
                .put("unit", m.unit())
                .put("run", m.here())
                .put("base", m.there())
                .put("scatter", m.scatter())
                .put("flagged", m.flagged()));
    ArrayNode costNodes = out.putArray("costs");
    costs.forEach(
        c ->
            costNodes
                .addObject()
                .put("task", c.task())
                .put("cpuSecondsRun", c.cpuHere())
                .put("cpuSecondsBase", c.cpuThere())
                .put("allocBytesRun", c.memoryHere())
                .put("allocBytesBase", c.memoryThere())
                .put("bytesRun", c.bytesHere())
                .put("bytesBase", c.bytesThere()));
    ArrayNode changeNodes = out.putArray("quanta");
    changes.forEach(
        c ->
            changeNodes
                .addObject()
                .put("quantum", c.quantum())
                .put("run", c.here())
                .put("base", c.there()));
    ArrayNode settingNodes = out.putArray("settings");
    settings.forEach(
        s ->
            settingNodes
                .addObject()
                .put("what", s.what())
                .put("run", s.here())
                .put("base", s.there()));
    return out;
  }

  private ObjectNode node(ObjectMapper mapper, TableComparison.Difference d) {
    ObjectNode node = mapper.createObjectNode().put("what", d.what());
    if (d.detector() >= 0) {
      node.put("detector", d.detector());
    }
    return node.put("unit", d.unit())
        .put("n", d.n())
        .put("median", d.median())
        .put("mad", d.mad())
        .put("err", d.err())
        .put("beyondFiveSigma", d.beyondFiveSigma())
        .put("flagged", isFlagged(d));
  }

  /** For people. */
  public String text() {
    StringBuilder out = new StringBuilder();
    out.append("%s against %s: %s%n".formatted(run, base, verdict()));
    out.append("%n%-24s%14s%14s%14s%n".formatted("rows", "run", "base", "difference"));
    rows.forEach(
        r ->
            out.append(
                "%-24s%,14d%,14d%,14d%s%n"
                    .formatted(
                        r.table(), r.here(), r.there(), r.difference(), mark(isFlagged(r)))));
    matched.forEach(
        m ->
            out.append(
                "matched %s: %,d; only in the run %,d, only in the base %,d%n"
                    .formatted(m.table(), m.both(), m.onlyHere(), m.onlyThere())));
    if (!objects.isEmpty() || !sources.isEmpty()) {
      out.append(
          "%n%-28s%10s%12s%12s%12s  %s%n"
              .formatted("matched rows", "n", "median", "MAD", "> 5 sigma", "unit"));
      objects.forEach(d -> line(out, d.what(), d));
      sources.forEach(d -> line(out, d.what(), d));
    }
    detectors.stream()
        .filter(this::isFlagged)
        .limit(SHOWN)
        .forEach(d -> line(out, "detector " + d.detector(), d));
    metricsText(out);
    costsText(out);
    changesText(out);
    if (!settings.isEmpty()) {
      out.append("\ncode and configuration\n");
      settings.forEach(
          s -> out.append("  %s: %s -> %s%n".formatted(s.what(), s.there(), s.here())));
    }
    return out.toString();
  }

  private String verdict() {
    return isIdentical() ? "identical" : isRegression() ? "differences flagged" : "as good";
  }

  private void line(StringBuilder out, String what, TableComparison.Difference d) {
    out.append(
        "%-28s%,10d%12.5f%12.5f%12.4f  %s%s%n"
            .formatted(
                what,
                d.n(),
                d.median(),
                d.mad(),
                d.beyondFiveSigma(),
                d.unit(),
                mark(isFlagged(d))));
  }

  private static String mark(boolean flagged) {
    return flagged ? "  <--" : "";
  }

  private void metricsText(StringBuilder out) {
    if (metrics.isEmpty()) {
      out.append("\nno metric differs\n");
      return;
    }
    out.append(
        "%n%-44s%12s%12s%12s%12s%n".formatted("metrics", "run", "base", "difference", "scatter"));
    metrics.stream()
        .filter(Metric::flagged)
        .forEach(
            m ->
                out.append(
                    "%-44s%12.5g%12.5g%12.5g%12.5g  <--%n"
                        .formatted(
                            m.level() + "." + m.name(),
                            m.here() == null ? Double.NaN : m.here(),
                            m.there() == null ? Double.NaN : m.there(),
                            m.difference(),
                            m.scatter())));
    long rest = metrics.stream().filter(m -> !m.flagged()).count();
    out.append("%d more differ within the tolerances%n".formatted(rest));
  }

  private void costsText(StringBuilder out) {
    out.append(
        "%n%-24s%12s%12s%10s%16s%16s%n"
            .formatted("task", "cpu s", "base", "ratio", "bytes", "base"));
    costs.forEach(
        c ->
            out.append(
                "%-24s%12.1f%12.1f%10.2f%,16d%,16d%n"
                    .formatted(
                        c.task(),
                        c.cpuHere(),
                        c.cpuThere(),
                        c.cpuThere() == 0 ? Double.NaN : c.cpuHere() / c.cpuThere(),
                        c.bytesHere(),
                        c.bytesThere())));
  }

  private void changesText(StringBuilder out) {
    long failures = changes.stream().filter(StatusChange::isNewFailure).count();
    long fixed =
        changes.stream()
            .filter(c -> c.there().equals("FAILED") || c.there().equals("BLOCKED"))
            .count();
    out.append(
        "%n%d quanta ended in another way: %d newly failing, %d newly fixed%n"
            .formatted(changes.size(), failures, fixed));
    changes.stream()
        .sorted(Comparator.comparing(c -> !c.isNewFailure()))
        .limit(SHOWN)
        .forEach(c -> out.append("  %s: %s -> %s%n".formatted(c.quantum(), c.there(), c.here())));
  }
}
