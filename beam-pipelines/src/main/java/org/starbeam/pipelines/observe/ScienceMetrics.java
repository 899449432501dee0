package org.starbeam.pipelines.observe;

import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.FrozenCampaign;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.report.RunDatabase;

/** The metric records of a run (specs/07 section 10.1), read from its metric tables. */
public final class ScienceMetrics {
  /** One metric of one unit. */
  public record Metric(
      String name,
      @Nullable Double value,
      String unit,
      long n,
      @Nullable Double err,
      String status,
      String level,
      @Nullable String band,
      @Nullable Long tract,
      @Nullable Long visit,
      @Nullable Integer detector,
      String subset,
      @Nullable Double threshold) {}

  private ScienceMetrics() {}

  /** All records of a run; none when it has no metric table yet. */
  public static List<Metric> of(RunCatalog catalog) {
    Map<String, List<Path>> tables = catalog.tablesFor("metric");
    List<Path> files = tables.get("metric");
    if (files == null) {
      return List.of();
    }
    List<Metric> out = new ArrayList<>();
    try (RunDatabase database = new RunDatabase(Map.of("metric", files));
        ResultSet rows =
            database.query(
                "select name, value, unit, n, err, status, level, band, tract, visit, detector,"
                    + " subset, threshold from metric"
                    + " order by level, name, band, tract, visit, detector")) {
      while (rows.next()) {
        out.add(
            new Metric(
                rows.getString(1),
                (Double) rows.getObject(2),
                rows.getString(3),
                rows.getLong(4),
                (Double) rows.getObject(5),
                rows.getString(6),
                rows.getString(7),
                rows.getString(8),
                whole(rows.getObject(9)),
                whole(rows.getObject(10)),
                rows.getObject(11) == null ? null : rows.getInt(11),
                rows.getString(12),
                (Double) rows.getObject(13)));
      }
    } catch (SQLException e) {
      throw new IllegalStateException("the metric table cannot be read", e);
    }
    return out;
  }

  private static @Nullable Long whole(@Nullable Object value) {
    return value instanceof Number number ? number.longValue() : null;
  }

  /** The records in InfluxDB's line protocol (specs/07 section 12.4). */
  static List<String> lines(Path root, String run) {
    RunCatalog catalog = RunCatalog.open(root, run);
    return lines(of(catalog), tags(catalog), nanos(catalog));
  }

  /**
   * Records of one unit and family are one line; visit and detector are fields, so that the number
   * of series does not grow with the data.
   *
   * @param nanos end of the window of the data, UTC
   */
  static List<String> lines(List<Metric> metrics, Map<String, String> runTags, long nanos) {
    Map<List<Object>, Map<String, Object>> byUnit = new LinkedHashMap<>();
    Map<List<Object>, Map<String, String>> tagsOf = new LinkedHashMap<>();
    for (Metric metric : metrics) {
      int dot = metric.name().indexOf('.');
      String family = dot < 0 ? metric.level() : metric.name().substring(0, dot);
      Map<String, String> tags = new TreeMap<>(runTags);
      tags.put("band", text(metric.band()));
      tags.put("tract", text(metric.tract()));
      tags.put("level", metric.level());
      tags.put("subset", metric.subset().equals("all") ? "" : metric.subset());
      List<Object> unit = List.of(family, tags, text(metric.visit()), text(metric.detector()));
      Map<String, Object> fields = byUnit.computeIfAbsent(unit, u -> new LinkedHashMap<>());
      tagsOf.put(unit, tags);
      Double value = metric.value();
      if (value != null) {
        fields.put(metric.name().substring(dot + 1), value);
      }
      fields.put(metric.name().substring(dot + 1) + "_n", metric.n());
      if (metric.visit() != null) {
        fields.put("visit", metric.visit());
      }
      if (metric.detector() != null) {
        fields.put("detector", (long) metric.detector());
      }
    }
    List<String> out = new ArrayList<>();
    long offset = 0;
    for (Map.Entry<List<Object>, Map<String, Object>> unit : byUnit.entrySet()) {
      // Points of one series need times of their own, or a database keeps only the last.
      boolean ofDetector = unit.getValue().containsKey("visit");
      out.add(
          LineProtocol.line(
              RunMetrics.PREFIX + unit.getKey().get(0),
              tagsOf.getOrDefault(unit.getKey(), Map.of()),
              unit.getValue(),
              nanos + (ofDetector ? ++offset : 0)));
    }
    return out;
  }

  private static String text(@Nullable Object value) {
    return value == null ? "" : value.toString();
  }

  private static Map<String, String> tags(RunCatalog catalog) {
    Map<String, String> tags = new TreeMap<>();
    tags.put("run", catalog.run());
    try {
      tags.put("campaign", FrozenCampaign.load(catalog.root(), catalog.run()).name());
    } catch (UserException e) {
      tags.put("campaign", "");
    }
    tags.put("instrument", instrument(catalog));
    return tags;
  }

  private static String instrument(RunCatalog catalog) {
    return catalog.datasets("camera").stream()
        .map(ref -> Grouping.value(ref.getDataId(), "instrument"))
        .findFirst()
        .orElse("");
  }

  /** The last exposure's middle, or when the run ended if it has no table of visits. */
  private static long nanos(RunCatalog catalog) {
    List<Path> visits = catalog.tablesFor("Visit").get("Visit");
    if (visits != null) {
      try (RunDatabase database = new RunDatabase(Map.of("Visit", visits))) {
        double[] last = database.numbers("select max(expMidptMJD) from \"Visit\"")[0];
        if (last.length == 1 && Double.isFinite(last[0])) {
          return RunLife.unixMillis(last[0]) * 1_000_000;
        }
      }
    }
    double ended = catalog.quanta().stream().mapToDouble(q -> q.getEndTaiMjd()).max().orElse(40587);
    return RunLife.unixMillis(ended) * 1_000_000;
  }
}
