package org.starbeam.pipelines.compare;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.repository.Collections;

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
    try (RegistryComparison sides =
            new RegistryComparison(root, here.run(), there.run(), history, tracts);
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
    return new ComparisonPage(this).text();
  }
}
